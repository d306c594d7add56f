package bounds

import (
	"math"

	"soloist/stft"
)

// BandPass returns mix[channel][sample] through the band-pass that brings it closest to target in
// SI-SDR, over all channels and the whole song, and the edges of its band in Hz; rate is in Hz. Both
// edges lie on a third-octave grid that begins with 0 and ends with rate/2. As the truth chooses
// them, no fixed band-pass on that grid does better. Where mix or target is silent, the band is all
// there is. It panics unless mix and target have one shape.
func BandPass(rate int, mix, target [][]float32) (estimate [][]float32, low, high float64) {
	mustMatch(mix, target)
	pair := window(rate)
	energy, product := spectralSums(pair, mix, target)
	edges := thirds(rate)
	rises := make([][]float64, len(edges))
	for i, edge := range edges {
		rises[i] = rise(pair, edge/float64(rate))
	}
	from, to, best := 0, len(edges)-1, 0.0
	for i := range edges {
		for j := i + 1; j < len(edges); j++ {
			var e, p float64
			for k := range energy {
				g := rises[i][k] - rises[j][k]
				e += g * g * energy[k]
				p += g * product[k]
			}
			// SI-SDR rises with the squared correlation of estimate and target.
			if e > 0 && p*p/e > best {
				from, to, best = i, j, p*p/e
			}
		}
	}
	estimate = make([][]float32, len(mix))
	for c := range mix {
		estimate[c] = transform(pair, mix[c:c+1], 1, 0, func(dst, src [][]complex64) {
			for k, x := range src[0] {
				dst[0][k] = x * complex(float32(rises[from][k]-rises[to][k]), 0)
			}
		})[0]
	}
	return estimate, edges[from], edges[to]
}

// spectralSums returns, for each bin, the energy of mix and its inner product with target. As the
// windows make a tight frame, a filter of gains g[k] gives, up to one factor, a signal whose inner
// product with target is Σ g·product, and whose energy is Σ g²·energy but for what the overlap of
// frames smooths away.
func spectralSums(pair stft.Pair, mix, target [][]float32) (energy, product []float64) {
	energy, product = make([]float64, pair.Bins()), make([]float64, pair.Bins())
	for c := range mix {
		transform(pair, [][]float32{mix[c], target[c]}, 0, 0, func(_, src [][]complex64) {
			for k, x := range src[0] {
				s := complex128(src[1][k])
				energy[k] += power(x)
				product[k] += float64(real(x))*real(s) + float64(imag(x))*imag(s)
			}
		})
	}
	for _, sum := range [][]float64{energy, product} {
		sum[0] /= 2 // the bins between have a mirror image each
		sum[pair.K/2] /= 2
	}
	return energy, product
}

// thirds are 0, the third-octaves around 1 kHz from 20 Hz up to below rate/2, and rate/2.
func thirds(rate int) []float64 {
	nyquist := float64(rate) / 2
	edges := []float64{0}
	for i := -17.0; ; i++ {
		f := 1000 * math.Exp2(i/3)
		if f >= nyquist {
			return append(edges, nyquist)
		}
		edges = append(edges, f)
	}
}

// rise returns the gain of each bin of a high-pass whose edge is a fraction of the sampling rate: a
// raised cosine an eighth of the edge's frequency wide, but at least two bins, as the windows blur
// what is steeper. The fractions 0 and 1/2 let all and nothing pass.
func rise(pair stft.Pair, edge float64) []float64 {
	centre := edge * float64(pair.K) // bins
	width := max(centre/8, 2)
	switch edge {
	case 0:
		centre = math.Inf(-1)
	case 0.5:
		centre = math.Inf(1)
	}
	gain := make([]float64, pair.Bins())
	for k := range gain {
		x := (float64(k)-centre)/width + 0.5
		s := math.Sin(math.Pi / 2 * min(max(x, 0), 1))
		gain[k] = s * s
	}
	return gain
}
