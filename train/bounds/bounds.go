// Package bounds is what separation reaches with the truth in hand, and without learning.
//
// Signals are [channel][sample], all of one song and equally long. Memory beyond input and output
// does not grow with their length.
package bounds

import (
	"math"

	"soloist/stft"
)

// transform hands the spectra [signal][bin] of signals[signal][sample] to step, a frame after the
// other, and returns the results[result][sample] whose spectra [result][bin] step writes, aligned
// with the signals. step may write each frame late by delay frames; it is given silence to finish.
func transform(pair stft.Pair, signals [][]float32, results, delay int, step func(dst, src [][]complex64)) [][]float32 {
	n := len(signals[0])
	hop, src, dst := make([]float32, pair.H), spectra(pair, len(signals)), spectra(pair, results)
	analyzers := make([]*stft.Analyzer, len(signals))
	for i := range analyzers {
		analyzers[i] = stft.NewAnalyzer(pair)
	}
	out, synthesizers := make([][]float32, results), make([]*stft.Synthesizer, results)
	for i := range out {
		out[i], synthesizers[i] = make([]float32, n), stft.NewSynthesizer(pair)
	}
	for at := 0; ; at += pair.H {
		done := at + pair.H - pair.L - delay*pair.H // the first sample that this frame completes
		if done >= n {
			return out
		}
		for i, x := range signals {
			read := copy(hop, x[min(at, n):])
			clear(hop[read:])
			analyzers[i].Analyze(src[i], hop)
		}
		step(dst, src)
		for i, y := range out {
			synthesizers[i].Synthesize(hop, dst[i])
			if done > -pair.H {
				copy(y[max(done, 0):], hop[max(-done, 0):])
			}
		}
	}
}

func spectra(pair stft.Pair, count int) [][]complex64 {
	s := make([][]complex64, count)
	for i := range s {
		s[i] = make([]complex64, pair.Bins())
	}
	return s
}

// window is a pair of 4096 samples with hop 1024 at 44.1 kHz; at another rate (Hz) it has the power of
// two that is nearest, in octaves, to these 93 ms.
func window(rate int) stft.Pair {
	if rate < 1 {
		panic("bounds: the rate must be positive")
	}
	k := int(math.Exp2(math.Round(math.Log2(4096 * float64(rate) / 44100))))
	k = min(max(k, 64), 1<<20) // room for the medians; the most that package stft can do
	return stft.Pair{K: k, L: k, H: k / 4}
}

// power is |x|².
func power(x complex64) float64 {
	re, im := float64(real(x)), float64(imag(x))
	return re*re + im*im
}

// mustMatch panics unless x and y have the same shape.
func mustMatch(x, y [][]float32) {
	if len(x) != len(y) {
		panic("bounds: want signals of as many channels")
	}
	for c := range x {
		if len(x[c]) != len(y[c]) || len(x[c]) != len(x[0]) {
			panic("bounds: want signals of one length")
		}
	}
}
