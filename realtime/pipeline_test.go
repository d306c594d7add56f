package realtime_test

import (
	"math"
	"testing"

	"soloist/realtime"
	"soloist/realtime/realtimetest"
	"soloist/stft"
)

// delayer is an all-pass separator with a look-ahead, which gives every source a share of the mixture.
type delayer struct {
	shares   []float32
	channels int
	past     []realtime.Frame
	n        int
}

func newDelayer(channels, bins, lookahead int, shares ...float32) *delayer {
	d := &delayer{shares: shares, channels: channels}
	for range lookahead {
		f := make(realtime.Frame, channels)
		for c := range f {
			f[c] = make([]complex64, bins)
		}
		d.past = append(d.past, f)
	}
	return d
}

func (d *delayer) Sources() []string { return make([]string, len(d.shares)) }
func (d *delayer) Lookahead() int    { return len(d.past) }
func (d *delayer) Reset() {
	d.n = 0
	for _, f := range d.past {
		for _, row := range f {
			clear(row)
		}
	}
}

func (d *delayer) Separate(out []realtime.Frame, in realtime.Frame) {
	for row := range in {
		src := in[row]
		if len(d.past) > 0 {
			src = d.past[d.n/d.channels%len(d.past)][row%d.channels]
		}
		for s, share := range d.shares {
			for k, v := range src {
				out[s][row][k] = v * complex(share, 0)
			}
		}
		if len(d.past) > 0 {
			copy(src, in[row])
		}
		d.n++
	}
}

var shapes = []struct {
	pair                        stft.Pair
	channels, frames, lookahead int
}{
	{stft.Pair{K: 512, L: 512, H: 128}, 1, 1, 0},
	{stft.Pair{K: 2048, L: 512, H: 256}, 2, 1, 0},
	{stft.Pair{K: 2048, L: 512, H: 256}, 2, 16, 3},
	{stft.Pair{K: 1024, L: 256, H: 100}, 3, 7, 1},
}

func TestPipelineKeepsTheContract(t *testing.T) {
	for _, s := range shapes {
		realtimetest.TestFrameSeparator(t, s.channels, s.pair.Bins(), 16, func() realtime.FrameSeparator {
			return newDelayer(s.channels, s.pair.Bins(), s.lookahead, 0.5, 0.25)
		})
		realtimetest.TestProcessor(t, s.channels, func() realtime.Processor {
			return pipeline(t, s.pair, s.channels, s.frames, s.lookahead, 0.5, 0.25)
		})
	}
}

func pipeline(t testing.TB, pair stft.Pair, channels, frames, lookahead int, shares ...float32) *realtime.Pipeline {
	p, err := realtime.NewPipeline(pair, newDelayer(channels, pair.Bins(), lookahead, shares...), channels, frames)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The number of frames a call may hold must not be heard.
func TestPipelineIndependentOfFrames(t *testing.T) {
	pair := stft.Pair{K: 2048, L: 512, H: 256}
	in := realtimetest.Noise(2, 30_000, 9)
	want := realtimetest.Run(pipeline(t, pair, 2, 1, 2, 1), in, realtimetest.Always(1000))
	realtimetest.Equal(t, "64 frames", realtimetest.Run(pipeline(t, pair, 2, 64, 2, 1), in, realtimetest.Always(30_000)), want)
}

func TestLatencyByImpulse(t *testing.T) {
	for _, s := range shapes {
		p := pipeline(t, s.pair, s.channels, s.frames, s.lookahead, 1)
		const at = 1234
		in := make(realtime.Block, s.channels)
		for c := range in {
			in[c] = make([]float32, at+p.Latency()+100)
		}
		last := s.channels - 1
		in[last][at] = 1
		out := realtimetest.Run(p, in, realtimetest.Always(77))
		for i, v := range out[0][last] {
			want := 0.
			if i == at+p.Latency() {
				want = 1
			}
			if math.Abs(float64(v)-want) > 1e-6 {
				t.Fatalf("%v look-ahead %d: sample %d is %g, want %g", s.pair, s.lookahead, i, v, want)
			}
		}
	}
}

func TestPipelineRefusesNonsense(t *testing.T) {
	pair := stft.Pair{K: 512, L: 512, H: 128}
	for _, c := range [][2]int{{0, 1}, {1, 0}} {
		if _, err := realtime.NewPipeline(pair, newDelayer(1, 257, 0, 1), c[0], c[1]); err == nil {
			t.Errorf("%d channels and %d frames were accepted", c[0], c[1])
		}
	}
	if _, err := realtime.NewPipeline(stft.Pair{}, newDelayer(1, 257, 0, 1), 1, 1); err == nil {
		t.Error("a transform without length was accepted")
	}
}

func BenchmarkPipeline(b *testing.B) {
	pair := stft.Pair{K: 2048, L: 512, H: 256}
	p := pipeline(b, pair, 2, 1, 0, 1)
	in := realtimetest.Noise(2, 256, 1)
	out := []realtime.Block{realtimetest.Noise(2, 256, 2)}
	for b.Loop() {
		p.Process(out, in)
	}
}
