// Package evaluate scores a separator on folders of stems, beside the untouched mixture, what one gets
// without learning and what knowing the truth gives.
package evaluate

import (
	"context"
	"fmt"
	"io"
	"sync"

	"soloist/host"
	"soloist/host/audiofile"
	"soloist/stft"
	"soloist/train/bounds"
	"soloist/train/bsseval"
	"soloist/train/dataset"
)

// Evaluation says what is scored, and against what. Songs are held in memory, one for each job: 4 bytes a sample and
// channel, for the mixture, each source and each estimate.
type Evaluation struct {
	Sources  []string  // to be scored
	Estimate Estimator // what makes the estimates of them
	Models   []string  // names it in the result
	Pair     stft.Pair // the transform of the oracle's mask: the separator's own
	Oracle   bool      // score the oracle, too
	Baseline bool      // score the baseline, too
	Jobs     int       // songs at once, 0 for one
}

// Estimator returns estimates of what a song's mixture, [channel][sample] at rate Hz, is made of, by source.
type Estimator func(ctx context.Context, f dataset.Folder, rate int, mix [][]float32) (map[string][][]float32, error)

// Separated are estimates by a separator, run just as extraction runs it.
func Separated(b host.Batch) Estimator {
	b.Bits, b.Dither = 0, false
	return func(ctx context.Context, _ dataset.Folder, rate int, mix [][]float32) (map[string][][]float32, error) {
		names := b.Outputs()
		sinks, stems := make([]host.Sink, len(names)), make([]memory, len(names))
		for i := range sinks {
			stems[i] = make(memory, len(mix))
			sinks[i] = stems[i]
		}
		if _, err := b.Run(ctx, &reel{rate: rate, x: mix}, sinks, nil); err != nil {
			return nil, err
		}
		out := make(map[string][][]float32, len(names))
		for i, n := range names {
			out[n] = stems[i]
		}
		return out, nil
	}
}

// Stored are estimates in files made before, in a folder that dir names for each song.
func Stored(dir func(dataset.Folder) string) Estimator {
	return func(_ context.Context, f dataset.Folder, rate int, mix [][]float32) (map[string][][]float32, error) {
		stems, err := dataset.Find([]string{dir(f)}, "remainder")
		if err != nil {
			return nil, err
		}
		out := map[string][][]float32{}
		for _, stem := range stems[0].Stems {
			info, x, err := decode(stem)
			if err != nil {
				return nil, err
			}
			if info.Rate != rate || len(x) != len(mix) || length(x) != length(mix) {
				return nil, fmt.Errorf("%s: want %d channels of %d samples at %d Hz as the song has, found %d of %d at %d",
					stem.Path, len(mix), length(mix), rate, len(x), length(x), info.Rate)
			}
			out[stem.Name] = x
		}
		return out, nil
	}
}

// contestants are those to be scored.
func (e *Evaluation) contestants() []Contestant {
	c := []Contestant{Model, Mixture}
	if e.Baseline {
		c = append(c, Baseline)
	}
	if e.Oracle {
		c = append(c, Oracle)
	}
	return c
}

// Steps is how many times Run calls step for each song.
func (e *Evaluation) Steps() int { return 1 + len(e.contestants()) }

// Run scores all songs. A song that cannot be read, or has none of the sources, is in the result with its error
// or without scores. step, if not nil, is called as the work goes on, from several goroutines. Run
// ends early, with ctx's error, only when ctx is done.
func (e *Evaluation) Run(ctx context.Context, folders []dataset.Folder, step func()) (*Result, error) {
	if step == nil {
		step = func() {}
	}
	r := &Result{Format: Format, Models: e.Models, Filter: taps, Window: 1, Sources: e.Sources, Songs: make([]Song, len(folders))}
	each(max(1, e.Jobs), len(folders), func(i int) {
		song, steps := &r.Songs[i], 0
		err := e.song(ctx, song, folders[i], func() { steps++; step() })
		if err != nil {
			song.Scores, song.Error = []Scores{}, err.Error()
		}
		for ; steps < e.Steps(); steps++ {
			step()
		}
	})
	return r, ctx.Err()
}

// taps of the distortion filters.
const taps = 512

// each does n pieces of work, so many at once.
func each(jobs, n int, work func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, jobs)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			work(i)
		})
	}
	wg.Wait()
}

// song scores one song.
func (e *Evaluation) song(ctx context.Context, song *Song, f dataset.Folder, step func()) error {
	*song = Song{Set: f.Set, Name: f.Name, Dir: f.Dir, Scores: []Scores{}}
	if err := ctx.Err(); err != nil {
		return err
	}
	m, err := read(f, e.Sources)
	if err != nil {
		return err
	}
	song.Rate, song.Channels, song.Frames = m.rate, len(m.mix), length(m.mix)
	if len(m.sources) == 0 {
		return nil
	}
	o := bsseval.V4(m.rate)
	o.Taps = taps
	evaluator, err := bsseval.New(bsseval.Waves[float32](m.refs), o)
	if err != nil {
		return err
	}
	step()
	scores := make([][]Scores, len(m.sources))
	for _, c := range e.contestants() {
		estimates, err := e.estimate(ctx, f, m, c)
		if err != nil {
			return err
		}
		v4, err := evaluator.Score(bsseval.Waves[float32](estimates))
		if err != nil {
			return err
		}
		for j, source := range m.sources {
			s := Scores{Source: source, Contestant: c, Frames: Frames{
				SDR: decibels(v4.SDR[j]), ISR: decibels(v4.ISR[j]), SIR: decibels(v4.SIR[j]), SAR: decibels(v4.SAR[j]),
			}}
			s.SDR, s.ISR = DB(bsseval.Median(v4.SDR[j])), DB(bsseval.Median(v4.ISR[j]))
			s.SIR, s.SAR = DB(bsseval.Median(v4.SIR[j])), DB(bsseval.Median(v4.SAR[j]))
			s.SISDR, s.USDR = DB(bsseval.SISDROf(m.refs[j], estimates[j])), DB(bsseval.USDR(m.refs[j], estimates[j]))
			scores[j] = append(scores[j], s)
		}
		step()
	}
	for _, s := range scores {
		song.Scores = append(song.Scores, s...)
	}
	return nil
}

// estimate returns a contestant's estimates of all references.
func (e *Evaluation) estimate(ctx context.Context, f dataset.Folder, m *material, c Contestant) ([][][]float32, error) {
	var estimates [][][]float32
	switch c {
	case Mixture:
		for range m.refs {
			estimates = append(estimates, m.mix)
		}
		return estimates, nil
	case Oracle:
		return bounds.IdealRatioMask(e.Pair, m.mix, m.refs), nil
	case Baseline:
		for i, source := range m.sources {
			estimates = append(estimates, baseline(m, source, m.refs[i]))
		}
	case Model:
		all, err := e.Estimate(ctx, f, m.rate, m.mix)
		if err != nil {
			return nil, err
		}
		for _, source := range m.sources {
			if all[source] == nil {
				return nil, fmt.Errorf("%s: no estimate of %s", f.Dir, source)
			}
			estimates = append(estimates, all[source])
		}
	}
	if len(m.refs) > len(m.sources) {
		estimates = append(estimates, difference(m.mix, estimates...))
	}
	return estimates, nil
}

// baseline is what one gets without learning: drums by median filtering, other sources by the band-pass that serves them best.
func baseline(m *material, source string, truth [][]float32) [][]float32 {
	if source == "drums" {
		return bounds.Percussive(m.rate, m.mix)
	}
	y, _, _ := bounds.BandPass(m.rate, m.mix, truth)
	return y
}

// reel is a host.Source that plays what lies in memory.
type reel struct {
	rate int
	x    [][]float32
	at   int
}

func (r *reel) Info() audiofile.Info {
	return audiofile.Info{Rate: r.rate, Channels: len(r.x), Frames: int64(length(r.x))}
}

func (r *reel) Read(dst [][]float32) (n int, err error) {
	for c := range dst {
		n = copy(dst[c], r.x[c][r.at:])
	}
	if n == 0 {
		return 0, io.EOF
	}
	r.at += n
	return n, nil
}

// memory is a host.Sink that keeps what it is given.
type memory [][]float32

func (m memory) Write(src [][]float32) error {
	for c := range m {
		m[c] = append(m[c], src[c]...)
	}
	return nil
}

// Signals returns the mixture, the separator's estimate of a source and the true one, [channel][sample].
func (e *Evaluation) Signals(ctx context.Context, folder dataset.Folder, source string) (mixture, estimate, truth [][]float32, err error) {
	m, err := read(folder, e.Sources)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, s := range m.sources {
		if s == source {
			all, err := e.Estimate(ctx, folder, m.rate, m.mix)
			if err != nil {
				return nil, nil, nil, err
			}
			return m.mix, all[source], m.refs[i], nil
		}
	}
	return nil, nil, nil, fmt.Errorf("%s: no %s", folder.Dir, source)
}

func decibels(x []float64) []DB {
	d := make([]DB, len(x))
	for i, v := range x {
		d[i] = DB(v)
	}
	return d
}
