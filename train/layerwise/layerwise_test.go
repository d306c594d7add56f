package layerwise

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// music makes examples of the form of the paper's: two instruments, each a few notes whose spectra of 12 bins
// decay over three frames, at random gains; the middle frame comes first.
func music(n int, seed uint64) Examples {
	const bins, notes = 12, 4
	shape := rand.New(rand.NewPCG(1, 1)) // the same instruments for any seed
	var spectra [2][notes][bins]float64
	for i := range spectra {
		for j := range spectra[i] {
			for k := range spectra[i][j] {
				spectra[i][j][k] = math.Pow(shape.Float64(), 4)
			}
		}
	}
	r := rand.New(rand.NewPCG(seed, 2))
	e := NewExamples(n, 3*bins, bins)
	for row := range n {
		x := e.X.Data[row*e.X.Stride:][:e.X.Cols]
		s := e.S.Data[row*e.S.Stride:][:e.S.Cols]
		var frames [2][3 * bins]float64
		for i := range frames {
			gain := 0.01 + 0.99*r.Float64()
			for range 2 {
				note, decay := spectra[i][r.IntN(notes)], math.Exp(-float64(1+2*i)*r.Float64())
				for k, v := range note {
					frames[i][k] += gain * v
					frames[i][bins+k] += gain * v / decay
					frames[i][2*bins+k] += gain * v * decay
				}
			}
		}
		norm := 0.
		for k := range x {
			x[k] = float32(math.Hypot(frames[0][k], frames[1][k]))
			norm += float64(x[k]) * float64(x[k]) / 3
		}
		for k := range x {
			x[k] /= float32(math.Sqrt(norm))
		}
		for k := range s {
			s[k] = float32(frames[0][k] / math.Sqrt(norm))
		}
	}
	return e
}

func schedule(start Start) Schedule {
	s := Defaults()
	s.Start, s.Layers, s.Iterations, s.Final, s.Every = start, 3, 40, 60, 7
	return s
}

// learn runs a schedule and returns the trainer.
func learn(t testing.TB, s Schedule) *Trainer {
	t.Helper()
	tr, err := New(s, music(2000, 1), music(500, 2))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Run(context.Background(), "", func(Point) {}); err != nil {
		t.Fatal(err)
	}
	return tr
}

// starts are the points at which layers were added, and the last one.
func starts(curve []Point) []Point {
	var ps []Point
	for i, p := range curve {
		if i == 0 || p.Layers > curve[i-1].Layers {
			ps = append(ps, p)
		}
	}
	return append(ps, curve[len(curve)-1])
}

// What the paper reports: least squares starts below identity, that at 1, each layer helps, on examples that
// were not learnt from, too, and a good start is worth many iterations.
func TestStaircase(t *testing.T) {
	least, identity := learn(t, schedule(LeastSquares)), learn(t, schedule(Identity))
	for _, tr := range []*Trainer{least, identity} {
		steps := starts(tr.Curve())
		for i, p := range steps {
			t.Logf("%s: iteration %3d, %d layers: J %.4f, validation %.4f, condition %.3g", tr.state.Schedule.Start, p.Iteration, p.Layers, p.Train, p.Validation, p.Condition)
			if i > 0 && !(p.Train < steps[i-1].Train && p.Validation < steps[i-1].Validation) {
				t.Errorf("%s: J rose from %+v to %+v", tr.state.Schedule.Start, steps[i-1], p)
			}
		}
	}
	if first := identity.Curve()[0]; math.Abs(first.Train-1) > 1e-7 || math.Abs(first.Validation-1) > 1e-7 {
		t.Errorf("the identity starts at J = %g and %g, want 1", first.Train, first.Validation)
	}
	start := least.Curve()[0].Train
	worth := Reached(identity.Curve(), start)
	t.Logf("least squares is worth %d iterations", worth)
	if !(start < 1) || worth >= 0 && worth < 10 { // −1 if all of them do not reach it
		t.Errorf("least squares starts at J = %g, worth %d iterations", start, worth)
	}
	if a, b := least.Curve(), learn(t, schedule(Glorot)).Curve(); a[0].Train >= b[0].Train || a[len(a)-1].Train > 1.1*b[len(b)-1].Train {
		t.Errorf("Glorot's start gives J = %g and %g, least squares %g and %g", b[0].Train, b[len(b)-1].Train, a[0].Train, a[len(a)-1].Train)
	}
}

// A layer that starts as the identity changes nothing, since what comes out of ReLU passes through ReLU.
func TestIdentityChangesNothing(t *testing.T) {
	curve := learn(t, schedule(Identity)).Curve()
	for i, p := range curve[1:] {
		if before := curve[i]; p.Layers > before.Layers && math.Abs(p.Train-before.Train) > 1e-6 {
			t.Errorf("J is %g before layer %d and %g after", before.Train, p.Layers, p.Train)
		}
	}
}

// The gradient against differences, over rows enough for all blocks.
func TestGradient(t *testing.T) {
	e := music(3*blockRows+5, 3)
	o := newObjective(e.X.Cols, e.S.Cols, 2)
	r := rand.New(rand.NewPCG(4, 4))
	w, grad := make([]float32, o.net.Parameters()), make([]float32, o.net.Parameters())
	for i := range w {
		w[i] = float32(0.3 * r.NormFloat64())
	}
	scale := 1 / e.Unlearnt()
	o.evaluate(grad, w, e, scale)
	norm := 0.
	for _, g := range grad {
		norm += float64(g) * float64(g)
	}
	norm = math.Sqrt(norm)
	along := func(h float64) float64 {
		v := slices.Clone(w)
		for i, g := range grad {
			v[i] += float32(h / norm * float64(g))
		}
		return o.evaluate(nil, v, e, scale)
	}
	if slope := (along(0.01) - along(-0.01)) / 0.02; math.Abs(slope-norm) > 1e-3*norm {
		t.Errorf("slope along the gradient %g, its norm %g", slope, norm)
	}
	v := slices.Clone(w)
	for range 20 { // and along single weights
		i := r.IntN(len(w))
		copy(v, w)
		v[i] = w[i] + 0.01
		up := o.evaluate(nil, v, e, scale)
		v[i] = w[i] - 0.01
		slope := (up - o.evaluate(nil, v, e, scale)) / 0.02
		if math.Abs(slope-float64(grad[i])) > 1e-2*math.Abs(slope)+1e-3*norm {
			t.Errorf("weight %d: slope %g, gradient %g", i, slope, grad[i])
		}
	}
}

// A run that is stopped anywhere goes on to the same weights, bit for bit.
func TestResume(t *testing.T) {
	for _, optimiser := range []string{"lbfgs", "adam", "sgd"} {
		s := schedule(LeastSquares)
		s.Optimiser, s.Layers, s.Iterations, s.Final, s.Every, s.Memory = optimiser, 2, 12, 5, 3, 4
		whole := learn(t, s)
		path := filepath.Join(t.TempDir(), "checkpoint")
		for stop := 1; ; stop += 9 { // points after which a run is killed
			tr, err := New(s, music(2000, 1), music(500, 2))
			if err != nil {
				t.Fatal(err)
			}
			if stop > 1 {
				if err := tr.Resume(path); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(context.Background())
			n := 0
			err = tr.Run(ctx, path, func(Point) {
				if n++; n == 9 {
					cancel()
				}
			})
			cancel()
			if errors.Is(err, context.Canceled) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(tr.w, whole.w) || !slices.Equal(tr.Curve(), whole.Curve()) {
				t.Errorf("%s: other weights or another curve after being stopped", optimiser)
			}
			break
		}
		s.Seed++
		other, err := New(s, music(2000, 1), music(500, 2))
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Resume(path); err == nil {
			t.Errorf("%s: the checkpoint of another schedule was taken", optimiser)
		}
	}
}

func TestNew(t *testing.T) {
	s := Defaults()
	if _, err := New(s, NewExamples(1, 3, 2), Examples{}); err == nil {
		t.Error("one example is enough")
	}
	if _, err := New(s, NewExamples(9, 3, 2), Examples{}); err == nil {
		t.Error("nothing is to be learnt, and it is no error")
	}
	for _, change := range []func(*Schedule){
		func(s *Schedule) { s.Start = "zero" }, func(s *Schedule) { s.Optimiser = "newton" }, func(s *Schedule) { s.Layers = 0 },
		func(s *Schedule) { s.Iterations = -1 }, func(s *Schedule) { s.Momentum = 1 }, func(s *Schedule) { s.Rate = math.NaN() },
	} {
		bad := Defaults()
		change(&bad)
		if bad.Check() == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if s.Check() != nil {
		t.Error("the defaults are wrong")
	}
}
