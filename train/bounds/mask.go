package bounds

import "soloist/stft"

// IdealRatioMask returns the estimates [source][channel][sample] that the mask |S_j|²/Σ|S_k|²
// gives, applied to the spectra of mix; sources[source][channel][sample] are the true ones. Where
// all of them are silent so are the estimates; elsewhere these sum to mix. Each channel is treated
// alone. It is IRM2 of SiSEC 2018 (Stöter et al., "The 2018 Signal Separation Evaluation
// Campaign"), of which Liutkus and Badeau ("Generalized Wiener filtering with fractional power
// spectrograms", ICASSP 2015) tell the theory. It panics unless all signals have one shape.
func IdealRatioMask(pair stft.Pair, mix [][]float32, sources [][][]float32) [][][]float32 {
	estimates := make([][][]float32, len(sources))
	for j, s := range sources {
		mustMatch(mix, s)
		estimates[j] = make([][]float32, len(mix))
	}
	for c := range mix {
		signals := [][]float32{mix[c]}
		for _, s := range sources {
			signals = append(signals, s[c])
		}
		for j, y := range transform(pair, signals, len(sources), 0, ratioMask) {
			estimates[j][c] = y
		}
	}
	return estimates
}

// ratioMask shares src[0], a spectrum of the mixture, among dst in proportion to the power of src[1:].
func ratioMask(dst, src [][]complex64) {
	mix, sources := src[0], src[1:]
	for k, x := range mix {
		var sum float64
		for _, s := range sources {
			sum += power(s[k])
		}
		for j, s := range sources {
			dst[j][k] = 0
			if sum > 0 {
				dst[j][k] = x * complex(float32(power(s[k])/sum), 0)
			}
		}
	}
}
