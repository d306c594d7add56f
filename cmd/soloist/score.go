package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"soloist/stft"
	"soloist/train/dataset"
	"soloist/train/evaluate"
	"soloist/train/report"
)

type scoreCmd struct {
	Truth string `arg:"" help:"Folder of true stems, an audio file each; mix.* if there is one, else their sum, is the mixture." type:"existingdir"`
	Stems string `arg:"" help:"Folder of extracted stems of the same names, by whatever program." type:"existingdir"`
}

// Run prints how good stems in files are, as eval does for models.
func (c *scoreCmd) Run(ctx context.Context, std *streams) error {
	truth, err := dataset.Find([]string{c.Truth})
	if err != nil {
		return err
	}
	stems, err := dataset.Find([]string{c.Stems}, "remainder")
	if err != nil {
		return err
	}
	for dir, found := range map[string][]dataset.Folder{c.Truth: truth, c.Stems: stems} {
		if len(found) > 1 {
			return fmt.Errorf("%s: want the stems of one song, found %d songs", dir, len(found))
		}
	}
	e := evaluate.Evaluation{
		Models: []string{c.Stems}, Pair: stft.Pair{K: 2048, L: 512, H: 256},
		Estimate: evaluate.Stored(func(dataset.Folder) string { return c.Stems }),
	}
	for _, s := range stems[0].Stems {
		if slices.ContainsFunc(truth[0].Stems, func(t dataset.Stem) bool { return t.Is(s.Name) }) {
			e.Sources = append(e.Sources, s.Name)
		}
	}
	if len(e.Sources) == 0 {
		return fmt.Errorf("%s: want stems of the names in %s, found none", c.Stems, c.Truth)
	}
	r, err := e.Run(ctx, truth, nil)
	if err != nil {
		return err
	}
	if reason := r.Songs[0].Error; reason != "" {
		return errors.New(reason)
	}
	return report.Table(std.out, r)
}
