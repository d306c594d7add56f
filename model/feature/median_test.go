package feature

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// middle is the lower of the two middle values.
func middle(x []float32) float32 {
	s := slices.Sorted(slices.Values(x))
	return s[(len(s)-1)/2]
}

func TestMedians(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const bands = 11
	for _, frames := range []int{2, 3, 8, 69} {
		p := newPast(frames, bands)
		var all [][]float32
		for n := range 200 {
			if n == 120 {
				p.reset()
				all = nil
			}
			now := make([]float32, bands)
			for i := range now {
				now[i] = float32(rng.IntN(9)) - 4 // many alike
			}
			all = append(all, now)
			got := make([]float32, bands)
			p.medians(got, now)
			for i := range got {
				var column []float32
				for _, f := range all[max(0, len(all)-frames):] {
					column = append(column, f[i])
				}
				if want := middle(column); got[i] != want {
					t.Fatalf("over %d frames, frame %d band %d: %g, want %g", frames, n, i, got[i], want)
				}
			}
		}
	}
	for _, n := range []int{3, 5, 21, 101} {
		column := make([]float32, 0, n)
		for range 50 {
			x := make([]float32, 1+rng.IntN(40))
			for i := range x {
				x[i] = float32(rng.IntN(9)) - 4
			}
			got := make([]float32, len(x))
			across(got, x, column)
			for i := range x {
				if want := middle(x[max(0, i-n/2):min(len(x), i+n/2+1)]); got[i] != want {
					t.Fatalf("over %d of %d bands, band %d: %g, want %g", n, len(x), i, got[i], want)
				}
			}
		}
	}
}

// TestMedianFeatures wants the medians behind the means, and nothing of one stream in another.
func TestMedianFeatures(t *testing.T) {
	plain := Spec{Q: 8, Compression: Log, Level: 20, Means: []float64{3}}
	spec := plain
	spec.Past, spec.Across = []int{2, 9}, []int{5}
	if err := spec.Check(); err != nil {
		t.Fatal(err)
	}
	const bins = 65
	a, b := NewFrontEnd(plain, bins, 2), NewFrontEnd(spec, bins, 2)
	n := a.Bands().Len()
	if b.Width() != 5*n || spec.Width(bins) != 5*n {
		t.Fatalf("width %d and %d, want %d", b.Width(), spec.Width(bins), 5*n)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var history [2][][]float32
	x, y, spectrum := make([]float32, a.Width()), make([]float32, b.Width()), make([]complex64, bins)
	for frame := range 40 {
		stream := frame % 2
		for k := range spectrum {
			spectrum[k] = complex(float32(rng.NormFloat64()), float32(rng.NormFloat64()))
		}
		a.Features(x, spectrum, stream)
		b.Features(y, spectrum, stream)
		if !slices.Equal(x, y[:2*n]) {
			t.Fatal("medians change the other features")
		}
		history[stream] = append(history[stream], slices.Clone(x[:n]))
		h := history[stream]
		for i := range n {
			for m, length := range spec.Past {
				var column []float32
				for _, f := range h[max(0, len(h)-length):] {
					column = append(column, f[i])
				}
				if got, want := y[(2+m)*n+i], middle(column); got != want {
					t.Fatalf("frame %d band %d, median over %d frames: %g, want %g", frame, i, length, got, want)
				}
			}
			if got, want := y[4*n+i], middle(x[max(0, i-2):min(n, i+3)]); got != want {
				t.Fatalf("frame %d band %d, median over 5 bands: %g, want %g", frame, i, got, want)
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() { b.Features(y, spectrum, 1) }); n != 0 {
		t.Errorf("%g allocations a frame", n)
	}
	for _, bad := range []Spec{
		{Compression: Log, Past: []int{1}}, {Compression: Log, Past: []int{257}}, {Compression: Log, Across: []int{4}},
		{Compression: Log, Across: []int{1}}, {Compression: Log, Past: []int{2, 2, 2, 2, 2}, Across: []int{3, 3, 3, 3}},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
