#!/usr/bin/env python3
"""Times museval's BSS-Eval v4 on what BenchmarkV4 scores: 7 s of four stereo sources at 44.1 kHz.

Needs numpy, scipy and museval 0.4. On one core, beside the benchmark:

    OPENBLAS_NUM_THREADS=1 taskset -c 0 python3 timing.py
    taskset -c 0 go test ./train/bsseval -run '^$' -bench V4
"""

import time

import numpy as np
from museval import metrics
from scipy.signal import lfilter

rng = np.random.default_rng(1)
refs = lfilter([0.1], [1, -0.9], rng.standard_normal((4, 7 * 44100, 2)), axis=1)
delayed = np.concatenate([np.zeros((4, 5, 2)), refs[:, :-5]], axis=1)
ests = refs + 0.05 * delayed.sum(axis=0) + 0.01 * rng.standard_normal(refs.shape)
for _ in range(3):
    start = time.perf_counter()
    metrics.bss_eval(refs, ests, window=44100, hop=44100, filters_len=512)
    print(f"{time.perf_counter() - start:.2f} s")
