package layerwise

import (
	"errors"
	"fmt"
	"os"

	"github.com/BurntSushi/toml"

	"soloist/model"
	"soloist/model/feature"
	"soloist/train/tomljson"
)

// Recipe says how the model of one instrument is learnt. It is read from a TOML file, which the table
// [layerwise] tells from other recipes.
type Recipe struct {
	Description string `json:"description"`
	Licence     string `json:"licence"` // of the model
	Limits      string `json:"limits"`
	// Model is the separator but for what follows from Plan: the features, all but q, the layers and the output.
	Model model.Spec `json:"model"`
	Plan  Plan       `json:"layerwise"`
}

// Plan is the learning's part of a recipe.
type Plan struct {
	Schedule
	Context    int        `json:"context"`    // C: the network sees 2·C+1 frames
	Spacing    int        `json:"spacing"`    // hops between two of these; 1 or more, as many as there are in a frame where they are not to overlap
	Causal     bool       `json:"causal"`     // the frame to estimate is the last of them, not the middle one
	Samples    int        `json:"samples"`    // examples to learn from
	Validation int        `json:"validation"` // examples to check by
	Gain       [2]float64 `json:"gain"`       // of an instrument in an example, from the one to the other
}

// IsRecipe tells whether the file holds a recipe for this package.
func IsRecipe(path string) bool {
	var tree map[string]any
	_, err := toml.DecodeFile(path, &tree)
	_, is := tree["layerwise"]
	return err == nil && is
}

// ReadRecipe reads and completes a recipe. What it does not say is as published. The error names the file.
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
	r := &Recipe{
		Model: model.Spec{Rate: 32_000, STFT: model.Transform{Frame: 1024, Synthesis: 1024, Hop: 512}},
		Plan:  Plan{Schedule: Defaults(), Context: 3, Spacing: 2, Samples: 1_000_000, Validation: 10_000, Gain: [2]float64{0.01, 1}},
	}
	if err := tomljson.Decode(text, r); err != nil {
		return nil, err
	}
	return r, r.complete()
}

// complete sets what follows from the plan and checks the rest.
func (r *Recipe) complete() error {
	s, p := &r.Model, r.Plan
	if err := p.Check(); err != nil {
		return err
	}
	switch {
	case p.Context < 0 || p.Spacing < 1 || p.Samples < 2 || p.Validation < 1:
		return fmt.Errorf("layerwise: context %d, spacing %d, %d and %d examples do not make sense", p.Context, p.Spacing, p.Samples, p.Validation)
	case !(p.Gain[0] > 0 && p.Gain[0] <= p.Gain[1] && p.Gain[1] <= 1000):
		return fmt.Errorf("layerwise: gains from %g to %g, want more than 0 and not falling", p.Gain[0], p.Gain[1])
	case len(s.Layers) > 0 || s.Output != "" || s.Feature.Compression != "" || len(s.Feature.Context) > 0:
		return errors.New("layerwise: layers, output, compression and context_frames of the model follow from the table [layerwise]")
	}
	pair := s.STFT.Pair()
	if err := pair.Check(); err != nil {
		return err
	}
	s.Feature.Compression, s.Feature.Context, s.Output = feature.Magnitude, offsets(p.Context, p.Spacing, p.Causal), model.Magnitude
	if err := s.Feature.Check(); err != nil {
		return err
	}
	s.Layers = stack(s.Feature.Width(pair.Bins()), s.Feature.Bands(pair.Bins()), p.Layers)
	return s.Check()
}

// offsets are those of 2·c+1 frames, the one to estimate first.
func offsets(c, spacing int, causal bool) []int {
	o := []int{0}
	for i := 1; i <= c; i++ {
		if causal {
			o = append(o, -spacing*(2*i-1), -spacing*2*i)
		} else {
			o = append(o, -spacing*i, spacing*i)
		}
	}
	return o
}

// Separator makes a model of the stack that was learnt.
func (r *Recipe) Separator(t *Trainer, c model.Card) (*model.Model, error) {
	layers, w := t.Best()
	s := r.Model
	s.Layers = s.Layers[:layers]
	m, err := model.New(s, c)
	if err != nil {
		return nil, err
	}
	for _, tensor := range m.Network().Tensors() {
		w = w[copy(tensor.Data, w):]
	}
	m.Network().Refresh()
	return m, nil
}
