// Package layerwise learns stacked auto-encoders layer by layer (Uhlich, Giron and Mitsufuji, "Deep neural
// network based instrument extraction from music", ICASSP 2015): a stack of dense ReLU layers, all as wide as
// the target, each started so that the stack is no worse than it was without it, after which all layers
// are trained on together.
package layerwise

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/train/blas"
	"soloist/train/optimise"
)

// Examples are what is learnt from, or what learning is checked by.
type Examples struct {
	X blas32.General // [example][input]
	S blas32.General // [example][output]; an output for each of the first inputs
}

// NewExamples returns so many examples of zeros. It panics where there are fewer inputs than outputs.
func NewExamples(n, in, out int) Examples {
	if in < out || out < 1 {
		panic(fmt.Sprintf("layerwise: %d inputs and %d outputs, want as many inputs at least", in, out))
	}
	matrix := func(cols int) blas32.General {
		return blas32.General{Rows: n, Cols: cols, Stride: cols, Data: make([]float32, n*cols)}
	}
	return Examples{matrix(in), matrix(out)}
}

// part are the examples from a to below b.
func (e Examples) part(a, b int) Examples {
	cut := func(m blas32.General) blas32.General {
		return blas32.General{Rows: b - a, Cols: m.Cols, Stride: m.Stride, Data: m.Data[a*m.Stride:]}
	}
	return Examples{cut(e.X), cut(e.S)}
}

// Unlearnt is the summed squared error of giving back the first inputs: of an auto-encoder for instruments, the
// mixture's middle frame. It is the denominator of J.
func (e Examples) Unlearnt() float64 {
	sum := 0.
	for i := range e.S.Rows {
		x, s := e.X.Data[i*e.X.Stride:], e.S.Data[i*e.S.Stride:]
		for j := range e.S.Cols {
			d := float64(s[j] - x[j])
			sum += d * d
		}
	}
	return sum
}

// Start is how a new layer starts.
type Start string

// The starts.
const (
	LeastSquares Start = "least-squares" // the linear map of least squared error from what comes before to the target
	Identity     Start = "identity"      // passes on its first inputs
	Glorot       Start = "glorot"        // random (Glorot and Bengio 2010): what the other two are better than
)

// Schedule says how the layers are learnt.
type Schedule struct {
	Seed       uint64  `json:"seed"`
	Start      Start   `json:"start"`
	Layers     int     `json:"layers"`
	Iterations int     `json:"iterations"` // after each layer
	Final      int     `json:"final"`      // after the last layer's
	Optimiser  string  `json:"optimiser"`  // lbfgs, adam or sgd
	Memory     int     `json:"memory"`     // steps that L-BFGS remembers
	Rate       float64 `json:"rate"`       // of adam and sgd, for the squared error's mean over values
	Momentum   float64 `json:"momentum"`   // of sgd
	Batch      int     `json:"batch"`      // examples that adam and sgd see a step
	Every      int     `json:"every"`      // iterations between checkpoints
}

// Defaults are what a schedule that says nothing gets.
func Defaults() Schedule {
	return Schedule{Seed: 1, Start: LeastSquares, Layers: 5, Iterations: 600, Final: 3000, Optimiser: "lbfgs", Memory: 20, Rate: 1e-3, Momentum: 0.9, Batch: 100, Every: 50}
}

// Check tells whether the schedule makes sense.
func (s Schedule) Check() error {
	switch {
	case s.Start != LeastSquares && s.Start != Identity && s.Start != Glorot:
		return fmt.Errorf("layerwise: start %q, want least-squares, identity or glorot", s.Start)
	case s.Optimiser != "lbfgs" && s.Optimiser != "adam" && s.Optimiser != "sgd":
		return fmt.Errorf("layerwise: optimiser %q, want lbfgs, adam or sgd", s.Optimiser)
	case s.Layers < 1 || s.Layers > 32 || s.Iterations < 0 || s.Final < 0 || s.Every < 1:
		return fmt.Errorf("layerwise: %d layers, %d and %d iterations, every %d, want 1 to 32 layers, no negative iterations, every 1 at least", s.Layers, s.Iterations, s.Final, s.Every)
	case s.Memory < 1 || s.Batch < 1 || !(s.Rate > 0) || !(s.Momentum >= 0 && s.Momentum < 1):
		return fmt.Errorf("layerwise: memory %d, batch %d, rate %g, momentum %g do not make sense", s.Memory, s.Batch, s.Rate, s.Momentum)
	}
	return nil
}

// Point is the stack at one time.
type Point struct {
	Iteration int // in all; one is a step of L-BFGS, or a pass of mini-batches over the examples
	Layers    int
	// Train and Validation are J = Σ|s − ŝ|² / Σ|s − x|², x being the first inputs; 1 is what giving them
	// back is worth. Validation is NaN without examples for it. For mini-batches Train is the mean over the
	// pass, as the weights move.
	Train, Validation float64
	// Condition and Ridge of the least squares that a layer started from, at its first point.
	Condition, Ridge float64
}

// Trainer learns one stack.
type Trainer struct {
	train, valid Examples
	state        state
	w            []float32 // weights and biases, layer by layer
	objective    *objective
	batch        Examples
	unlearnt     [2]float64 // of train and valid
}

// New prepares a trainer. valid may hold no examples.
func New(s Schedule, train, valid Examples) (*Trainer, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if train.X.Rows < 2 {
		return nil, errors.New("layerwise: want two examples at least")
	}
	blas.Use()
	t := &Trainer{train: train, valid: valid, unlearnt: [2]float64{train.Unlearnt(), 0}}
	if valid.X.Rows > 0 {
		t.unlearnt[1] = valid.Unlearnt()
	}
	if !(t.unlearnt[0] > 0) {
		return nil, errors.New("layerwise: the inputs are the targets already, or not finite")
	}
	t.state = state{Schedule: s, Inputs: train.X.Cols, Outputs: train.S.Cols, Examples: train.X.Rows, Unlearnt: t.unlearnt[0]}
	n := min(s.Batch, train.X.Rows)
	t.batch = NewExamples(n, train.X.Cols, train.S.Cols)
	return t, nil
}

// Curve is what happened so far: a point where each layer was added, and one for each iteration.
func (t *Trainer) Curve() []Point { return t.state.Curve }

// Best are the weights and biases, layer by layer, where J was least over the validation examples, and how many layers
// these are; without such examples, the last ones.
func (t *Trainer) Best() (layers int, w []float32) {
	if t.valid.X.Rows == 0 {
		return t.state.Layer, t.w
	}
	return t.state.Best.Layers, t.state.BestWeights
}

// Run trains to the schedule's end or until the context is done. It writes a checkpoint to path, unless
// that is empty, from which a later run goes on to the very same weights.
func (t *Trainer) Run(ctx context.Context, path string, report func(Point)) error {
	s := &t.state
	for s.Layer < s.Schedule.Layers || s.Iteration < t.length() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var p Point
		var err error
		if s.Layer == 0 || s.Iteration >= t.length() {
			p, err = t.grow()
		} else {
			p, err = t.iterate()
		}
		if err != nil {
			return err
		}
		if math.IsNaN(p.Train) || math.IsInf(p.Train, 0) {
			return fmt.Errorf("layerwise: the error is %g at iteration %d; the last checkpoint is kept", p.Train, p.Iteration)
		}
		s.Curve = append(s.Curve, p)
		if len(s.Curve) == 1 || p.Validation < s.Best.Validation {
			s.Best, s.BestWeights = p, append(s.BestWeights[:0], t.w...)
		}
		report(p)
		if done := s.Iteration >= t.length(); path != "" && (done || p.Iteration%s.Schedule.Every == 0) {
			if err := t.save(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// length is the number of iterations with the layers as they are.
func (t *Trainer) length() int {
	n := t.state.Schedule.Iterations
	if t.state.Layer == t.state.Schedule.Layers {
		n += t.state.Schedule.Final
	}
	return n
}

// iterate is one iteration.
func (t *Trainer) iterate() (Point, error) {
	s := &t.state
	m := s.minimiser()
	loss, err := 0., error(nil)
	if s.Schedule.Optimiser == "lbfgs" {
		loss, err = m.Step(t.w, func(grad, w []float32) float64 {
			return t.objective.evaluate(grad, w, t.train, 1/t.unlearnt[0])
		})
	} else {
		loss, err = t.pass(m)
	}
	s.Iteration++
	s.Total++
	if errors.Is(err, optimise.ErrMinimum) {
		s.Iteration, err = t.length(), nil // nothing more to gain from these layers
	}
	return Point{Iteration: s.Total, Layers: s.Layer, Train: loss, Validation: t.validate()}, err
}

// pass takes a step for each mini-batch of a random order and returns the mean of J over them.
func (t *Trainer) pass(m optimise.Minimiser) (float64, error) {
	s := &t.state
	order := rand.New(rand.NewPCG(s.Schedule.Seed, uint64(s.Layer)<<32|uint64(s.Iteration))).Perm(t.train.X.Rows)
	n, total := t.batch.X.Rows, 0.
	values := float64(n * t.batch.S.Cols)
	steps := len(order) / n
	for i := range steps {
		for row, from := range order[i*n : (i+1)*n] {
			copy(t.batch.X.Data[row*t.batch.X.Stride:][:t.batch.X.Cols], t.train.X.Data[from*t.train.X.Stride:])
			copy(t.batch.S.Data[row*t.batch.S.Stride:][:t.batch.S.Cols], t.train.S.Data[from*t.train.S.Stride:])
		}
		loss, err := m.Step(t.w, func(grad, w []float32) float64 { return t.objective.evaluate(grad, w, t.batch, 1/values) })
		if err != nil {
			return 0, err
		}
		total += loss * values
	}
	return total * float64(t.train.X.Rows) / float64(steps*n) / t.unlearnt[0], nil
}

// validate is J over the validation examples.
func (t *Trainer) validate() float64 {
	if t.valid.X.Rows == 0 {
		return math.NaN()
	}
	return t.objective.evaluate(nil, t.w, t.valid, 1/t.unlearnt[1])
}
