package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"text/tabwriter"
	"time"

	"soloist/model"
	"soloist/realtime"
	"soloist/stft"
)

type benchCmd struct {
	Model    []string      `placeholder:"NAME|FILE" help:"Models to measure, each on its own (default: all that are built in)."`
	Channels int           `default:"2" help:"Channels of a frame (default: 2)."`
	Time     time.Duration `default:"200ms" help:"How long to measure each stage (default: 200ms)."`
	JSON     bool          `help:"Print JSON."`
}

// cost is what a frame of all channels costs, in nanoseconds by stage.
type cost struct {
	Model     string  `json:"model"`
	Channels  int     `json:"channels"`
	Frames    int     `json:"frames_at_once"`
	Analysis  float64 `json:"analysis_ns"`
	Separate  float64 `json:"separate_ns"`
	Synthesis float64 `json:"synthesis_ns"`
	Pipeline  float64 `json:"pipeline_ns"`     // all of it, measured as one
	Worst     float64 `json:"pipeline_p99_ns"` // the 99th percentile of it
	Deadline  float64 `json:"deadline_ns"`     // the time that a hop lasts
	Speed     float64 `json:"times_real_time"`
	Share     float64 `json:"deadline_share"` // of the deadline, by the pipeline
}

func (c *benchCmd) Run(std *streams) error {
	if c.Channels < 1 || c.Time <= 0 {
		return misused(fmt.Errorf("bench: expected a channel and some time, found --channels %d --time %v", c.Channels, c.Time))
	}
	if len(c.Model) == 0 {
		c.Model = modelNames()
	}
	var costs []cost
	for _, name := range c.Model {
		m, err := loadModel(name)
		if err != nil {
			return err
		}
		for _, frames := range []int{1, batchFrames} {
			k, err := c.measure(m, frames)
			if err != nil {
				return err
			}
			costs = append(costs, k)
		}
	}
	if c.JSON {
		enc := json.NewEncoder(std.out)
		enc.SetIndent("", "  ")
		return enc.Encode(costs)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "ns a frame of %d channels\t\t\t\t\t\t\t\t\t\n", c.Channels)
	fmt.Fprintln(w, "model\tat once\tanalysis\tseparate\tsynthesis\tpipeline\t99 %\tdeadline\tshare\t× real time\t")
	for _, k := range costs {
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f %%\t%.0f\t\n",
			k.Model, k.Frames, k.Analysis, k.Separate, k.Synthesis, k.Pipeline, k.Worst, k.Deadline, 100*k.Share, k.Speed)
	}
	return w.Flush()
}

// measure finds the cost of a frame when so many are given to the model at once.
func (c *benchCmd) measure(m loaded, frames int) (cost, error) {
	pair, rate := m.Pair(), m.Rate()
	if rate == 0 {
		rate = 44100
	}
	sep, err := model.NewSeparator(c.Channels, frames, m.Model)
	if err != nil {
		return cost{}, err
	}
	pipe, err := (&ensemble{models: []*model.Model{m.Model}}).pipeline(c.Channels, frames)
	if err != nil {
		return cost{}, err
	}
	// Noise with the level of music, −20 dB.
	random := rand.New(rand.NewPCG(1, 2))
	block := func() realtime.Block {
		b := make(realtime.Block, c.Channels)
		for i := range b {
			b[i] = make([]float32, frames*pair.H)
			for j := range b[i] {
				b[i][j] = 0.1 * float32(random.NormFloat64())
			}
		}
		return b
	}
	spectra := func() realtime.Frame {
		f := make(realtime.Frame, frames*c.Channels)
		for i := range f {
			f[i] = make([]complex64, pair.Bins())
		}
		return f
	}
	in, mix := block(), spectra()
	var stems []realtime.Frame
	var out []realtime.Block
	for range m.Sources() {
		stems = append(stems, spectra())
		out = append(out, block())
	}
	out = append(out, block()) // the remainder
	analyzer, synthesizer := stft.NewAnalyzer(pair), stft.NewSynthesizer(pair)
	hop := make([]float32, pair.H)

	k := cost{Model: m.Name(), Channels: c.Channels, Frames: frames, Deadline: 1e9 * float64(pair.H) / float64(rate)}
	k.Analysis, _ = c.time(frames, func() {
		for i, f := range mix {
			n := i / c.Channels * pair.H
			analyzer.Analyze(f, in[i%c.Channels][n:n+pair.H])
		}
	})
	k.Separate, _ = c.time(frames, func() { sep.Separate(stems, mix) })
	k.Synthesis, _ = c.time(frames, func() {
		for _, s := range stems {
			for _, f := range s {
				synthesizer.Synthesize(hop, f)
			}
		}
	})
	k.Pipeline, k.Worst = c.time(frames, func() { pipe.Process(out, in) })
	k.Speed, k.Share = k.Deadline/k.Pipeline, k.Pipeline/k.Deadline
	return k, nil
}

// time runs f for the time that is set, and returns the median and the 99th percentile of its duration over n, in ns.
func (c *benchCmd) time(n int, f func()) (median, p99 float64) {
	f()
	var took []float64
	for start := time.Now(); time.Since(start) < c.Time || len(took) < 10; {
		t := time.Now()
		f()
		took = append(took, float64(time.Since(t))/float64(n))
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100]
}
