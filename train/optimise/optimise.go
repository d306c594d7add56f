// Package optimise holds minimisers over one parameter vector: L-BFGS for a loss that is the same at every
// call, stochastic gradient descent and Adam for one that is another batch's each time.
package optimise

import (
	"errors"
	"math"
)

// Loss returns the loss at w and writes its gradient, as long as w, to grad.
type Loss func(grad, w []float32) float64

// Minimiser lowers a loss step by step. Its exported fields are its whole state, so that one written with
// encoding/gob and read again goes on as if nothing had happened.
type Minimiser interface {
	// Step moves w by one iteration. It returns the loss that it knows of: L-BFGS that at the new w, the
	// others that at the old one. The slice w must be the same from step to step, or hold the same values.
	Step(w []float32, f Loss) (float64, error)
}

// ErrMinimum is returned by a Step that finds no lower loss: w is at a minimum as far as float32 can tell.
var ErrMinimum = errors.New("optimise: no step lowers the loss any more")

// SGD is stochastic gradient descent with momentum (Polyak 1964): v ← µ·v − ρ·g, w ← w + v.
type SGD struct {
	Rate     float64 // ρ
	Momentum float64 // µ, from 0 to below 1
	Velocity []float32
	gradient []float32
}

// Step implements Minimiser.
func (o *SGD) Step(w []float32, f Loss) (float64, error) {
	if len(o.Velocity) != len(w) {
		o.Velocity = make([]float32, len(w))
	}
	o.gradient = sized(o.gradient, len(w))
	loss := f(o.gradient, w)
	rate, keep := float32(o.Rate), float32(o.Momentum)
	for i, g := range o.gradient {
		v := keep*o.Velocity[i] - rate*g
		o.Velocity[i] = v
		w[i] += v
	}
	return loss, nil
}

// Adam is the method of Kingma and Ba (ICLR 2015, algorithm 1) with its β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.
type Adam struct {
	Rate     float64
	Count    int // of steps
	First    []float32
	Second   []float32
	gradient []float32
}

// Step implements Minimiser.
func (o *Adam) Step(w []float32, f Loss) (float64, error) {
	if len(o.First) != len(w) {
		o.First, o.Second = make([]float32, len(w)), make([]float32, len(w))
	}
	o.gradient = sized(o.gradient, len(w))
	loss := f(o.gradient, w)
	o.Count++
	const b1, b2, eps = 0.9, 0.999, 1e-8
	n := float64(o.Count)
	correct := float32(1 / math.Sqrt(1-math.Pow(b2, n)))
	rate := float32(o.Rate / (1 - math.Pow(b1, n)))
	for i, g := range o.gradient {
		m := b1*o.First[i] + (1-b1)*g
		v := b2*o.Second[i] + (1-b2)*g*g
		o.First[i], o.Second[i] = m, v
		w[i] -= rate * m / (correct*float32(math.Sqrt(float64(v))) + eps)
	}
	return loss, nil
}

// sized is x where it has n values, else n zeros.
func sized(x []float32, n int) []float32 {
	if len(x) == n {
		return x
	}
	return make([]float32, n)
}
