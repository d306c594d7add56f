package model

import (
	"math"
	"testing"
)

// Source i of direct magnitudes g·|x| has the share gᵢ²/(Σg² + (1−Σg)₊²).
func TestWienerOfMagnitudes(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		gains  []float32
		shares []float64
	}{
		{[]float32{0.5, 0.5}, []float64{0.5, 0.5}},
		{[]float32{1, 0}, []float64{1, 0}},
		{[]float32{0, 0}, []float64{0, 0}},
		{[]float32{1, 1}, []float64{0.5, 0.5}},
		{[]float32{1. / 3, 1. / 3}, []float64{1. / 3, 1. / 3}}, // and the remainder as much
		{[]float32{0.8, 0.2}, []float64{0.64 / 0.68, 0.04 / 0.68}},
		{[]float32{0.5, 0}, []float64{0.5, 0}},
		{[]float32{0.2, 0.3, 0.1}, []float64{0.04 / 0.3, 0.09 / 0.3, 0.01 / 0.3}},
		{[]float32{2, 2, 2, 2}, []float64{0.25, 0.25, 0.25, 0.25}},
		{[]float32{-0.5, 0.5}, []float64{0.5, 0.5}}, // magnitudes count
		{[]float32{1e-30, 0.5}, []float64{0, 0.5}},
		{[]float32{1e30, 0.5}, []float64{0, 0}}, // no estimate
		{[]float32{inf, 0.5}, []float64{0, 0}},
		{[]float32{float32(math.NaN()), 0.5}, []float64{0, 0}},
	} {
		var gain [][]float32
		for _, g := range c.gains {
			gain = append(gain, []float32{g})
		}
		wiener(gain, true)
		for i, g := range gain {
			if !(math.Abs(float64(g[0])-c.shares[i]) <= 1e-6) {
				t.Errorf("gains %g: source %d has the share %g, want %g", c.gains, i, g[0], c.shares[i])
			}
		}
	}
}
