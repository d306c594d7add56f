package optimise

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/optimize"
)

// quadratic is ½Σ cᵢ(wᵢ − i)², with c from 1 to 100.
func quadratic(grad, w []float32) float64 {
	loss := 0.
	for i, v := range w {
		c := 1 + 99*float64(i)/float64(len(w)-1)
		d := float64(v) - float64(i)
		loss += 0.5 * c * d * d
		grad[i] = float32(c * d)
	}
	return loss
}

// rosenbrock's minimum is 0 at (1, 1).
func rosenbrock(grad, w []float32) float64 {
	x, y := float64(w[0]), float64(w[1])
	a, b := 1-x, y-x*x
	grad[0], grad[1] = float32(-2*a-400*x*b), float32(200*b)
	return a*a + 100*b*b
}

// network is the mean squared error of a 3–8–1 tanh network on 60 examples of a smooth function, with
// some weight decay so that the minimum is a point.
func network() Loss {
	r := rand.New(rand.NewPCG(1, 2))
	var xs [60][3]float64
	for i := range xs {
		xs[i] = [3]float64{r.NormFloat64(), r.NormFloat64(), 1}
	}
	const hidden = 8
	return func(grad, w []float32) float64 {
		loss := 0.
		g := make([]float64, len(w))
		for i, v := range w {
			loss += 5e-4 * float64(v) * float64(v)
			g[i] = 1e-3 * float64(v)
		}
		for _, x := range xs {
			want := math.Sin(x[0]) * x[1]
			var h [hidden]float64
			y := 0.
			for j := range h {
				a := 0.
				for k, v := range x {
					a += float64(w[3*j+k]) * v
				}
				h[j] = math.Tanh(a)
				y += float64(w[3*hidden+j]) * h[j]
			}
			e := y - want
			loss += e * e / float64(len(xs))
			for j, v := range h {
				d := 2 * e / float64(len(xs))
				g[3*hidden+j] += d * v
				for k, u := range x {
					g[3*j+k] += d * float64(w[3*hidden+j]) * (1 - v*v) * u
				}
			}
		}
		for i, v := range g {
			grad[i] = float32(v)
		}
		return loss
	}
}

// minimise takes at most so many steps.
func minimise(t *testing.T, m Minimiser, w []float32, f Loss, steps int) (loss float64, taken int) {
	t.Helper()
	for i := range steps {
		l, err := m.Step(w, f)
		if errors.Is(err, ErrMinimum) {
			return l, i
		}
		if err != nil {
			t.Fatal(err)
		}
		loss = l
	}
	return loss, steps
}

func TestQuadratic(t *testing.T) {
	for _, m := range []Minimiser{&LBFGS{}, &SGD{Rate: 5e-3, Momentum: 0.9}, &Adam{Rate: 0.1}} {
		w := make([]float32, 12)
		minimise(t, m, w, quadratic, 2000)
		for i, v := range w {
			if math.Abs(float64(v)-float64(i)) > 1e-4 {
				t.Errorf("%T: w[%d] = %g, want %d", m, i, v, i)
			}
		}
	}
}

func TestRosenbrock(t *testing.T) {
	o := &LBFGS{}
	w := []float32{-1.2, 1}
	loss, steps := minimise(t, o, w, rosenbrock, 100)
	if loss > 1e-9 || math.Abs(float64(w[0])-1) > 1e-4 || math.Abs(float64(w[1])-1) > 1e-4 {
		t.Errorf("loss %g at %v after %d steps, want 0 at (1, 1)", loss, w, steps)
	}
	if o.Evaluations > 100 {
		t.Errorf("%d evaluations, want less than 100", o.Evaluations)
	}
}

// From the same start gonum's L-BFGS, in float64, must find the same minimum.
func TestAgreesWithGonum(t *testing.T) {
	f := network()
	start := make([]float32, 32)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range start {
		start[i] = float32(0.5 * r.NormFloat64())
	}
	for _, problem := range []struct {
		name  string
		start []float32
		f     Loss
	}{{"quadratic", make([]float32, 12), quadratic}, {"Rosenbrock", []float32{-1.2, 1}, rosenbrock}, {"network", start, f}} {
		narrow, grad := make([]float32, len(problem.start)), make([]float32, len(problem.start))
		at := func(x []float64) float64 {
			for i, v := range x {
				narrow[i] = float32(v)
			}
			return problem.f(grad, narrow)
		}
		x := make([]float64, len(problem.start))
		for i, v := range problem.start {
			x[i] = float64(v)
		}
		want, err := optimize.Minimize(optimize.Problem{
			Func: at,
			Grad: func(g, x []float64) {
				at(x)
				for i, v := range grad {
					g[i] = float64(v)
				}
			},
		}, x, &optimize.Settings{GradientThreshold: 1e-5, MajorIterations: 2000}, &optimize.LBFGS{Store: 10})
		if want == nil {
			t.Fatal(err)
		}
		w := slices.Clone(problem.start)
		loss, steps := minimise(t, &LBFGS{}, w, problem.f, 2000)
		t.Logf("%s: %.8g in %d steps, gonum %.8g in %d", problem.name, loss, steps, want.F, want.MajorIterations)
		if math.Abs(loss-want.F) > 1e-4*want.F+1e-8 {
			t.Errorf("%s: minimum %g, gonum's is %g", problem.name, loss, want.F)
		}
		for i, v := range want.X {
			if math.Abs(float64(w[i])-v) > 2e-2*(1+math.Abs(v)) {
				t.Errorf("%s: w[%d] = %g, gonum's is %g", problem.name, i, w[i], v)
			}
		}
	}
}

// The state goes through gob without a trace.
func TestStateIsComplete(t *testing.T) {
	for _, make := range []func() Minimiser{
		func() Minimiser { return &LBFGS{Memory: 3} },
		func() Minimiser { return &SGD{Rate: 1e-4, Momentum: 0.9} },
		func() Minimiser { return &Adam{Rate: 1e-2} },
	} {
		one, w := make(), []float32{-1.2, 1}
		minimise(t, one, w, rosenbrock, 7)
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(one); err != nil {
			t.Fatal(err)
		}
		two, v := make(), slices.Clone(w)
		if err := gob.NewDecoder(&b).Decode(two); err != nil {
			t.Fatal(err)
		}
		minimise(t, one, w, rosenbrock, 7)
		minimise(t, two, v, rosenbrock, 7)
		if !slices.Equal(w, v) {
			t.Errorf("%T: %v, and %v after gob", one, w, v)
		}
	}
}

// A loss that turns NaN on the way is stepped back from, and a minimum is said to be one.
func TestBounds(t *testing.T) {
	f := func(grad, w []float32) float64 {
		x := float64(w[0])
		grad[0] = float32(1 - 1/x)
		return x - math.Log(x)
	}
	w := []float32{5}
	o := &LBFGS{}
	if loss, _ := minimise(t, o, w, f, 50); math.Abs(loss-1) > 1e-6 {
		t.Errorf("x − ln x is %g at %g, want 1 at 1", loss, w[0])
	}
	if _, err := o.Step(w, f); !errors.Is(err, ErrMinimum) {
		t.Errorf("at the minimum: %v, want ErrMinimum", err)
	}
}

func Example() {
	w := []float32{-1.2, 1}
	o := &LBFGS{}
	for range 40 {
		if _, err := o.Step(w, rosenbrock); err != nil {
			break
		}
	}
	fmt.Printf("%.3f\n", w)
	// Output: [1.000 1.000]
}
