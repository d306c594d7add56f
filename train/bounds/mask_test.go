package bounds

import (
	"testing"

	"soloist/train/bsseval"
)

func TestRatioMaskSeparatesDisjointSpectra(t *testing.T) {
	for _, pair := range pairs {
		a, b := sines(16000, 300, 500), sines(16000, 1500, 3000)
		for j, y := range IdealRatioMask(pair, [][]float32{sum(a, b)}, [][][]float32{{a}, {b}}) {
			if s := bsseval.SISDR([][]float32{a, b}[j], y[0]); s < 25 {
				t.Errorf("%v: source %d at %.1f dB", pair, j, s)
			}
		}
	}
}

func TestRatioMaskAddsUp(t *testing.T) {
	for _, pair := range pairs {
		a, b, c := noise(5000, 1), noise(5000, 2), impulses(5000, 9, 1000)
		mix := sum(a, b, c)
		y := IdealRatioMask(pair, [][]float32{mix}, [][][]float32{{a}, {b}, {c}})
		// Samples of ±1 through a float32 transform and back.
		if d := difference(mix, sum(y[0][0], y[1][0], y[2][0])); d > 2e-6 {
			t.Errorf("%v: estimates sum to something %g off the mixture", pair, d)
		}
		if gain(a, mix, y[0][0]) < 3 {
			t.Errorf("%v: noise in noise gains %.1f dB", pair, gain(a, mix, y[0][0]))
		}
	}
}

// A source as strong as another gets half of what is there, and one of twice the amplitude four fifths.
func TestRatioMaskIsOfPowers(t *testing.T) {
	a := noise(4000, 1)
	for _, c := range []struct{ amplitude, share float32 }{{1, 0.5}, {2, 0.2}, {0, 1}} {
		b := make([]float32, len(a))
		want := make([]float32, len(a))
		for i, v := range a {
			b[i], want[i] = c.amplitude*v, c.share*v
		}
		y := IdealRatioMask(pairs[0], [][]float32{a}, [][][]float32{{a}, {b}})
		if d := difference(want, y[0][0]); d > 1e-6 {
			t.Errorf("beside %g of itself: %g off a share of %g", c.amplitude, d, c.share)
		}
	}
}
