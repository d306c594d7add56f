package feature

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Against the definition, frame by frame, for two streams and after Reset.
func TestContext(t *testing.T) {
	spec := Spec{Q: 8, Compression: Magnitude, Context: []int{0, -2, 2, -4, 1}}
	if err := spec.Check(); err != nil {
		t.Fatal(err)
	}
	const bins, rows = 65, 40
	plain, f := NewFrontEnd(Spec{Q: 8, Compression: Magnitude}, bins, 1), NewFrontEnd(spec, bins, 2)
	n := plain.Width()
	if f.Width() != 5*n || spec.Width(bins) != 5*n || spec.Parts() != 5 || spec.Lookahead() != 2 {
		t.Fatalf("width %d and %d of %d bands, look-ahead %d", f.Width(), spec.Width(bins), n, spec.Lookahead())
	}
	r := rand.New(rand.NewPCG(1, 2))
	spectrum, got := make([]complex64, bins), make([]float32, f.Width())
	var frames [2][][]float32
	for row := range rows {
		if row == rows/2 {
			f.Reset()
			frames = [2][][]float32{}
		}
		for stream := range frames {
			for k := range spectrum {
				spectrum[k] = complex(float32(r.NormFloat64()), float32(row))
			}
			now := make([]float32, n)
			plain.Features(now, spectrum, 0)
			frames[stream] = append(frames[stream], now)
			f.Features(got, spectrum, stream)
			gamma, want := 0., make([]float32, 0, 5*n)
			for _, o := range spec.Context {
				frame := make([]float32, n)
				if at := len(frames[stream]) - 1 - 2 + o; at >= 0 {
					frame = frames[stream][at]
				}
				want = append(want, frame...)
				norm := 0.
				for _, v := range frame {
					norm += float64(v) * float64(v)
				}
				gamma += math.Sqrt(norm) / 5
			}
			if level := float64(f.Level(stream)); math.Abs(level-gamma) > 1e-5*gamma+1e-4 {
				t.Fatalf("frame %d: γ is %g, want %g", row, level, gamma)
			}
			for i, v := range got {
				if d := math.Abs(float64(v*f.Level(stream) - want[i])); d > 1e-4 {
					t.Fatalf("frame %d value %d is %g·γ, want %g", row, i, v, want[i])
				}
			}
		}
	}
	if a := testing.AllocsPerRun(20, func() { f.Features(got, spectrum, 1) }) + testing.AllocsPerRun(20, f.Reset); a != 0 {
		t.Errorf("%g allocations", a)
	}
}

// Silence and what is no audio give zeros, and nothing of them stays.
func TestContextOfExtremes(t *testing.T) {
	f := NewFrontEnd(Spec{Compression: Magnitude, Context: []int{0, -1, 1}}, 5, 1)
	fresh := NewFrontEnd(Spec{Compression: Magnitude, Context: []int{0, -1, 1}}, 5, 1)
	got, want := make([]float32, 15), make([]float32, 15)
	for _, bad := range []complex64{complex(float32(math.NaN()), 0), complex(0, float32(math.Inf(1))), 1e20, 0} {
		z := []complex64{1, 2, bad, 3, 4}
		if bad == 0 {
			clear(z)
		}
		for range 3 {
			f.Features(got, z, 0)
		}
		if slices.Max(got) != 0 || slices.Min(got) != 0 || !(f.Level(0) > 0) {
			t.Errorf("after %g: %v relative to %g", bad, got, f.Level(0))
		}
		for range 3 {
			f.Features(got, []complex64{1, 2, 3, 4, 5}, 0)
			fresh.Features(want, []complex64{1, 2, 3, 4, 5}, 0)
		}
		if !slices.Equal(got, want) {
			t.Errorf("after %g: %v, want %v", bad, got, want)
		}
	}
}

func TestBadContexts(t *testing.T) {
	for _, bad := range []Spec{
		{Compression: Log, Context: []int{0}},
		{Compression: Magnitude, Level: 5, Context: []int{0}},
		{Compression: Magnitude, Means: []float64{5}, Context: []int{0}},
		{Compression: Magnitude, Past: []int{5}, Context: []int{0}},
		{Compression: Magnitude, Context: []int{1, 0}},
		{Compression: Magnitude, Context: []int{0, 129}},
		{Compression: Magnitude, Context: []int{0, -129}},
		{Compression: Magnitude, Context: make([]int, 65)},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
