package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"soloist/host"
	"soloist/host/audiofile"
)

type extractCmd struct {
	Model   []string `default:"drums" placeholder:"NAME|FILE" help:"Models to run: names (see soloist models) or files. Several run together and share the mixture out (default: drums)."`
	Source  []string `placeholder:"S" help:"Sources to write; the others stay in the remainder (default: all that the models have)."`
	Format  string   `default:"wav" enum:"wav,wav24,wav32f,flac,flac24" help:"Format of the stems: wav (16 bits), wav24, wav32f (float), flac (16 bits) or flac24 (default: wav)."`
	Dither  bool     `help:"Dither when rounding to an integer format."`
	Jobs    int      `short:"j" help:"Files, and then channels, to separate at once (default: one for each processor)."`
	Output  string   `short:"o" default:"stems" placeholder:"DIR" help:"Folder of the outputs: DIR/<input's name>/<source>.<ext> and remainder.<ext> (default: stems)."`
	Force   bool     `help:"Repeat what is done, replace what is there."`
	JSON    bool     `help:"Write what happens as lines of JSON to standard output."`
	Verbose bool     `short:"v" help:"Tell more: files passed over, and how busy each stage was."`
	Block   int      `hidden:"" default:"0"`

	Paths []string `arg:"" name:"path" help:"Audio files, and folders to search for them."`
}

// batchFrames is how many frames go through the network at once: its matrix products gain nothing from more.
const batchFrames = 64

func (c *extractCmd) Run(ctx context.Context, std *streams) error {
	models, err := loadModels(c.Model)
	if err != nil {
		return err
	}
	sources := models.sources()
	for _, s := range c.Source {
		if !slices.Contains(sources, s) {
			return misused(fmt.Errorf("--source %s: expected one of %s", s, strings.Join(sources, ", ")))
		}
	}
	if len(c.Source) > 0 {
		sources = slices.DeleteFunc(sources, func(s string) bool { return !slices.Contains(c.Source, s) })
	}
	if c.Jobs < 0 || c.Block < 0 {
		return misused(fmt.Errorf("--jobs %d: expected 1 or more", c.Jobs))
	}
	if c.Jobs == 0 {
		c.Jobs = runtime.GOMAXPROCS(0)
	}
	format, err := audiofile.ParseFormat(c.Format)
	if err != nil {
		return misused(err)
	}
	x := host.Extraction{
		Batch: models.batch(c.Jobs),
		Dir:   c.Output, Model: models.key, Format: format, Force: c.Force,
	}
	x.Sources, x.Dither, x.Block = sources, c.Dither, c.Block

	inputs, others, err := host.Find(c.Paths...)
	r := newReporter(c, std)
	failed := 0
	if err != nil {
		errs := []error{err}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			errs = joined.Unwrap()
		}
		for _, err := range errs {
			r.failed("", err)
		}
		failed = len(errs)
	}
	if c.Verbose && others > 0 {
		r.note(fmt.Sprintf("%d files that are not audio were passed over", others))
	}
	all := len(inputs) + failed
	failed += x.Run(ctx, inputs, r)
	if r.finish(all); failed > 0 || r.damaged > 0 {
		return errReported
	}
	if err := ctx.Err(); err != nil {
		return errReported
	}
	return nil
}

// reporter tells people, or with --json programs, what becomes of the inputs. It is a host.Observer.
type reporter struct {
	std     *streams
	lines   *json.Encoder // nil unless --json
	bars    *mpb.Progress // nil unless on a terminal
	verbose bool

	mu          sync.Mutex
	active      map[string]*activity // by path
	damaged     int                  // inputs that were not whole
	failures    int
	done        int
	interrupted bool
}

// activity is an input in work.
type activity struct {
	bar   *mpb.Bar
	rate  int
	start time.Time
	told  time.Time
}

func newReporter(c *extractCmd, std *streams) *reporter {
	r := &reporter{std: std, verbose: c.Verbose, active: map[string]*activity{}}
	switch f, ok := std.err.(*os.File); {
	case c.JSON:
		r.lines = json.NewEncoder(std.out)
	case ok && term.IsTerminal(int(f.Fd())):
		r.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
		// What else is to be read goes above the bars.
		r.std = &streams{std.out, r.bars}
		if o, ok := std.out.(*os.File); ok && term.IsTerminal(int(o.Fd())) {
			r.std.out = r.bars
		}
	}
	return r
}

// event is a line of JSON.
type event struct {
	Event    string           `json:"event"` // start, progress, done, skipped, failed, warning, note or summary
	Input    string           `json:"input,omitempty"`
	Rate     int              `json:"rate_hz,omitempty"`
	Channels int              `json:"channels,omitempty"`
	Frames   *int64           `json:"frames,omitempty"` // samples a channel; −1 while unknown
	Outputs  []string         `json:"outputs,omitempty"`
	Seconds  float64          `json:"seconds,omitempty"` // it took
	Speed    float64          `json:"times_real_time,omitempty"`
	Clipped  map[string]int64 `json:"clipped,omitempty"`
	Busy     *busy            `json:"busy_seconds,omitempty"`
	Message  string           `json:"message,omitempty"`
	Inputs   *int             `json:"inputs,omitempty"`
	Failed   *int             `json:"failed,omitempty"`
}

// busy is how long each stage worked, in seconds.
type busy struct {
	Decode   float64 `json:"decode"`
	Resample float64 `json:"resample"`
	Separate float64 `json:"separate"`
	Encode   float64 `json:"encode"`
}

func (r *reporter) tell(e event) {
	if r.lines != nil {
		_ = r.lines.Encode(e) // whoever read it has gone
	}
}

func (r *reporter) Began(in host.Input, rate int, frames int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &activity{rate: rate, start: time.Now(), told: time.Now()}
	r.active[in.Path] = a
	r.tell(event{Event: "start", Input: in.Path, Rate: rate, Frames: &frames})
	if r.bars == nil {
		return
	}
	speed := decor.Any(func(s decor.Statistics) string {
		took := time.Since(a.start).Seconds()
		x := float64(s.Current) / float64(rate) / max(took, 1e-3)
		if s.Total <= 0 || s.Current <= 0 {
			return fmt.Sprintf(" %.0f × real time", x)
		}
		left := time.Duration(took * float64(s.Total-s.Current) / float64(s.Current) * float64(time.Second))
		return fmt.Sprintf(" %.0f × real time, %s left", x, left.Round(time.Second))
	})
	opts := []mpb.BarOption{
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(filepath.Base(in.Path)+" ", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5}), speed),
	}
	if frames > 0 {
		a.bar = r.bars.AddBar(frames, opts...)
	} else {
		a.bar = r.bars.AddSpinner(0, opts...)
	}
}

func (r *reporter) Went(in host.Input, frames int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.active[in.Path]
	if a.bar != nil {
		a.bar.SetCurrent(frames)
	}
	if r.lines != nil && time.Since(a.told) > time.Second/2 {
		a.told = time.Now()
		r.tell(event{Event: "progress", Input: in.Path, Rate: a.rate, Frames: &frames, Speed: speed(frames, a.rate, time.Since(a.start))})
	}
}

func speed(frames int64, rate int, took time.Duration) float64 {
	return float64(frames) / float64(rate) / max(took.Seconds(), 1e-9)
}

func (r *reporter) Ended(in host.Input, res host.Result, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.active[in.Path]; a != nil && a.bar != nil {
		a.bar.Abort(true)
	}
	delete(r.active, in.Path)
	if errors.Is(err, context.Canceled) {
		r.interrupted = true
		r.tell(event{Event: "failed", Input: in.Path, Message: "interrupted"})
		return
	}
	for _, w := range res.Warnings {
		r.warn(in.Path, strings.TrimPrefix(w, in.Path+": "))
	}
	if len(res.Warnings) > 0 {
		r.damaged++
	}
	if err != nil {
		r.failures++
		r.failedLocked(in.Path, err)
		return
	}
	for _, o := range res.Outputs {
		if n := strings.TrimSuffix(o, filepath.Ext(o)); res.Clipped[n] > 0 {
			r.warn(filepath.Join(res.Dir, o), fmt.Sprintf("%d samples were beyond full scale and were limited; wav32f keeps them", res.Clipped[n]))
		}
	}
	var paths []string
	for _, o := range res.Outputs {
		paths = append(paths, filepath.Join(res.Dir, o))
	}
	e := event{
		Event: "done", Input: in.Path, Rate: res.Rate, Channels: res.Channels, Frames: &res.Frames, Outputs: paths, Clipped: res.Clipped,
	}
	long := float64(res.Frames) / float64(res.Rate)
	if res.Done {
		e.Event = "skipped"
		e.Message = "done before"
		r.say("%s: done before, passed over (--force repeats)", res.Dir)
	} else {
		r.done++
		e.Seconds, e.Speed = res.Wall.Seconds(), speed(res.Frames, res.Rate, res.Wall)
		b := res.Busy
		e.Busy = &busy{b.Decode.Seconds(), b.Resample.Seconds(), b.Separate.Seconds(), b.Encode.Seconds()}
		r.say("%s: %s (%.1f s of audio at %.0f × real time)", res.Dir, strings.Join(res.Outputs, " "), long, e.Speed)
		if r.verbose {
			all := e.Busy.Decode + e.Busy.Resample + e.Busy.Separate + e.Busy.Encode
			share := func(s float64) float64 { return 100 * s / max(all, 1e-9) }
			r.say("%s: busy %.1f s in %.1f s: decode %.0f %%, resample %.0f %%, separate %.0f %%, encode %.0f %%", res.Dir, all, e.Seconds,
				share(b.Decode.Seconds()), share(b.Resample.Seconds()), share(b.Separate.Seconds()), share(b.Encode.Seconds()))
		}
	}
	r.tell(e)
}

// say writes a line for people.
func (r *reporter) say(format string, v ...any) {
	if r.lines == nil {
		fmt.Fprintf(r.std.out, format+"\n", v...)
	}
}

// note writes a line that is no error.
func (r *reporter) note(s string) {
	r.tell(event{Event: "note", Message: s})
	r.say("%s", s)
}

func (r *reporter) warn(path, s string) {
	r.tell(event{Event: "warning", Input: path, Message: s})
	r.std.complain(fmt.Errorf("%s: warning: %s", path, s))
}

// failed reports an input that could not be separated; its error names it.
func (r *reporter) failed(path string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures++
	r.failedLocked(path, err)
}

func (r *reporter) failedLocked(path string, err error) {
	r.tell(event{Event: "failed", Input: path, Message: err.Error()})
	r.std.complain(err)
}

// finish ends the reports on so many inputs.
func (r *reporter) finish(inputs int) {
	r.tell(event{Event: "summary", Inputs: &inputs, Failed: &r.failures})
	if r.interrupted {
		r.std.complain(errors.New("interrupted; nothing unfinished was kept"))
	}
	if r.bars != nil {
		r.bars.Wait()
	}
}
