package model_test

import (
	"fmt"
	"math"
	"testing"

	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
	"soloist/stft"
)

// surrounded gives the middle frame of a context, relative to its γ, and so the mixture; ahead frames late.
func surrounded(t *testing.T, ahead, further int) *model.Model {
	t.Helper()
	p := stft.Pair{K: 64, L: 64, H: 16}
	f := feature.Spec{Q: 4, Compression: feature.Magnitude, Context: []int{0, -1, ahead}}
	n, wide := f.Width(p.Bins())/3, f.Width(p.Bins())
	m := create(t, model.Spec{
		Name: "surrounded", Source: fmt.Sprint("all ", ahead, further), Rate: 8000, STFT: model.Transform{Frame: 64, Synthesis: 64, Hop: 16}, Feature: f,
		Layers: []nn.Spec{{Type: "dense", In: wide, Out: n, Activation: nn.ReLU}, {Type: "context", In: n, Out: 2 * n, Offsets: []int{0, further}}, {Type: "dense", In: 2 * n, Out: n, Activation: nn.ReLU}},
		Output: model.Magnitude,
	})
	w := m.Network().Tensors()
	for i := range n {
		w[0].Data[i*wide+i], w[2].Data[i*2*n+i] = 1, 1
	}
	m.Network().Refresh()
	return m
}

// γ must belong to the frame that it is multiplied to, however far this model, and another beside it, look ahead.
func TestContextMagnitudeOfTheMixtureIsTheMixture(t *testing.T) {
	const rows = 60
	for _, c := range []struct{ ahead, further, other int }{{0, 0, 0}, {3, 0, 0}, {3, 2, 0}, {2, 0, 5}, {3, 1, 4}} {
		models := []*model.Model{surrounded(t, c.ahead, c.further)}
		late, share := c.ahead+c.further, complex64(1)
		if models[0].Lookahead() != late || models[0].Latency() != 64+16*late {
			t.Errorf("look-ahead %d, latency %d", models[0].Lookahead(), models[0].Latency())
		}
		if c.other > 0 {
			models = append(models, passing(t, 4, c.other))
			late, share = max(late, c.other), 0.5
		}
		in := noiseFrames(rows, 33, 5)
		for i, row := range in {
			for k := range row {
				row[k] *= complex(float32(1+i*i%17), 0)
			}
		}
		out := separate(t, in, 1, 7, models...)
		for i := late; i < rows; i++ {
			for k, z := range out[0][i] {
				want := in[i-late][k] * share
				if d := complex128(z - want); math.Hypot(real(d), imag(d)) > 1e-4*float64(1+i) {
					t.Fatalf("%+v: frame %d bin %d is %g, want %g", c, i, k, z, want)
				}
			}
		}
	}
}
