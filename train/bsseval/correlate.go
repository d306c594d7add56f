package bsseval

import "gonum.org/v1/gonum/dsp/fourier"

// blockSize is the length of the transforms by which signals are correlated and filtered, for
// filters of so many taps: long against the filter, short against the processor's cache.
func blockSize(taps, samples int) int {
	n := 16
	for n < 2*taps || n < 16*taps && n < samples+taps-1 {
		n *= 2
	}
	return n
}

// correlate returns the inner products Σₙ y[n]·x[n−d] at the delays d = 0 to taps−1, as
// [d][channel of x × channel of y], of signals that are silent before and after. It works by blocks,
// so that its memory does not depend on their length.
func correlate(x, y *waves, taps int) [][]float64 {
	p, q := x.count(), y.count()
	n := blockSize(taps, x.samples)
	fft, step, bins := fourier.NewFFT(n), n-(taps-1), n/2+1
	tails, head, sums := newSpectra(p, bins), make([]complex128, bins), newSpectra(p*q, bins)
	block := make([]float64, n)
	for at := 0; at < x.samples; at += step {
		for i, tail := range tails {
			x.read(block, i, at-(taps-1))
			fft.Coefficients(tail, block)
		}
		for j := range q {
			y.read(block, j, at-(taps-1))
			clear(block[:taps-1])
			fft.Coefficients(head, block)
			for i, tail := range tails {
				sum := sums[i*q+j]
				for f, h := range head {
					t := tail[f]
					sum[f] += complex(real(h)*real(t)+imag(h)*imag(t), imag(h)*real(t)-real(h)*imag(t))
				}
			}
		}
	}
	c := make([][]float64, taps)
	for d := range c {
		c[d] = make([]float64, p*q)
	}
	for i, sum := range sums {
		fft.Sequence(block, sum)
		for d := range c {
			c[d][i] = block[d] / float64(n)
		}
	}
	return c
}

func newSpectra(count, bins int) [][]complex128 {
	s := make([][]complex128, count)
	all := make([]complex128, count*bins)
	for i := range s {
		s[i] = all[i*bins : (i+1)*bins]
	}
	return s
}
