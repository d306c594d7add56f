// Package train learns models offline: objectives, initialisers, optimisers and their schedule.
package train

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"soloist/model"
	"soloist/model/atomicfile"
	"soloist/model/nn"
	"soloist/train/blas"
	"soloist/train/dataset"
	"soloist/train/leastsquares"
)

// Report is what a trainer tells of its progress.
type Report struct {
	Step   int
	Loss   float64 // mean over the excerpts since the last report: error over the mixture's energy
	Absent float64 // the same for giving nothing back
	Rows   float64 // frames a second
	Left   time.Duration
	Note   string
}

// Trainer learns one model from one set.
type Trainer struct {
	recipe *Recipe
	model  *model.Model
	set    *dataset.Set
	parts  [shards]*shard
	state  state
	grad   []float32
}

// state is what a checkpoint holds.
type state struct {
	Recipe  Recipe
	Step    int
	Weights [][]float32 // by tensor
	Average [][]float32
	Origin  [][]float32 // what the weights are pulled towards, nil for 0
	First   []float32   // Adam's moments, over all weights
	Second  []float32
	Mean    []float32 // the features' normalisation
	Scale   []float32
	Best    float64
	Spent   time.Duration
	Curve   []Point
}

// Point is one validation.
type Point struct {
	Step       int
	Loss       float64 // on training excerpts, since the point before
	Validation float64 // median SI-SDR gain in dB over the validation songs; NaN without any
}

// New prepares a trainer: normalisation from the material, weights after He (ReLU) or Glorot, the last
// layer by least squares.
func New(r *Recipe, set *dataset.Set) (*Trainer, error) {
	t, err := newTrainer(r, set)
	if err != nil {
		return nil, err
	}
	t.normalise()
	t.initialise()
	if err := t.leastSquares(); err != nil {
		return nil, err
	}
	t.average()
	return t, nil
}

// From prepares a trainer that goes on from a model, to adapt it to further material. So that it does not forget the rest,
// weights decay towards what they were (L2-SP: Li, Grandvalet & Davoine, "Explicit inductive bias for transfer
// learning with convolutional networks", ICML 2018). The recipe must be of the same separator.
func From(m *model.Model, r *Recipe, set *dataset.Set) (*Trainer, error) {
	if a, b := fmt.Sprintf("%+v", m.Spec()), fmt.Sprintf("%+v", r.Model); a != b {
		return nil, fmt.Errorf("train: the recipe's model is not that of %s", m.Name())
	}
	t, err := newTrainer(r, set)
	if err != nil {
		return nil, err
	}
	for i, tensor := range m.Network().Tensors() {
		copy(t.model.Network().Tensors()[i].Data, tensor.Data)
		t.state.Origin = append(t.state.Origin, tensor.Data)
	}
	t.model.Network().Refresh()
	mean, scale := t.model.Normalisation()
	fromMean, fromScale := m.Normalisation()
	copy(mean, fromMean)
	copy(scale, fromScale)
	t.average()
	return t, nil
}

func newTrainer(r *Recipe, set *dataset.Set) (*Trainer, error) {
	blas.Use()
	if set.Seconds(r.Model.Source) == 0 {
		return nil, fmt.Errorf("train: the material holds no %s, only %v", r.Model.Source, set.Families())
	}
	if err := r.Train.Augment.Check(); err != nil {
		return nil, err
	}
	set.Augment = r.Train.Augment
	set.Presence = dataset.DefaultPresence()
	maps.Copy(set.Presence, r.Train.Presence)
	m, err := model.New(r.Model, model.Card{})
	if err != nil {
		return nil, err
	}
	t := &Trainer{recipe: r, model: m, set: set, grad: make([]float32, m.Parameters())}
	for i := range t.parts {
		t.parts[i] = newShard(r, m, set)
	}
	n := m.Parameters()
	t.state = state{Recipe: *r, First: make([]float32, n), Second: make([]float32, n), Best: math.Inf(-1)}
	return t, nil
}

// average starts the average of the weights.
func (t *Trainer) average() {
	for _, tensor := range t.model.Network().Tensors() {
		t.state.Average = append(t.state.Average, append([]float32(nil), tensor.Data...))
	}
}

// firstBatch is the number from which batches for the start are drawn, out of reach of steps.
const firstBatch = 1 << 40

// each draws a batch and calls f for every shard at once.
func (t *Trainer) each(step int, f func(i int, s *shard)) {
	var wg sync.WaitGroup
	for i, s := range t.parts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.draw(step, i*s.streams)
			f(i, s)
		}()
	}
	wg.Wait()
}

// normalise sets the features' mean and scale from a few batches.
func (t *Trainer) normalise() {
	mean, scale := t.model.Normalisation()
	sum, square, n := make([]float64, len(mean)), make([]float64, len(mean)), 0.
	for b := range 4 {
		t.each(firstBatch+b, func(int, *shard) {})
		for _, s := range t.parts {
			for row := range s.x.Rows {
				for i, v := range s.x.Data[row*s.x.Stride:][:s.x.Cols] {
					sum[i] += float64(v)
					square[i] += float64(v) * float64(v)
				}
				n++
			}
		}
	}
	for i := range mean {
		m := sum[i] / n
		mean[i] = float32(m)
		scale[i] = float32(1 / math.Sqrt(max(square[i]/n-m*m, 1e-4)))
	}
}

func (t *Trainer) initialise() {
	r := rand.New(rand.NewPCG(t.recipe.Train.Seed, 1))
	i := 0
	tensors := t.model.Network().Tensors()
	for _, l := range t.model.Network().Specs() {
		if l.Type != "dense" {
			continue
		}
		// He et al. (2015) for ReLU, Glorot and Bengio (2010) otherwise; with a skip, a small step.
		sd := math.Sqrt(2 / float64(l.In+l.Out))
		if l.Activation == nn.ReLU {
			sd = math.Sqrt(2 / float64(l.In))
		}
		if l.Skip {
			sd *= 0.5
		}
		for j := range tensors[i].Data {
			tensors[i].Data[j] = float32(r.NormFloat64() * sd)
		}
		i += 2
	}
	t.model.Network().Refresh()
}

// leastSquares starts the last layer from the fit of the bands' best gains to the hidden features.
// Through a sigmoid the fit is that of its tangent at ½.
func (t *Trainer) leastSquares() error {
	if t.recipe.Train.LeastSquares == 0 {
		return nil
	}
	net := t.model.Network()
	specs := net.Specs()
	last := specs[len(specs)-1]
	if last.Type != "dense" || last.Skip {
		return nil
	}
	c := leastsquares.New(last.In, last.Out)
	bins := t.model.Pair().Bins()
	power, product := make([]float32, bins), make([]float32, bins)
	p, q := make([]float32, last.Out), make([]float32, last.Out)
	ahead := t.model.Lookahead()
	for b := range t.recipe.Train.LeastSquares {
		t.each(firstBatch+b, func(_ int, s *shard) {
			s.run.Reset()
			s.hidden = s.run.ForwardTo(s.x, len(specs)-1)
		})
		for _, s := range t.parts {
			for row := (t.recipe.Train.Warmup + ahead) * s.streams; row < s.hidden.Rows; row += 3 {
				mag, want := s.mag[row-ahead*s.streams], s.want[row-ahead*s.streams]
				for k, m := range mag {
					power[k], product[k] = m*m, m*want[k]
				}
				s.front.Bands().Sum(p, power)
				s.front.Bands().Sum(q, product)
				for i := range p {
					g := max(0, min(1, q[i]/(p[i]+1e-9)))
					if last.Activation == nn.Sigmoid {
						g = 4 * (g - 0.5)
					}
					q[i] = g
				}
				c.Add(q, s.hidden.Data[row*s.hidden.Stride:][:s.hidden.Cols])
			}
		}
	}
	fit, err := c.Solve(1e-3)
	if err != nil {
		return err
	}
	ts := net.Tensors()
	copy(ts[len(ts)-2].Data, fit.W)
	copy(ts[len(ts)-1].Data, fit.B)
	net.Refresh()
	return nil
}

// Pace measures how long a step takes, by a few that leave no trace but in the time.
func (t *Trainer) Pace() time.Duration {
	const tries = 4
	var began time.Time
	for i := range tries + 1 {
		if i == 1 { // the first one warms up
			began = time.Now()
		}
		t.each(firstBatch+i, func(_ int, p *shard) { p.loss(true) })
	}
	return time.Since(began) / tries
}

// SetSteps changes how many steps there are, before the first.
func (t *Trainer) SetSteps(n int) {
	if t.state.Step > 0 {
		panic("train: SetSteps in the middle")
	}
	t.recipe.Train.Steps, t.state.Recipe.Train.Steps = n, n
}

// Model is the model as it stands, with the last step's weights.
func (t *Trainer) Model() *model.Model { return t.model }

// Step is the number of steps done.
func (t *Trainer) Step() int { return t.state.Step }

// Spent is the time spent on steps, by earlier runs too.
func (t *Trainer) Spent() time.Duration { return t.state.Spent }

// Averaged returns a model with the exponentially averaged weights (Polyak and Juditsky 1992).
func (t *Trainer) Averaged() *model.Model {
	m, err := model.New(t.recipe.Model, t.model.Card())
	if err != nil {
		panic("train: " + err.Error()) // the same specification was good before
	}
	for i, tensor := range m.Network().Tensors() {
		copy(tensor.Data, t.state.Average[i])
	}
	m.Network().Refresh()
	mean, scale := m.Normalisation()
	fromMean, fromScale := t.model.Normalisation()
	copy(mean, fromMean)
	copy(scale, fromScale)
	return m
}

// Run trains up to the recipe's last step, or until the context ends. After every Every steps, and at
// the end, it calls validate, if not nil, with the averaged model, writes the checkpoint to path (none
// if empty) and, where the validation is the best so far, calls best. A run that was killed goes on
// from its checkpoint to the very same weights.
func (t *Trainer) Run(ctx context.Context, path string, report func(Report), validate func(*model.Model) (float64, error), best func(*model.Model) error) error {
	s := t.recipe.Train
	began, rows := time.Now(), 0
	sum, nothing, count := 0., 0., 0
	for t.state.Step < s.Steps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		at := time.Now()
		loss, absent := t.step()
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fmt.Errorf("train: the loss is %g at step %d; the last checkpoint is kept", loss, t.state.Step)
		}
		t.state.Step++
		t.state.Spent += time.Since(at)
		sum, nothing, count = sum+loss, nothing+absent, count+1
		rows += s.Excerpts * s.Frames
		end := t.state.Step == s.Steps
		if t.state.Step%50 == 0 || end {
			rate := float64(rows) / time.Since(began).Seconds()
			left := time.Duration(float64((s.Steps-t.state.Step)*s.Excerpts*s.Frames) / rate * float64(time.Second))
			report(Report{Step: t.state.Step, Loss: sum / float64(count), Absent: nothing / float64(count), Rows: rate, Left: left})
			began, rows = time.Now(), 0
		}
		if t.state.Step%s.Every != 0 && !end {
			continue
		}
		p := Point{Step: t.state.Step, Loss: sum / float64(count), Validation: math.NaN()}
		averaged := t.Averaged()
		if validate != nil {
			v, err := validate(averaged)
			if err != nil {
				return err
			}
			p.Validation = v
			report(Report{Step: t.state.Step, Loss: p.Loss, Absent: nothing / float64(count), Note: fmt.Sprintf("validation %+.2f dB (best %+.2f)", v, max(v, t.state.Best))})
		}
		if best != nil && (validate == nil || p.Validation > t.state.Best) {
			t.state.Best = p.Validation
			if err := best(averaged); err != nil {
				return err
			}
		}
		t.state.Curve = append(t.state.Curve, p)
		sum, nothing, count = 0, 0, 0
		began, rows = time.Now(), 0
		if path != "" {
			if err := t.save(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// Curve are the validations so far.
func (t *Trainer) Curve() []Point { return t.state.Curve }

// step carries out one step of Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and
// Hutter 2019), and returns the mean loss, and that of giving nothing back.
func (t *Trainer) step() (loss, absent float64) {
	s := t.recipe.Train
	var losses, silent [shards]float64
	t.each(t.state.Step, func(i int, p *shard) {
		losses[i] = p.loss(true)
		silent[i] = p.absent()
	})
	for i := range losses {
		loss += losses[i] / float64(s.Excerpts)
		absent += silent[i] / float64(s.Excerpts)
	}
	var norm float64
	for i := range t.grad {
		g := float32(0)
		for _, p := range t.parts {
			g += p.grad[i]
		}
		g /= float32(s.Excerpts)
		t.grad[i] = g
		norm += float64(g) * float64(g)
	}
	scale := float32(1)
	if norm = math.Sqrt(norm); s.Clip > 0 && norm > s.Clip {
		scale = float32(s.Clip / norm)
	}
	const b1, b2, eps = 0.9, 0.999, 1e-8
	n := float64(t.state.Step + 1)
	rate := s.Rate * schedule(n/float64(s.Steps), n)
	step := float32(rate * math.Sqrt(1-math.Pow(b2, n)) / (1 - math.Pow(b1, n)))
	// Early weights are forgotten faster, so that the average is not held back by the start.
	keep := float32(min(s.Average, n/(n+10)))
	decay := float32(rate * s.Decay)
	at := 0
	for i, tensor := range t.model.Network().Tensors() {
		w, avg := tensor.Data, t.state.Average[i]
		shrink := decay
		var origin []float32
		if t.state.Origin != nil {
			origin = t.state.Origin[i]
		} else if len(tensor.Shape) == 1 {
			shrink = 0 // biases are free
		}
		first, second, grad := t.state.First[at:at+len(w)], t.state.Second[at:at+len(w)], t.grad[at:at+len(w)]
		for j, g := range grad {
			g *= scale
			m := b1*first[j] + (1-b1)*g
			v := b2*second[j] + (1-b2)*g*g
			first[j], second[j] = m, v
			off := w[j]
			if origin != nil {
				off -= origin[j]
			}
			w[j] -= step*m/(float32(math.Sqrt(float64(v)))+eps) + shrink*off
			avg[j] += (1 - keep) * (w[j] - avg[j])
		}
		at += len(w)
	}
	t.model.Network().Refresh()
	return loss, absent
}

// schedule rises over 200 steps and falls along a cosine to a twentieth.
func schedule(done, step float64) float64 {
	return min(1, step/200) * (0.05 + 0.95*(1+math.Cos(math.Pi*done))/2)
}

// save writes a checkpoint, which replaces the one before only when it is complete.
func (t *Trainer) save(path string) error {
	t.state.Weights = t.state.Weights[:0]
	for _, tensor := range t.model.Network().Tensors() {
		t.state.Weights = append(t.state.Weights, tensor.Data)
	}
	t.state.Mean, t.state.Scale = t.model.Normalisation()
	return atomicfile.Write(path, func(w io.Writer) error { return gob.NewEncoder(w).Encode(&t.state) })
}

// StepsOf is how many steps the run of a checkpoint has.
func StepsOf(path string) (int, error) {
	s, err := readState(path)
	return s.Recipe.Train.Steps, err
}

func readState(path string) (s state, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&s); err != nil {
		return s, fmt.Errorf("%s: not a checkpoint: %w", path, err)
	}
	return s, nil
}

// Resume continues from a checkpoint of the same recipe.
func (t *Trainer) Resume(path string) error {
	s, err := readState(path)
	if err != nil {
		return err
	}
	if a, b := fmt.Sprintf("%+v", s.Recipe), fmt.Sprintf("%+v", *t.recipe); a != b {
		return fmt.Errorf("%s: it is of another recipe", path)
	}
	tensors := t.model.Network().Tensors()
	if len(s.Weights) != len(tensors) || len(s.Average) != len(tensors) || len(s.First) != len(t.grad) || len(s.Second) != len(t.grad) {
		return fmt.Errorf("%s: its weights are not this recipe's", path)
	}
	for i, tensor := range tensors {
		if len(s.Weights[i]) != len(tensor.Data) || len(s.Average[i]) != len(tensor.Data) {
			return fmt.Errorf("%s: its weights are not this recipe's", path)
		}
		copy(tensor.Data, s.Weights[i])
	}
	mean, scale := t.model.Normalisation()
	copy(mean, s.Mean)
	copy(scale, s.Scale)
	t.model.Network().Refresh()
	t.state = s
	return nil
}

// WriteCurve writes the validations as CSV: step, loss, validation.
func WriteCurve(path string, curve []Point) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		var b bytes.Buffer
		fmt.Fprintln(&b, "step,loss,validation_si_sdr_gain_db")
		for _, p := range curve {
			fmt.Fprintf(&b, "%d,%g,%g\n", p.Step, p.Loss, p.Validation)
		}
		_, err := w.Write(b.Bytes())
		return err
	})
}
