// Package bsseval scores separated sources against the true ones.
package bsseval

import "math"

// SISDR is the scale-invariant signal-to-distortion ratio in dB of an estimate (Le Roux et al., "SDR –
// half-baked or well done?", ICASSP 2019, equation 2): the power of the estimate's projection on the
// reference over that of the rest. It is NaN where the reference or the estimate is silent.
// reference and estimate must be equally long.
func SISDR(reference, estimate []float32) float64 {
	if len(reference) != len(estimate) {
		panic("bsseval: SISDR wants signals of one length")
	}
	var rr, re, ee float64
	for i, r := range reference {
		r, e := float64(r), float64(estimate[i])
		rr += r * r
		re += r * e
		ee += e * e
	}
	if rr == 0 || ee == 0 {
		return math.NaN()
	}
	target := re * re / rr
	return 10 * math.Log10(target/max(ee-target, 1e-30*ee))
}
