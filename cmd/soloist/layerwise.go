package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"soloist/model"
	"soloist/train/dataset"
	"soloist/train/layerwise"
)

// layerwise learns a stacked auto-encoder layer by layer. Beside the model it leaves the curve of J, MODEL.csv and
// MODEL.png.
func (c *trainCmd) layerwise(ctx context.Context, std *streams) error {
	if c.From != "" || c.Minutes != 0 || c.Steps != 0 {
		return misused(errors.New("train: expected neither --from, --minutes nor --steps with a recipe that has a table [layerwise]"))
	}
	r, err := layerwise.ReadRecipe(c.Recipe)
	if err != nil {
		return err
	}
	set, err := dataset.Load(r.Model.Rate, c.Cache, c.Data...)
	if err != nil {
		return err
	}
	began := time.Now()
	learn, err := layerwise.Draw(r, set, r.Plan.Samples, r.Plan.Seed)
	if err != nil {
		return err
	}
	check := layerwise.Examples{}
	if len(c.Validate) > 0 {
		songs, err := dataset.Load(r.Model.Rate, c.Cache, c.Validate...)
		if err != nil {
			return err
		}
		if check, err = layerwise.Draw(r, songs, r.Plan.Validation, r.Plan.Seed+1); err != nil {
			return err
		}
	}
	fmt.Fprintf(std.err, "%s: %d and %d examples of %d values, drawn in %v\n", r.Model.Name, learn.X.Rows, check.X.Rows, learn.X.Cols, time.Since(began).Round(time.Second))
	t, err := layerwise.New(r.Plan.Schedule, learn, check)
	if err != nil {
		return err
	}
	checkpoint := c.Output + ".checkpoint"
	if c.Resume {
		if err := t.Resume(checkpoint); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	layers := 0
	err = t.Run(ctx, checkpoint, func(p layerwise.Point) {
		if p.Layers == layers && p.Iteration%10 != 0 {
			return
		}
		layers = p.Layers
		fmt.Fprintf(std.err, "iteration %d  %d layers  J %.4f", p.Iteration, p.Layers, p.Train)
		if !math.IsNaN(p.Validation) {
			fmt.Fprintf(std.err, "  validation %.4f", p.Validation)
		}
		if p.Condition > 0 {
			fmt.Fprintf(std.err, "  (condition %.3g, ridge %.1g)", p.Condition, p.Ridge)
		}
		fmt.Fprintln(std.err)
	})
	if curve := t.Curve(); len(curve) > 0 {
		title := fmt.Sprintf("%s: a layer is added at each dashed line", r.Model.Name)
		err = errors.Join(err, layerwise.WriteCSV(c.Output+".csv", curve), layerwise.Plot(c.Output+".png", title, curve))
	}
	if err != nil {
		return err
	}
	card := model.Card{Description: r.Description, Licence: r.Licence, Limits: r.Limits, Recipe: filepath.Base(c.Recipe), Seed: r.Plan.Seed, Data: set.Sources(),
		TrainTime: fmt.Sprintf("%d iterations over %d examples", len(t.Curve()), learn.X.Rows)}
	m, err := r.Separator(t, card)
	if err != nil {
		return err
	}
	return m.Save(c.Output)
}
