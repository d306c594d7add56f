package train

import (
	"fmt"
	"os"

	"soloist/model"
	"soloist/train/dataset"
	"soloist/train/tomljson"
)

// Recipe says how a model is learnt. It is read from a TOML file; the keys are those of the JSON.
type Recipe struct {
	Description string `json:"description"`
	Licence     string `json:"licence"` // of the model
	Limits      string `json:"limits"`
	// Model is the separator to learn. Widths of layers may be left out, they follow from one
	// another; the last layer has as many outputs as there are bands.
	Model model.Spec `json:"model"`
	Train Schedule   `json:"train"`
}

// Schedule is the optimiser's part of a recipe.
type Schedule struct {
	Seed         uint64  `json:"seed"`
	Steps        int     `json:"steps"`
	Excerpts     int     `json:"excerpts"`      // in a batch
	Frames       int     `json:"frames"`        // in an excerpt
	Warmup       int     `json:"warmup"`        // frames at an excerpt's start that do not count
	Rate         float64 `json:"rate"`          // Adam's, at its highest
	Decay        float64 `json:"decay"`         // of weights, decoupled, a step and unit of rate
	Clip         float64 `json:"clip"`          // largest norm of a gradient
	Average      float64 `json:"average"`       // share that the averaged weights keep a step
	LeastSquares int     `json:"least_squares"` // batches from which the last layer starts; 0: none
	Every        int     `json:"every"`         // steps between checkpoints and validations
	// Augment is how examples are changed; what a recipe leaves out stays as dataset.DefaultAugmentation has it.
	Augment dataset.Augmentation `json:"augment"`
	// Presence is how likely a family joins the target in a mixture of different songs' stems; a family left out stays
	// as dataset.DefaultPresence has it.
	Presence map[string]float64 `json:"presence"`
}

// defaults are what a recipe need not say.
var defaults = Schedule{Seed: 1, Steps: 10_000, Excerpts: 24, Frames: 200, Warmup: 40, Rate: 1e-3, Decay: 1e-2, Clip: 1, Average: 0.999, LeastSquares: 8, Every: 500, Augment: dataset.DefaultAugmentation()}

// Adaptation is the recipe by which From adapts a model where there is no other. A hard pull towards what the model was keeps
// it from learning a few minutes of music by heart, however long it goes on.
func Adaptation(m *model.Model) *Recipe {
	c := m.Card()
	r := &Recipe{Description: c.Description, Licence: c.Licence, Limits: c.Limits, Model: m.Spec(), Train: defaults}
	r.Train.Rate, r.Train.Decay, r.Train.LeastSquares, r.Train.Every = 1e-3, 100, 0, 100
	// The point is what these players, instruments and rooms sound like: examples are changed little.
	r.Train.Augment = dataset.Augmentation{
		Remix: 0.7, Absent: 0.04, Alone: 0.03, Resample: 0.2, Equalise: 0.3, Shelf: 0.1, Tilt: 0.2, Compress: 0.1, Ride: 0.1, Invert: 0.5, Bus: 0.1,
	}
	return r
}

// ReadRecipe reads and completes a recipe. The error names the file.
func ReadRecipe(path string) (*Recipe, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := parseRecipe(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func parseRecipe(text string) (*Recipe, error) {
	r := &Recipe{Train: defaults}
	if err := tomljson.Decode(text, r); err != nil {
		return nil, err
	}
	if err := r.complete(); err != nil {
		return nil, err
	}
	return r, nil
}

// complete fills in the widths that were left out and checks the rest.
func (r *Recipe) complete() error {
	s := &r.Model
	pair := s.STFT.Pair()
	if err := pair.Check(); err != nil {
		return err
	}
	if err := s.Feature.Check(); err != nil {
		return err
	}
	if len(s.Layers) == 0 {
		return fmt.Errorf("train: the recipe has no layers")
	}
	in := s.Feature.Width(pair.Bins())
	for i := range s.Layers {
		l := &s.Layers[i]
		if l.In == 0 {
			l.In = in
		}
		if l.Out == 0 {
			switch {
			case l.Type == "context":
				l.Out = l.In * len(l.Offsets)
			case i == len(s.Layers)-1:
				l.Out = s.Feature.Bands(pair.Bins())
			default:
				return fmt.Errorf("train: layer %d, of type %q, has no out", i, l.Type)
			}
		}
		in = l.Out
	}
	t := r.Train
	switch {
	case t.Steps < 1 || t.Excerpts < shards || t.Excerpts%shards != 0:
		return fmt.Errorf("train: %d steps of %d excerpts, want at least 1 and a multiple of %d", t.Steps, t.Excerpts, shards)
	case t.Frames <= t.Warmup+s.Lookahead():
		return fmt.Errorf("train: excerpts of %d frames, want more than warm-up %d and look-ahead %d", t.Frames, t.Warmup, s.Lookahead())
	case t.Rate <= 0 || t.Every < 1 || t.Average < 0 || t.Average >= 1 || t.LeastSquares < 0:
		return fmt.Errorf("train: rate %g, every %d, average %g, least_squares %d do not make sense", t.Rate, t.Every, t.Average, t.LeastSquares)
	}
	for family, p := range t.Presence {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("train: presence of %s is %g, want 0 to 1", family, p)
		}
	}
	if err := t.Augment.Check(); err != nil {
		return err
	}
	return s.Check()
}
