package bsseval

import (
	"fmt"
	"math"
	"slices"
)

// SISDR is the scale-invariant signal-to-distortion ratio in dB of an estimate (Le Roux et al., "SDR –
// half-baked or well done?", ICASSP 2019, equation 2): the power of the estimate's projection on the
// reference over that of the rest. It is NaN where the reference or the estimate is silent, and where
// the two are alike to rounding. reference and estimate must be equally long.
func SISDR(reference, estimate []float32) float64 {
	return SISDROf([][]float32{reference}, [][]float32{estimate})
}

// SISDROf is SISDR for several channels, which share one scale.
func SISDROf(reference, estimate [][]float32) float64 {
	sameShape(reference, estimate)
	var rr, re float64
	for c, x := range reference {
		for i, r := range x {
			r, e := float64(r), float64(estimate[c][i])
			rr += r * r
			re += r * e
		}
	}
	if rr == 0 {
		return math.NaN()
	}
	scale := re / rr
	var rest float64
	for c, x := range reference {
		for i, r := range x {
			d := float64(estimate[c][i]) - scale*float64(r)
			rest += d * d
		}
	}
	return decibels(scale*scale*rr, rest)
}

// USDR is the plain signal-to-distortion ratio in dB, 10·log₁₀(Σs²/Σ(s−ŝ)²) over all samples and
// channels (Mitsufuji et al., "Music Demixing Challenge 2021", Frontiers in Signal Processing 1, 2022,
// equation 1). It is NaN where the reference is silent or the two are alike.
// reference and estimate must be equally long.
func USDR(reference, estimate [][]float32) float64 {
	sameShape(reference, estimate)
	var signal, error float64
	for c, x := range reference {
		for i, r := range x {
			d := float64(r) - float64(estimate[c][i])
			signal += float64(r) * float64(r)
			error += d * d
		}
	}
	return decibels(signal, error)
}

// Global is a length-weighted mean of scores, as GNSDR, GSIR and GSAR are of a set's clips (Hsu & Jang,
// "On the improvement of singing voice separation for monaural recordings using the MIR-1K dataset", IEEE
// Trans. ASLP 18(2), 2010). Undefined scores are left out; it is NaN where none is left.
func Global(scores []float64, lengths []int) float64 {
	var sum, weight float64
	for i, s := range scores {
		if !math.IsNaN(s) {
			sum += s * float64(lengths[i])
			weight += float64(lengths[i])
		}
	}
	return sum / weight
}

// Median is the median of the scores that are defined, NaN for none.
func Median(scores []float64) float64 {
	var s []float64
	for _, v := range scores {
		if !math.IsNaN(v) {
			s = append(s, v)
		}
	}
	if len(s) == 0 {
		return math.NaN()
	}
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func sameShape(a, b [][]float32) {
	if len(a) != len(b) {
		panic(fmt.Sprintf("bsseval: signals of %d and %d channels", len(a), len(b)))
	}
	for c := range a {
		if len(a[c]) != len(b[c]) {
			panic(fmt.Sprintf("bsseval: signals of %d and %d samples", len(a[c]), len(b[c])))
		}
	}
}
