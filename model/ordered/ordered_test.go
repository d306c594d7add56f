package ordered

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestStaysAscending(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s, want := make([]float32, 0, 20), []float32{}
	for range 5000 {
		v := float32(r.IntN(9)) - 4 // many alike
		switch op := r.IntN(3); {
		case op == 0 && len(s) < cap(s):
			s, want = Insert(s, v), append(want, v)
		case op == 1 && len(want) > 0:
			i := r.IntN(len(want))
			s, want = Remove(s, want[i]), slices.Delete(want, i, i+1)
		case op == 2 && len(want) > 0:
			i := r.IntN(len(want))
			Replace(s, want[i], v)
			want[i] = v
		}
		if !slices.Equal(s, slices.Sorted(slices.Values(want))) {
			t.Fatalf("%v, want the values %v in order", s, want)
		}
	}
}
