package dataset

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkEffects times what a stem or a mixture of 51,200 samples costs, drawing included, and with the second half
// silent, where a state that falls into denormal numbers would show.
func BenchmarkEffects(b *testing.B) {
	const n = 51200
	loud := make([]float32, n)
	white(rand.New(rand.NewPCG(1, 1)), loud)
	half := append([]float32(nil), loud...)
	clear(half[n/2:])
	d := newDesk(44100)
	d.stem, d.spare, d.curve = make([]float32, n), make([]float32, n), make([]float32, n)
	target := make([]float32, n)
	for _, c := range []struct {
		name string
		x    []float32
	}{{"", loud}, {" and silence", half}} {
		for _, name := range names()[4:] {
			b.Run(name+c.name, func(b *testing.B) {
				a := with(Augmentation{}, name, 1)
				for i := 0; b.Loop(); i++ {
					d.seed = uint64(i)
					copy(d.stem, c.x)
					copy(target, c.x)
					d.colour(&a, 0, "guitar", 0.3)
					d.master(&a, d.stem, target)
				}
			})
		}
	}
}
