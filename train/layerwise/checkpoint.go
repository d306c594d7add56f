package layerwise

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"os"

	"soloist/model/atomicfile"
	"soloist/train/optimise"
)

// state is what a checkpoint holds. The examples are not in it, only what tells them from others.
type state struct {
	Schedule    Schedule
	Inputs      int
	Outputs     int
	Examples    int
	Unlearnt    float64
	Layer       int // layers so far
	Iteration   int // since the last layer was added
	Total       int
	Weights     []float32
	Best        Point // of least J over the validation examples
	BestWeights []float32
	LBFGS       *optimise.LBFGS
	Adam        *optimise.Adam
	SGD         *optimise.SGD
	Curve       []Point
}

// minimiser is the one of the schedule, which remembers its past until a layer is added.
func (s *state) minimiser() optimise.Minimiser {
	switch s.Schedule.Optimiser {
	case "adam":
		if s.Adam == nil {
			s.Adam = &optimise.Adam{Rate: s.Schedule.Rate}
		}
		return s.Adam
	case "sgd":
		if s.SGD == nil {
			s.SGD = &optimise.SGD{Rate: s.Schedule.Rate, Momentum: s.Schedule.Momentum}
		}
		return s.SGD
	}
	if s.LBFGS == nil {
		s.LBFGS = &optimise.LBFGS{Memory: s.Schedule.Memory}
	}
	return s.LBFGS
}

func (s *state) forget() { s.LBFGS, s.Adam, s.SGD = nil, nil, nil }

// save writes a checkpoint, which replaces the one before only when it is complete.
func (t *Trainer) save(path string) error {
	t.state.Weights = t.w
	return atomicfile.Write(path, func(w io.Writer) error { return gob.NewEncoder(w).Encode(&t.state) })
}

// Resume goes on from a checkpoint of the same schedule and examples.
func (t *Trainer) Resume(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var s state
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&s); err != nil {
		return fmt.Errorf("%s: not a checkpoint: %w", path, err)
	}
	is := &t.state
	if s.Schedule != is.Schedule {
		return fmt.Errorf("%s: it is of the schedule %+v, not %+v", path, s.Schedule, is.Schedule)
	}
	if s.Inputs != is.Inputs || s.Outputs != is.Outputs || s.Examples != is.Examples || s.Unlearnt != is.Unlearnt {
		return fmt.Errorf("%s: it is of other examples", path)
	}
	if s.Layer < 1 || s.Layer > s.Schedule.Layers {
		return fmt.Errorf("%s: it has %d layers, want 1 to %d", path, s.Layer, s.Schedule.Layers)
	}
	o := newObjective(s.Inputs, s.Outputs, s.Layer)
	if len(s.Weights) != o.net.Parameters() {
		return fmt.Errorf("%s: it has %d weights, want %d", path, len(s.Weights), o.net.Parameters())
	}
	t.state, t.w, t.objective = s, s.Weights, o
	return nil
}
