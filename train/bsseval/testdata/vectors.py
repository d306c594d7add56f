#!/usr/bin/env python3
"""Makes the reference vectors of BSS Eval that lie beside this file: signals, and what the reference
implementations say of them.

Needs numpy < 2, scipy, mir_eval 0.7 and museval 0.4 (its metrics.py alone will do, as a package museval).
Run it as

    OPENBLAS_NUM_THREADS=1 python3 vectors.py

It writes, beside itself, in the layout of mir_eval's own test suite and one like it:

    mir_eval/{ref,est}NN/*.wav, mir_eval/outputNN.json   BSS Eval v3: filters anew in every frame
    museval/CASE/{ref,est}-*.wav, museval/CASE/museval.json   BSS Eval v4: filters once, from the whole signal

All signals are synthesised here, from fixed seeds, and are free for any use (CC0). Another machine's rounding may show
in them and in the scores, of the band-limited ones by 1e-7 dB. Scores are in dB; null is an undefined score, "inf" an
infinite one. mir_eval's "Sources" take the mean of the channels. So do its "Images" where they say nchan: a reference
is then that mean in every channel, an estimate has all channels but the first times "gain"; "reverse" is without
effect. Without nchan they take the channels as they are.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import scipy.io.wavfile
import scipy.signal

if not hasattr(np, "float"):
    np.float = float  # museval 0.4 still asks for it

import mir_eval.io
import mir_eval.separation as v3
import museval.metrics as v4

HERE = pathlib.Path(__file__).resolve().parent
RATE = 8000


class Synth:
    """Sources of n samples and channels, at an RMS of 0.08."""

    def __init__(self, seed, n, channels=1):
        self.random = np.random.RandomState(seed)
        self.n, self.channels = n, channels

    def each(self, channel):
        """The level is set over both channels, whose contents differ but for a common part."""
        x = np.stack([channel() for _ in range(self.channels)])
        if self.channels > 1:
            x = 0.8 * x + 0.4 * x[:1] * np.linspace(-1, 1, self.channels)[:, None]
        return 0.08 * x / np.sqrt(np.mean(x**2))

    def noise(self, pole):
        """Coloured noise: low with a pole near 1, high with one near -1."""
        return self.each(lambda: scipy.signal.lfilter([1], [1, -pole], self.random.randn(self.n)))

    def tones(self, low=110, high=1760):
        """A sequence of decaying tones of five harmonics, over a little noise."""

        def channel():
            x = 0.01 * self.random.randn(self.n)
            for start in range(0, self.n, 700):
                t = np.arange(self.n - start) / RATE
                pitch = low * (high / low) ** self.random.rand()
                for k in range(1, 6):
                    x[start:] += np.sin(2 * np.pi * (k * pitch * t + self.random.rand())) * np.exp(-(6 + 4 * k) * t) / k
            return x

        return self.each(channel)

    def clicks(self, period=380):
        """A jittered click train through a resonance, over a little noise."""

        def channel():
            x = 0.01 * self.random.randn(self.n)
            x[np.arange(0, self.n - 40, period) + self.random.randint(0, 40, len(range(0, self.n - 40, period)))] += 1
            r, w = 0.97, 2 * np.pi * self.random.uniform(0.05, 0.3)
            return scipy.signal.lfilter([1], [1, -2 * r * math.cos(w), r * r], x)

        return self.each(channel)

    def filter(self, length):
        """A gain near 1 with an echo of noise behind it."""
        h = 0.08 * self.random.randn(length) * np.exp(-4 * np.arange(length) / length)
        h[0] = 1
        return h

    def estimates(self, refs, leak=0.2, noise=0.01):
        """Each is its own reference, a little of the others, all filtered, and noise."""
        total = sum(refs)
        return [
            self.random.uniform(0.7, 1.1) * self.filtered(r, self.filter(90))
            + leak * self.filtered(total - r, self.filter(200))
            + noise * self.random.randn(*r.shape)
            for r in refs
        ]

    @staticmethod
    def filtered(x, h):
        return scipy.signal.lfilter(h, [1], x, axis=1)


def lowpass(signals, cutoff):
    """Leaves next to nothing but rounding errors above the cutoff, in Hz."""
    sos = scipy.signal.butter(10, cutoff, fs=RATE, output="sos")
    return [scipy.signal.sosfilt(sos, x, axis=1) for x in signals]


def write(path, x):
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = np.round(32768 * x.T)
    assert np.abs(pcm).max() < 32768, path
    scipy.io.wavfile.write(path, RATE, (pcm[:, 0] if pcm.shape[1] == 1 else pcm).astype(np.int16))


def plain(x):
    """Arrays to lists, undefined scores to null, infinite ones to "inf"."""
    if isinstance(x, (np.ndarray, list)):
        return [plain(v) for v in x]
    if isinstance(x, (float, np.floating)):
        return None if np.isnan(x) else "inf" if x == np.inf else float(x)
    return int(x)


def save(path, sections):
    path.write_text(json.dumps(sections, indent=1) + "\n")


def mir_case(number, refs, ests, frames, images, image_frames):
    """frames and image_frames are windows and hops, images a number of channels and a gain, or () for those there are."""
    for kind, signals in ("ref", refs), ("est", ests):
        for j, x in enumerate(signals):
            write(HERE / "mir_eval" / f"{kind}{number}" / f"{j}.wav", x)

    def read(kind, mono):
        files = sorted((HERE / "mir_eval" / f"{kind}{number}").glob("*.wav"))
        return np.stack([mir_eval.io.load_wav(f, mono=mono)[0] for f in files])

    def repeat(x, gain):
        return x[:, :, None] * ([1] + [gain] * (images[0] - 1))

    def scores(result, more):
        names = ["Source to Distortion", "Source to Interference", "Source to Artifact", "Source permutation"]
        if len(result) == 5:
            names.insert(1, "Image to Spatial")
            result = list(result)
            result[1] = np.where(np.isnan(result[0]), np.nan, result[1])  # mir_eval leaves it unset
        return {**{k: plain(v) for k, v in zip(names, result)}, **more}

    ref, est = read("ref", True), read("est", True)
    win = dict(zip(("win", "hop"), frames))
    image_win = dict(zip(("win", "hop"), image_frames))
    how = dict(zip(("nchan", "gain", "reverse"), (*images, False))) if images else {}
    if images:
        image_ref, image_est = repeat(ref, 1), repeat(est, images[1])
    else:
        image_ref, image_est = read("ref", False), read("est", False)
    save(HERE / "mir_eval" / f"output{number}.json", {
        "Sources": scores(v3.bss_eval_sources(ref, est), {}),
        "Framewise": scores(v3.bss_eval_sources_framewise(ref, est, *frames), win),
        "Images": scores(v3.bss_eval_images(image_ref, image_est), how),
        "Images Framewise": scores(v3.bss_eval_images_framewise(image_ref, image_est, *image_frames), {**image_win, **how}),
    })


def museval_case(name, sources, refs, ests, window, hop, taps=512):
    folder = HERE / "museval" / name
    for kind, signals in ("ref", refs), ("est", ests):
        for source, x in zip(sources, signals):
            write(folder / f"{kind}-{source}.wav", x)

    def read(kind):
        pcm = [scipy.io.wavfile.read(folder / f"{kind}-{source}.wav")[1] for source in sources]
        return np.stack([x.reshape(len(x), -1) / 32768 for x in pcm])

    ref, est = read("ref"), read("est")
    result = {"sources": sources, "rate": RATE, "window": window, "hop": hop, "filter": taps, "sample_scale": "int16/32768"}
    for key, old in ("images_v4", False), ("sources_v4", True):
        scores = v4.bss_eval(ref, est, window=window, hop=hop, filters_len=taps, bsseval_sources_version=old)
        result[key] = {k: plain(v) for k, v in zip(("SDR", "ISR", "SIR", "SAR"), scores)}
    save(folder / "museval.json", result)


def silence(signals, which, start, stop):
    signals[which][:, start:stop] = 0


def main():
    warnings.simplefilter("ignore")  # log10 of what is undefined

    s = Synth(1, 4000)
    refs = [s.noise(0.9), s.tones()]
    mir_case("01", refs, s.estimates(refs), (2000, 500), (2, 0.5), (2500, 1500))

    s = Synth(2, 4200)  # three sources, whose estimates are in another order
    refs = [s.clicks(), s.noise(-0.5), s.tones()]
    ests = s.estimates(refs)
    mir_case("02", refs, [ests[1], ests[2], ests[0]], (2500, 1000), (1, 1.0), (3000, 600))

    s = Synth(3, 4000, channels=2)
    refs = [s.noise(0.7), s.tones()]
    mir_case("03", refs, s.estimates(refs), (1800, 1000), (), (3000, 1000))

    s = Synth(4, 4000)  # a reference is silent in one frame, an estimate in another
    refs = [s.tones(), s.clicks()]
    ests = s.estimates(refs)
    silence(refs, 0, 900, 2050)
    silence(ests, 1, 2950, 4000)
    mir_case("04", refs, ests, (1000, 1000), (1, 1.0), (1000, 500))

    s = Synth(5, 4000)  # one source, whose frames are longer than it is
    refs = [s.tones()]
    mir_case("05", refs, s.estimates(refs, noise=0.03), (1500, 1250), (2, 2.2), (8000, 4000))

    s = Synth(6, 4000)  # band-limited, so nearly singular; a window longer than the signals
    refs = [s.noise(0.5), s.tones()]
    mir_case("06", lowpass(refs, 1800), lowpass(s.estimates(refs), 1800), (5000, 1000), (1, 1.0), (2000, 2000))

    s = Synth(11, 10500, channels=2)
    refs = [s.tones(), s.noise(0.8)]
    museval_case("stereo-2src", ["tones", "noise"], refs, s.estimates(refs), RATE, 2500)

    s = Synth(12, 6000)  # frames overlap, and the last samples are in none
    refs = [s.clicks(), s.tones(), s.noise(-0.6)]
    museval_case("mono-3src-overlap", ["clicks", "tones", "noise"], refs, s.estimates(refs), 2500, 1100)

    s = Synth(13, 5000)
    refs = [s.tones(), s.clicks()]
    ests = s.estimates(refs)
    silence(refs, 0, 950, 2100)
    silence(ests, 1, 2950, 4001)
    museval_case("mono-2src-silence", ["tones", "clicks"], refs, ests, 1000, 1000)

    s = Synth(14, 3000)
    refs = [s.noise(0.6)]
    museval_case("mono-1src-short", ["noise"], refs, s.estimates(refs, noise=0.03), RATE, RATE, taps=100)

    s = Synth(15, 4000)
    refs = [s.noise(0.5), s.tones()]
    museval_case("mono-2src-bandlimited", ["noise", "tones"], lowpass(refs, 1200), lowpass(s.estimates(refs), 1200), 1500, 1200)


if __name__ == "__main__":
    main()
