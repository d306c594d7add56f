package bsseval

import (
	"math"
	"testing"
)

func TestSISDR(t *testing.T) {
	// An estimate a·s + b·n with n orthogonal to s and as strong scores 20·log10(a/b), whatever its gain.
	s, n := []float32{1, 1, -1, -1}, []float32{1, -1, 1, -1}
	for _, c := range []struct{ a, b, want float64 }{{1, 1, 0}, {1, 0.1, 20}, {0.5, 0.05, 20}, {1, 2, -6.0206}, {-1, 0.1, 20}} {
		e := make([]float32, len(s))
		for i := range e {
			e[i] = float32(c.a*float64(s[i]) + c.b*float64(n[i]))
		}
		if got := SISDR(s, e); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%g·s + %g·n: %g dB, want %g", c.a, c.b, got, c.want)
		}
	}
	if !math.IsNaN(SISDR([]float32{0, 0}, []float32{1, 2})) || !math.IsNaN(SISDR([]float32{1, 2}, []float32{0, 0})) {
		t.Error("silence has a score")
	}
	if v := SISDR(s, s); !math.IsNaN(v) {
		t.Errorf("a perfect estimate scores %g", v)
	}
}
