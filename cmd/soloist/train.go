package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"soloist/model"
	"soloist/train"
	"soloist/train/blas"
	"soloist/train/dataset"
	"soloist/train/layerwise"
)

type trainCmd struct {
	Recipe   string   `arg:"" optional:"" help:"Recipe (TOML). Not needed with --from." type:"existingfile"`
	Data     []string `required:"" help:"Folders of songs: a folder a song, an audio file a stem, named for its instrument." placeholder:"DIR"`
	Validate []string `help:"Folders of songs to choose the best weights by; never learnt from." placeholder:"DIR"`
	Output   string   `short:"o" required:"" help:"Model file to write." placeholder:"MODEL"`
	From     string   `help:"Go on from this model, to adapt it to the data without forgetting the rest." placeholder:"NAME|FILE"`
	Minutes  float64  `help:"Learn for about so long, instead of the recipe's steps (default: 10 with --from)." placeholder:"N"`
	Steps    int      `help:"Steps, instead of the recipe's." placeholder:"N"`
	Resume   bool     `help:"Go on from OUTPUT.checkpoint where there is one."`
	Cache    string   `placeholder:"DIR" help:"Folder for decoded stems, about 320 MB an hour of stem; they are found there the next time (default: the user's cache folder)."`
}

// recipe is that of the file, or the one to adapt a model by; from is that model, nil where none is given.
func (c *trainCmd) recipe() (r *train.Recipe, from *model.Model, err error) {
	switch {
	case c.Recipe == "" && c.From == "":
		return nil, nil, misused(errors.New("train: expected a recipe or --from MODEL"))
	case c.Steps < 0 || c.Minutes < 0:
		return nil, nil, misused(fmt.Errorf("train: expected more than %d steps and %g minutes", c.Steps, c.Minutes))
	case c.Steps > 0 && c.Minutes > 0:
		return nil, nil, misused(errors.New("train: expected one of --steps and --minutes, found both"))
	case c.From != "" && c.Steps == 0 && c.Minutes == 0 && c.Recipe == "":
		c.Minutes = 10
	}
	if c.From != "" {
		m, err := loadModel(c.From)
		if err != nil {
			return nil, nil, err
		}
		from, r = m.Model, train.Adaptation(m.Model)
	}
	if c.Recipe != "" {
		if r, err = train.ReadRecipe(c.Recipe); err != nil {
			return nil, nil, err
		}
	}
	if c.Steps > 0 {
		r.Train.Steps = c.Steps
	}
	return r, from, nil
}

func (c *trainCmd) Run(ctx context.Context, std *streams) error {
	if c.Cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no folder for decoded stems, give one by --cache: %w", err)
		}
		c.Cache = filepath.Join(user, "soloist", "stems")
	}
	if c.Recipe != "" && layerwise.IsRecipe(c.Recipe) {
		return c.layerwise(ctx, std)
	}
	r, from, err := c.recipe()
	if err != nil {
		return err
	}
	set, err := dataset.Load(r.Model.Rate, c.Cache, c.Data...)
	if err != nil {
		return err
	}
	for _, f := range set.Families() {
		fmt.Fprintf(std.err, "%-8s %6.1f min\n", f, set.Seconds(f)/60)
	}
	var validate func(*model.Model) (float64, error)
	var scores []train.Score
	if len(c.Validate) > 0 {
		songs, err := dataset.Load(r.Model.Rate, c.Cache, c.Validate...)
		if err != nil {
			return err
		}
		validate = func(m *model.Model) (float64, error) {
			s, err := train.Evaluate(m, songs)
			scores = s
			return train.MedianGain(s), err
		}
	}
	var t *train.Trainer
	if from != nil {
		t, err = train.From(from, r, set)
	} else {
		t, err = train.New(r, set)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%s: %d weights, look-ahead %d frames, matrix products by %s\n", r.Model.Name, t.Model().Parameters(), t.Model().Lookahead(), blas.Use())
	checkpoint := c.Output + ".checkpoint"
	if c.Minutes > 0 {
		if steps, err := train.StepsOf(checkpoint); c.Resume && err == nil {
			t.SetSteps(steps)
		} else {
			t.SetSteps(max(1, int(c.Minutes*60/t.Pace().Seconds())))
		}
	}
	if c.Resume {
		if err := t.Resume(checkpoint); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	report := func(p train.Report) {
		line := fmt.Sprintf("step %d  loss %.4f (nothing %.4f)  %.0f frames/s  %v left", p.Step, p.Loss, p.Absent, p.Rows, p.Left.Round(time.Second))
		if p.Note != "" {
			line = fmt.Sprintf("step %d  loss %.4f  %s", p.Step, p.Loss, p.Note)
			for _, s := range scores[:min(len(scores), 8)] {
				line += fmt.Sprintf("  %s %+.1f", filepath.Base(s.Song), s.Gain())
			}
		}
		fmt.Fprintln(std.err, line)
	}
	best := func(m *model.Model) error {
		card := model.Card{Description: r.Description, Licence: r.Licence, Limits: r.Limits, Recipe: filepath.Base(c.Recipe), Seed: r.Train.Seed, Data: set.Sources(),
			TrainTime: fmt.Sprintf("%d steps of %d excerpts of %d frames, %v", t.Step(), r.Train.Excerpts, r.Train.Frames, t.Spent().Round(time.Second))}
		if from != nil {
			card.Recipe = strings.TrimSuffix("adapted from "+from.Name()+" by "+filepath.Base(c.Recipe), " by .")
			card.Data = append(slices.Clone(from.Card().Data), card.Data...)
		}
		if len(scores) > 0 {
			card.Scores = map[string]float64{"median SI-SDR gain on the validation songs": train.MedianGain(scores)}
		}
		m.SetCard(card)
		return m.Save(c.Output)
	}
	err = t.Run(ctx, checkpoint, report, validate, best)
	if len(t.Curve()) > 0 {
		if e := train.WriteCurve(c.Output+".csv", t.Curve()); err == nil {
			err = e
		}
	}
	return err
}
