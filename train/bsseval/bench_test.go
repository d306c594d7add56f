package bsseval

import (
	"math/rand/v2"
	"testing"
)

// noise makes sources of low-passed noise, different in each channel, and estimates of them: the source, some
// of every other one, and some noise.
func noise(sources, channels, samples int) (refs, ests Waves[float32]) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range sources {
		var wave [][]float32
		for range channels {
			x := make([]float32, samples)
			var y float32
			for i := range x {
				y = 0.9*y + 0.1*float32(rng.NormFloat64())
				x[i] = y
			}
			wave = append(wave, x)
		}
		refs = append(refs, wave)
	}
	for j := range sources {
		var wave [][]float32
		for c := range channels {
			x := make([]float32, samples)
			for i := range x {
				x[i] = refs[j][c][i] + 0.01*float32(rng.NormFloat64())
				for k := range sources {
					x[i] += 0.05 * refs[k][c][max(0, i-5)]
				}
			}
			wave = append(wave, x)
		}
		ests = append(ests, wave)
	}
	return refs, ests
}

// BenchmarkV4 scores 7 s of four stereo sources at 44.1 kHz, for which museval takes about 40 s on one core.
func BenchmarkV4(b *testing.B) {
	refs, ests := noise(4, 2, 7*44100)
	for b.Loop() {
		if _, err := Eval(refs, ests, V4(44100)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCholesky factors the normal equations of those.
func BenchmarkCholesky(b *testing.B) {
	refs, _ := noise(4, 2, 44100)
	base := newBasis(stretch(refs, 0, 44100), 512)
	for b.Loop() {
		if base.gram.cholesky(firstRidge) == nil {
			b.Fatal("not positive definite")
		}
	}
}

// BenchmarkSolve solves them for four columns.
func BenchmarkSolve(b *testing.B) {
	refs, _ := noise(4, 2, 44100)
	base := newBasis(stretch(refs, 0, 44100), 512)
	x := make([]lanes, 512*8)
	for i := range x {
		x[i] = lanes{1, 2, 3, 4}
	}
	for b.Loop() {
		base.factor.solve(x)
	}
}
