package leastsquares

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Against a QR factorisation of the examples themselves, with means far from zero.
func TestSolve(t *testing.T) {
	const in, out, n = 150, 3, 700
	r := rand.New(rand.NewPCG(1, 2))
	c := New(in, out)
	a, b := mat.NewDense(n, in+1, nil), mat.NewDense(n, out, nil)
	for i := range n {
		x, s := make([]float32, in), make([]float32, out)
		for j := range x {
			x[j] = 100 + float32(r.NormFloat64())
			a.Set(i, j, float64(x[j]))
		}
		a.Set(i, in, 1)
		for o := range s {
			s[o] = 0.5*x[o] - 2*x[o+1] + float32(r.NormFloat64()) + 7
			b.Set(i, o, float64(s[o]))
		}
		c.Add(s, x)
	}
	var want mat.Dense
	if err := want.Solve(a, b); err != nil {
		t.Fatal(err)
	}
	for range 2 { // solving changes nothing
		f, err := c.Solve(0)
		if err != nil {
			t.Fatal(err)
		}
		if f.Condition < 1 || f.Condition > 200 {
			t.Errorf("condition %g", f.Condition)
		}
		for o := range out {
			for i := range in {
				if d := math.Abs(float64(f.W[o*in+i]) - want.At(i, o)); d > 1e-6 {
					t.Fatalf("W[%d][%d] is off by %g", o, i, d)
				}
			}
			if d := math.Abs(float64(f.B[o]) - want.At(in, o)); d > 1e-2 { // 150 weights of 1e-7 times 100
				t.Errorf("b[%d] is off by %g", o, d)
			}
		}
	}
}

// Two equal inputs and a constant one: the smallest ridge that works shares the weight.
func TestSingular(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	c := New(3, 1)
	for range 50 {
		v := float32(r.NormFloat64())
		c.Add([]float32{2*v + 1}, []float32{v, v, 5})
	}
	if _, err := c.Solve(0); err == nil {
		t.Error("a singular matrix was inverted")
	}
	f, err := c.SolveAny()
	if err != nil {
		t.Fatal(err)
	}
	if f.Ridge == 0 || f.Ridge > 1e-6 || f.Condition > maxCondition {
		t.Errorf("ridge %g, condition %g", f.Ridge, f.Condition)
	}
	for i, want := range []float64{1, 1, 0} {
		if math.Abs(float64(f.W[i])-want) > 1e-3 {
			t.Errorf("W = %v, want 1 1 0", f.W)
		}
	}
	if _, err := New(2, 1).SolveAny(); err == nil {
		t.Error("a fit to nothing is no error")
	}
}

// Goroutines must not change a bit.
func TestDeterministic(t *testing.T) {
	fit := func() Fit {
		r := rand.New(rand.NewPCG(5, 6))
		c := New(300, 2)
		x, s := make([]float32, 300), make([]float32, 2)
		for range 900 {
			for i := range x {
				x[i] = r.Float32()
			}
			s[0], s[1] = x[1], x[299]
			c.Add(s, x)
		}
		f, err := c.SolveAny()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if a, b := fit(), fit(); !slices.Equal(a.W, b.W) || !slices.Equal(a.B, b.B) {
		t.Error("two fits to the same examples differ")
	}
}
