package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"soloist/model"
	"soloist/train"
	"soloist/train/blas"
	"soloist/train/dataset"
)

type trainCmd struct {
	Recipe   string   `arg:"" help:"Recipe (TOML)." type:"existingfile"`
	Data     []string `required:"" help:"Folders of songs: a folder a song, an audio file a stem, named for its instrument." placeholder:"DIR"`
	Validate []string `help:"Folders of songs to choose the best weights by; never learnt from." placeholder:"DIR"`
	Output   string   `short:"o" required:"" help:"Model file to write." placeholder:"MODEL"`
	Resume   bool     `help:"Go on from OUTPUT.checkpoint where there is one."`
	Cache    string   `placeholder:"DIR" help:"Folder for decoded stems, about 320 MB an hour of stem; they are found there the next time (default: the user's cache folder)."`
	Steps    int      `help:"Steps, instead of the recipe's." placeholder:"N"`
}

func (c *trainCmd) Run(ctx context.Context, std *streams) error {
	r, err := train.ReadRecipe(c.Recipe)
	if err != nil {
		return err
	}
	if c.Steps > 0 {
		r.Train.Steps = c.Steps
	}
	if c.Cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no folder for decoded stems, give one by --cache: %w", err)
		}
		c.Cache = filepath.Join(user, "soloist", "stems")
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
	t, err := train.New(r, set)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "%s: %d weights, look-ahead %d frames, matrix products by %s\n", r.Model.Name, t.Model().Parameters(), t.Model().Lookahead(), blas.Use())
	checkpoint := c.Output + ".checkpoint"
	if c.Resume {
		if err := t.Resume(checkpoint); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	report := func(p train.Report) {
		line := fmt.Sprintf("step %d  loss %.4f (nothing %.4f)  %.0f frames/s  %v left", p.Step, p.Loss, p.Absent, p.Rows, p.Left.Round(time.Second))
		if p.Note != "" {
			line = fmt.Sprintf("step %d  loss %.4f  %s", p.Step, p.Loss, p.Note)
			for _, s := range scores {
				line += fmt.Sprintf("  %s %+.1f", strings.TrimPrefix(filepath.Base(s.Song), "MusicDelta_"), s.Gain())
			}
		}
		fmt.Fprintln(std.err, line)
	}
	best := func(m *model.Model) error {
		card := model.Card{Description: r.Description, Licence: r.Licence, Limits: r.Limits, Recipe: filepath.Base(c.Recipe), Seed: r.Train.Seed, Data: set.Sources(),
			TrainTime: fmt.Sprintf("%d steps of %d excerpts of %d frames, %v", t.Step(), r.Train.Excerpts, r.Train.Frames, t.Spent().Round(time.Second))}
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
