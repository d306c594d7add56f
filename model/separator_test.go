package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
	"soloist/stft"
)

// constant is a model whose mask is the same for all bins.
func constant(t testing.TB, source string, gain float32) *model.Model {
	t.Helper()
	s := tinySpec()
	s.Source = source
	s.Layers[0].Activation = nn.Linear
	m := create(t, s)
	for i := range m.Network().Tensors()[1].Data {
		m.Network().Tensors()[1].Data[i] = gain
	}
	return m
}

func noiseFrames(rows, bins int, seed uint64) [][]complex64 {
	r := rand.New(rand.NewPCG(seed, 9))
	f := frames(rows, bins)
	for _, row := range f {
		for k := range row {
			row[k] = complex(float32(r.NormFloat64()), float32(r.NormFloat64()))
		}
	}
	return f
}

// separate passes in through a new separator of the models, so many frames at a time.
func separate(t testing.TB, in [][]complex64, channels, most int, models ...*model.Model) [][][]complex64 {
	t.Helper()
	sep, err := model.NewSeparator(channels, most, models...)
	if err != nil {
		t.Fatal(err)
	}
	var out [][][]complex64
	for range models {
		out = append(out, frames(len(in), len(in[0])))
	}
	for at := 0; at < len(in); at += most * channels {
		end := min(at+most*channels, len(in))
		var part [][][]complex64
		for i := range out {
			part = append(part, out[i][at:end])
		}
		sep.Separate(part, in[at:end])
	}
	return out
}

func TestSeparatorErrors(t *testing.T) {
	drums := create(t, tinySpec())
	other := func(edit func(*model.Spec)) *model.Model {
		s := tinySpec()
		s.Name, s.Source = "second", "vocals"
		edit(&s)
		return create(t, s)
	}
	for _, c := range []struct {
		want             string
		channels, frames int
		models           []*model.Model
	}{
		{"wants a model", 1, 1, nil},
		{"a channel", 0, 1, []*model.Model{drums}},
		{"a frame", 1, 0, []*model.Model{drums}},
		{"tiny works at 8000 Hz and second at 44100 Hz", 1, 1, []*model.Model{drums, other(func(s *model.Spec) { s.Rate = 44100 })}},
		{"second asymmetric 8/4, hop 2", 1, 1, []*model.Model{drums, other(func(s *model.Spec) { s.STFT = model.Transform{Frame: 8, Synthesis: 4, Hop: 2} })}},
		{"tiny and second both extract drums", 1, 1, []*model.Model{drums, other(func(s *model.Spec) { s.Source = "drums" })}},
		{"tiny and tiny both extract drums", 1, 1, []*model.Model{drums, other(func(*model.Spec) {}), drums}},
	} {
		sep, err := model.NewSeparator(c.channels, c.frames, c.models...)
		if err == nil || !strings.Contains(err.Error(), c.want) || sep != nil {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// Source i of masks g has the share gᵢ/max(1, Σg); alone it has its mask.
func TestWienerShares(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		gains  []float32
		shares []float64
	}{
		{[]float32{0.3}, []float64{0.3}},
		{[]float32{1.5}, []float64{1.5}},
		{[]float32{0.5, 0.5}, []float64{0.5, 0.5}},
		{[]float32{1, 0}, []float64{1, 0}},
		{[]float32{0, 0}, []float64{0, 0}},
		{[]float32{1, 1}, []float64{0.5, 0.5}},
		{[]float32{1. / 3, 1. / 3}, []float64{1. / 3, 1. / 3}}, // and the remainder as much
		{[]float32{0.8, 0.2}, []float64{0.8, 0.2}},
		{[]float32{0.9, 0.6}, []float64{0.6, 0.4}},
		{[]float32{0.5, 0}, []float64{0.5, 0}},
		{[]float32{0.2, 0.3, 0.1}, []float64{0.2, 0.3, 0.1}},
		{[]float32{2, 2, 2, 2}, []float64{0.25, 0.25, 0.25, 0.25}},
		{[]float32{-0.5, 0.5}, []float64{0.5, 0.5}}, // magnitudes count
		{[]float32{1e-30, 0.5}, []float64{0, 0.5}},
		{[]float32{1e30, 0.5}, []float64{0, 0}}, // no estimate
		{[]float32{inf, 0.5}, []float64{0, 0}},
		{[]float32{-inf, inf}, []float64{0, 0}},
		{[]float32{float32(math.NaN()), 0.5}, []float64{0, 0}},
	} {
		var models []*model.Model
		for i, g := range c.gains {
			models = append(models, constant(t, fmt.Sprint("source ", i), g))
		}
		in := noiseFrames(6, 5, 1)
		for i, out := range separate(t, in, 2, 3, models...) {
			for row := range out {
				for k, z := range out[row] {
					want := complex128(in[row][k]) * complex(c.shares[i], 0)
					if d := complex128(z) - want; !(math.Hypot(real(d), imag(d)) <= 1e-6) {
						t.Fatalf("gains %g: source %d is %g of %g, want a share of %g", c.gains, i, z, in[row][k], c.shares[i])
					}
				}
			}
		}
	}
}

// Any gains: the shares are not negative, their sum is at most 1, and the order of the models does not
// matter.
func TestWienerSharesSumToOneAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ones := frames(1, 5)
	for k := range ones[0] {
		ones[0][k] = 1
	}
	for range 200 {
		var models []*model.Model
		for i := range 2 + r.IntN(3) {
			models = append(models, constant(t, fmt.Sprint("source ", i), float32(math.Exp(4*r.NormFloat64()))))
		}
		out := separate(t, ones, 1, 1, models...)
		slices.Reverse(models)
		reversed := separate(t, ones, 1, 1, models...)
		sum := float32(0)
		for i := range out {
			v := real(out[i][0][2])
			if sum += v; !(v >= 0) {
				t.Fatalf("a share is %g", v)
			}
			if w := real(reversed[len(out)-1-i][0][2]); math.Abs(float64(v-w)) > 1e-6 {
				t.Fatalf("a share is %g, with the models the other way round %g", v, w)
			}
		}
		if sum > 1+1e-6 {
			t.Fatalf("the shares sum to %g", sum)
		}
	}
}

// passing is a direct-magnitude model that gives the magnitudes of the bands themselves, each
// relative to the running level, and so the mixture; ahead frames late.
func passing(t *testing.T, q float64, ahead int) *model.Model {
	t.Helper()
	p := stft.Pair{K: 64, L: 64, H: 16}
	f := feature.Spec{Q: q, Compression: feature.Magnitude, Level: 20}
	n := f.Width(p.Bins())
	s := model.Spec{
		Name: "passing", Source: fmt.Sprint("all ", ahead), Rate: 8000, STFT: model.Transform{Frame: 64, Synthesis: 64, Hop: 16}, Feature: f,
		Layers: []nn.Spec{{Type: "context", In: n, Out: 2 * n, Offsets: []int{0, ahead}}, {Type: "dense", In: 2 * n, Out: n, Activation: nn.Linear}},
		Output: model.Magnitude,
	}
	m := create(t, s)
	w := m.Network().Tensors()[0].Data
	mean, scale := m.Normalisation()
	for i := range n { // the normalisation halves and the weights double; the bias undoes the mean
		mean[i], scale[i] = 0.25, 0.5
		w[i*2*n+i] = 2
		m.Network().Tensors()[1].Data[i] = 0.25
	}
	m.Network().Refresh()
	return m
}

func TestMagnitudeOfTheMixtureIsTheMixture(t *testing.T) {
	const channels, rows = 2, 60
	for _, q := range []float64{0, 4} {
		for _, ahead := range []int{0, 3} {
			in := noiseFrames(rows, 33, 5)
			for i, row := range in { // the channels and the times differ in level
				for k := range row {
					row[k] *= complex(float32(1+10*(i%channels)+i/8), 0)
				}
			}
			// In a separator that looks five frames ahead for another model's sake, all else is as late.
			models := []*model.Model{passing(t, q, ahead)}
			late := ahead
			if ahead > 0 {
				late = 5
				models = append(models, passing(t, q, late))
			}
			out := separate(t, in, channels, 7, models...)
			share := complex64(1)
			if len(models) == 2 {
				share = 0.5
			}
			for i := late * channels; i < rows; i++ {
				for k, z := range out[0][i] {
					want := in[i-late*channels][k] * share
					if d := complex128(z - want); math.Hypot(real(d), imag(d)) > 1e-4 {
						t.Fatalf("q %g, look-ahead %d: frame %d bin %d is %g, want %g", q, ahead, i/channels, k, z, want)
					}
				}
			}
		}
	}
}

// Where music fades into silence, the running level is still high and the mixture nearly nothing:
// what the network then gives must not become infinite. Regression: two such models gave NaN.
func TestMagnitudeInSilence(t *testing.T) {
	for _, n := range []int{1, 2} {
		models := []*model.Model{passing(t, 0, 0), passing(t, 0, 1)}[:n]
		for _, m := range models {
			for _, tensor := range m.Network().Tensors() {
				for i := range tensor.Data {
					tensor.Data[i] = 0
					if tensor.Name == "layers.1.bias" {
						tensor.Data[i] = 1 // as loud as the running level, whatever comes
					}
				}
			}
			m.Network().Refresh()
		}
		in := noiseFrames(12, 33, 5)
		for i, gain := range []float32{1e6, 1e6, 1e6, 1e-3, 1e-10, 1e-15, 1e-19, 1e-20, 1e-21, 1e-22, 0, 0} {
			for k := range in[i] {
				in[i][k] *= complex(gain, 0)
			}
		}
		for _, out := range separate(t, in, 1, 12, models...) {
			for i := range out {
				for k, z := range out[i] {
					v := math.Hypot(float64(real(z)), float64(imag(z)))
					if !(v <= 1e10) || i >= 5 && v > 1e-6 {
						t.Fatalf("%d models: frame %d bin %d is %g", n, i, k, z)
					}
				}
			}
		}
	}
}

// One bad sample must not be heard for ever. Regression: it was, through the running level.
func TestSeparatorRecovers(t *testing.T) {
	const rows = 800
	models := []*model.Model{small(t, "drums", 2, model.Mask, 1), small(t, "vocals", 0, model.Magnitude, 2)}
	in := noiseFrames(rows, 129, 3)
	want := separate(t, in, 1, 16, models...)
	for _, bad := range []complex64{complex(float32(math.NaN()), 0), complex(0, float32(math.Inf(-1))), 1e20} {
		in := noiseFrames(rows, 129, 3)
		in[4][7], in[9][128] = bad, bad
		for s, out := range separate(t, in, 1, 16, models...) {
			for i := 12 + 3; i < rows; i++ {
				// The level's time constant is 50 frames: 1e-6 of the two frames is left after 700.
				most := math.Inf(1)
				if i > 700 {
					most = 1e-4
				}
				for k, z := range out[i] {
					d := complex128(z - want[s][i][k])
					if v := math.Hypot(real(d), imag(d)); math.IsNaN(v) || v > most {
						t.Fatalf("source %d frame %d bin %d is %g after %g, without it %g", s, i, k, z, bad, want[s][i][k])
					}
				}
			}
		}
	}
}

func TestSeparateMistakesPanic(t *testing.T) {
	sep, err := model.NewSeparator(2, 3, create(t, tinySpec()))
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(){
		"no output":       func() { sep.Separate(nil, frames(2, 5)) },
		"half a frame":    func() { sep.Separate([][][]complex64{frames(3, 5)}, frames(3, 5)) },
		"too many frames": func() { sep.Separate([][][]complex64{frames(8, 5)}, frames(8, 5)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "model: ") {
					t.Errorf("panic %q, want one that begins with model:", text)
				}
			}()
			f()
		})
	}
}
