package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"soloist/model/atomicfile"
	"soloist/train/dataset"
	"soloist/train/evaluate"
	"soloist/train/report"
)

type evalCmd struct {
	Model    []string `default:"drums" placeholder:"NAME|FILE" help:"Models to score, run together: names (see soloist models) or files (default: drums)."`
	Data     []string `placeholder:"DIR" help:"Folders of songs: a folder a song, an audio file a stem, named for its instrument; mix.* if there is one, else their sum, is what the models hear."`
	Mir1k    string   `name:"mir1k" placeholder:"DIR" help:"Score the voice on the clips of MIR-1K by its published protocol: stereo files, left accompaniment, right voice, mixed at 0 dB."`
	Oracle   bool     `help:"Score the ideal ratio mask, too."`
	Baseline bool     `help:"Score what one gets without learning, too: median filtering for drums, the best band-pass for other sources."`
	JSON     string   `name:"json" placeholder:"FILE" help:"Write every song's scores, by frame, as JSON."`
	Plot     string   `placeholder:"FILE.png|svg" help:"Draw box plots by source."`
	HTML     string   `name:"html" placeholder:"FILE" help:"Write a page with the table, and spectrograms and players of the best, the median and the worst songs."`
	Jobs     int      `short:"j" help:"Songs to score at once (default: one for each processor)."`
}

func (c *evalCmd) Run(ctx context.Context, std *streams) error {
	switch {
	case len(c.Data) == 0 && c.Mir1k == "":
		return misused(errors.New("eval: expected --data DIR or --mir1k DIR"))
	case len(c.Data) > 0 && c.Mir1k != "":
		return misused(errors.New("eval: expected one of --data and --mir1k, found both"))
	case c.Mir1k != "" && (c.Oracle || c.Baseline || c.Plot != "" || c.HTML != ""):
		return misused(errors.New("eval: --mir1k goes with --json only"))
	case c.Jobs < 0:
		return misused(fmt.Errorf("--jobs %d: expected 1 or more", c.Jobs))
	}
	if ext := strings.ToLower(filepath.Ext(c.Plot)); c.Plot != "" && ext != ".png" && ext != ".svg" {
		return misused(fmt.Errorf("--plot %s: expected a name that ends in .png or .svg", c.Plot))
	}
	if c.Jobs == 0 {
		c.Jobs = runtime.GOMAXPROCS(0)
	}
	models, err := loadModels(c.Model)
	if err != nil {
		return err
	}
	e := evaluate.Evaluation{
		Sources: models.sources(), Estimate: evaluate.Separated(models.batch(1)),
		Models: c.Model, Pair: models.models[0].Pair(), Oracle: c.Oracle, Baseline: c.Baseline, Jobs: c.Jobs,
	}
	if c.Mir1k != "" {
		return c.mir1k(ctx, std, &e)
	}
	folders, err := dataset.Find(c.Data, e.Sources...)
	if err != nil {
		return err
	}
	bar := newCounter(std, len(folders)*e.Steps())
	r, err := e.Run(ctx, folders, bar.step)
	bar.done()
	if err != nil {
		return err
	}
	failed, scored := false, false
	for _, s := range r.Songs {
		if s.Error != "" {
			failed = true
			std.complain(errors.New(s.Error))
		}
		scored = scored || len(s.Scores) > 0
	}
	if !scored {
		return fmt.Errorf("%s: want a song with %s, found none that could be scored", strings.Join(c.Data, ", "), strings.Join(e.Sources, " or "))
	}
	if err := report.Table(std.out, r); err != nil {
		return err
	}
	if c.JSON != "" {
		if err := writeJSON(c.JSON, r); err != nil {
			return err
		}
	}
	if c.Plot != "" {
		if err := report.Plot(c.Plot, r); err != nil {
			return err
		}
	}
	if c.HTML != "" {
		err := report.Page(c.HTML, r, func(song *evaluate.Song, source string) (mixture, estimate, truth [][]float32, err error) {
			i := slices.IndexFunc(folders, func(f dataset.Folder) bool { return f.Dir == song.Dir })
			return e.Signals(ctx, folders[i], source)
		})
		if err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// mir1k prints the published figures.
func (c *evalCmd) mir1k(ctx context.Context, std *streams, e *evaluate.Evaluation) error {
	clips, err := evaluate.FindMIR1K(c.Mir1k)
	if err != nil {
		return err
	}
	bar := newCounter(std, len(clips))
	r, err := e.MIR1K(ctx, clips, bar.step)
	bar.done()
	if err != nil {
		return err
	}
	failed := false
	for _, clip := range r.Clips {
		if clip.Error != "" {
			failed = true
			std.complain(errors.New(clip.Error))
		}
	}
	if err := report.MIR1K(std.out, r); err != nil {
		return err
	}
	if c.JSON != "" {
		if err := writeJSON(c.JSON, r); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// writeJSON writes v to a file that appears only when it is complete.
func writeJSON(path string, v any) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", " ")
		return enc.Encode(v)
	})
}

// counter shows on a terminal how much of the work is done.
type counter struct {
	bars *mpb.Progress
	bar  *mpb.Bar
}

func newCounter(std *streams, steps int) *counter {
	out := io.Discard
	if f, ok := std.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		out = f
	}
	bars := mpb.New(mpb.WithOutput(out), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
	return &counter{bars, bars.AddBar(int64(steps), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Percentage(decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Name("ETA "), decor.AverageETA(decor.ET_STYLE_GO)))}
}

func (c *counter) step() { c.bar.Increment() }

func (c *counter) done() {
	c.bar.Abort(true)
	c.bars.Wait()
}
