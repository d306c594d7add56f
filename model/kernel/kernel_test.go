package kernel

import (
	"math"
	"testing"
)

// each runs f under every kernel that the processor supports.
func each(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := Name()
	defer Select(was)
	for _, name := range Names() {
		if err := Select(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, f)
	}
}

func TestExpKnown(t *testing.T) {
	each(t, func(t *testing.T) {
		x := []float32{0, 1, -1, 10, -87, 88, 89, 1e30, -1e30}
		y := make([]float32, len(x))
		Exp(y, x)
		for i := range x {
			want := float32(math.Exp(float64(x[i])))
			if y[i] != want && math.Abs(float64(y[i]-want)) > 2e-7*float64(want) {
				t.Errorf("Exp(%g) = %g, want %g", x[i], y[i], want)
			}
		}
	})
}
