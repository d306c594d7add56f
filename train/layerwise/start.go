package layerwise

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/train/leastsquares"
)

// grow adds a layer and returns the point before its training.
func (t *Trainer) grow() (Point, error) {
	s := &t.state
	input := t.train.X
	if s.Layer > 0 {
		input = t.objective.outputs(t.w, t.train)
	}
	fit, err := t.start(input)
	if err != nil {
		return Point{}, err
	}
	t.w = append(append(t.w, fit.W...), fit.B...)
	s.Layer++
	s.Iteration = 0
	s.forget()
	t.objective = newObjective(s.Inputs, s.Outputs, s.Layer)
	p := Point{Iteration: s.Total, Layers: s.Layer, Condition: fit.Condition, Ridge: fit.Ridge}
	p.Train = t.objective.evaluate(nil, t.w, t.train, 1/t.unlearnt[0])
	p.Validation = t.validate()
	return p, nil
}

// start returns the new layer's weights; x is what goes into it.
func (t *Trainer) start(x blas32.General) (leastsquares.Fit, error) {
	in, out := x.Cols, t.state.Outputs
	fit := leastsquares.Fit{W: make([]float32, out*in), B: make([]float32, out)}
	switch t.state.Schedule.Start {
	case LeastSquares:
		c := leastsquares.New(in, out)
		for i := range x.Rows {
			c.Add(t.train.S.Data[i*t.train.S.Stride:][:out], x.Data[i*x.Stride:][:in])
		}
		return c.SolveAny()
	case Identity:
		for i := range out {
			fit.W[i*in+i] = 1
		}
	case Glorot:
		r := rand.New(rand.NewPCG(t.state.Schedule.Seed, uint64(t.state.Layer)))
		limit := math.Sqrt(6 / float64(in+out))
		for i := range fit.W {
			fit.W[i] = float32(limit * (2*r.Float64() - 1))
		}
	}
	return fit, nil
}
