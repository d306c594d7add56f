package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"soloist/host/audiofile"
	"soloist/realtime"
	"soloist/stft"
)

// split is a separator of two sources: what lies below and what lies above a bin, half of it.
type split struct{}

func (split) Sources() []string { return []string{"low", "high"} }
func (split) Lookahead() int    { return 0 }
func (split) Reset()            {}
func (split) Separate(out []realtime.Frame, in realtime.Frame) {
	for r, row := range in {
		for b, v := range row {
			out[0][r][b], out[1][r][b] = 0, v/2
			if b < 40 {
				out[0][r][b], out[1][r][b] = v, 0
			}
		}
	}
}

func newSplit(channels int) (realtime.Processor, error) {
	return realtime.NewPipeline(stft.Pair{K: 512, L: 256, H: 128}, split{}, channels, 8)
}

// memory is a Source of samples at hand; it gives out runs of odd lengths.
type memory struct {
	info audiofile.Info
	x    [][]float32
	at   int
	err  error // instead of io.EOF
}

func (m *memory) Info() audiofile.Info { return m.info }

func (m *memory) Read(dst [][]float32) (int, error) {
	n := min(len(dst[0]), len(m.x[0])-m.at, 1152)
	if n == 0 {
		if m.err != nil {
			return 0, m.err
		}
		return 0, io.EOF
	}
	for c := range dst {
		copy(dst[c], m.x[c][m.at:m.at+n])
	}
	m.at += n
	return n, nil
}

// kept is a Sink that keeps what it is given.
type kept struct {
	x     [][]float32
	fails int // the write that fails, counted from 1
}

var errFull = errors.New("full")

func (k *kept) Write(src [][]float32) error {
	if k.fails--; k.fails == 0 {
		return errFull
	}
	for c := range src {
		k.x[c] = append(k.x[c], src[c]...)
	}
	return nil
}

// music is noise on the steps of 16 bits.
func music(channels, n int) [][]float32 {
	random := rand.New(rand.NewPCG(3, uint64(n)))
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, n)
		for i := range x[c] {
			x[c][i] = float32(math.Round(min(max(random.NormFloat64()*4000, -32768), 32767)) / 32768)
		}
	}
	return x
}

// runBatch returns the outputs for x.
func runBatch(t *testing.T, b Batch, rate int, x [][]float32) ([]*kept, Stats) {
	t.Helper()
	b.New, b.Sources = newSplit, []string{"low", "high"}
	var sinks []Sink
	var outs []*kept
	for range b.Outputs() {
		k := &kept{x: make([][]float32, len(x))}
		outs = append(outs, k)
		sinks = append(sinks, k)
	}
	var last int64
	s, err := b.Run(t.Context(), &memory{info: audiofile.Info{Rate: rate, Channels: len(x)}, x: x}, sinks, func(n int64) {
		if n < last {
			t.Errorf("progress went back from %d to %d", last, n)
		}
		last = n
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Frames != int64(len(x[0])) || last != s.Frames {
		t.Errorf("%d samples, progress to %d, want %d", s.Frames, last, len(x[0]))
	}
	return outs, s
}

func TestBatchAddsUp(t *testing.T) {
	for _, rate := range []int{44100, 8000, 48000} { // the processor's, below, above
		for _, bits := range []int{16, 24, 0} {
			for _, dither := range []bool{false, true} {
				for _, n := range []int{0, 1, 127, 128, 9_011} {
					for _, channels := range []int{1, 2, 3} {
						name := fmt.Sprintf("%d Hz, %d bits, dither %v, %d samples of %d channels", rate, bits, dither, n, channels)
						x := music(channels, n)
						outs, s := runBatch(t, Batch{Rate: 44100, Bits: bits, Dither: dither}, rate, x)
						if len(s.Clipped) > 0 {
							t.Fatalf("%s: clipped %v", name, s.Clipped)
						}
						for c := range x {
							for i := range x[c] {
								sum := 0.0
								for _, o := range outs {
									if len(o.x[c]) != n {
										t.Fatalf("%s: an output of %d samples", name, len(o.x[c]))
									}
									sum += float64(o.x[c][i])
								}
								// The input is on the steps of both integer formats: the sum is exact. A float
								// remainder has its own rounding, 2^-24 of its size, which is below 2.
								if d := math.Abs(sum - float64(x[c][i])); bits > 0 && d != 0 || d > 0x1p-23 {
									t.Fatalf("%s: the outputs add up to %g at [%d][%d], want %g", name, sum, c, i, x[c][i])
								}
							}
						}
					}
				}
			}
		}
	}
}

// TestBatchAligned compares with the processor run by hand: what the batch takes away is its latency, no more and no less.
func TestBatchAligned(t *testing.T) {
	x := music(2, 5000)
	outs, _ := runBatch(t, Batch{}, 44100, x)
	p, _ := newSplit(2)
	d := p.Latency()
	in := [][]float32{append(append([]float32{}, x[0]...), make([]float32, d)...), append(append([]float32{}, x[1]...), make([]float32, d)...)}
	var want []realtime.Block
	for range 2 {
		want = append(want, [][]float32{make([]float32, 5000+d), make([]float32, 5000+d)})
	}
	p.Process(want, in)
	for s := range want {
		for c := range x {
			for i, v := range outs[s].x[c] {
				if v != want[s][c][i+d] {
					t.Fatalf("source %d channel %d sample %d is %g, want %g", s, c, i, v, want[s][c][i+d])
				}
			}
		}
	}
}

// TestBatchConverted wants a tone at its place and level after the way to another rate and back.
func TestBatchConverted(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000} {
		const n = 20_000
		x := [][]float32{make([]float32, n)}
		for i := range x[0] {
			// 300 Hz, fading in and out, of which the split (at 3.4 kHz) gives a little away to the other source
			x[0][i] = float32(0.5 * math.Sin(2*math.Pi*300*float64(i)/float64(rate)) * math.Pow(math.Sin(math.Pi*float64(i)/n), 2))
		}
		outs, _ := runBatch(t, Batch{Rate: 44100}, rate, x)
		worst := 0.0
		for i, v := range outs[0].x[0] {
			worst = max(worst, math.Abs(float64(v-x[0][i])))
		}
		if worst > 5e-4 {
			t.Errorf("%d Hz: a tone comes back with an error of %g, want < 5e-4", rate, worst)
		}
	}
}

func TestBatchIndependentOfBlocksAndJobs(t *testing.T) {
	x := music(3, 20_011)
	for _, rate := range []int{44100, 48000} {
		want, _ := runBatch(t, Batch{Rate: 44100, Bits: 16, Dither: true}, rate, x)
		for _, b := range []Batch{{Block: 1000}, {Block: 37}, {Jobs: 2}, {Jobs: 9, Block: 4099}, {Block: 1 << 20}} {
			b.Rate, b.Bits, b.Dither = 44100, 16, true
			got, _ := runBatch(t, b, rate, x)
			for o := range want {
				for c := range x {
					for i, v := range want[o].x[c] {
						if got[o].x[c][i] != v {
							t.Fatalf("%d Hz, block %d, jobs %d: output %d differs at [%d][%d]", rate, b.Block, b.Jobs, o, c, i)
						}
					}
				}
			}
		}
	}
}

func TestBatchClips(t *testing.T) {
	x := [][]float32{make([]float32, 4000)}
	for i := range x[0] {
		x[0][i] = 1.5
	}
	x[0][100] = float32(math.NaN())
	outs, s := runBatch(t, Batch{Bits: 16}, 44100, x)
	if s.Clipped["low"] == 0 {
		t.Errorf("clipped %v, want some of low", s.Clipped)
	}
	for _, o := range outs {
		for i, v := range o.x[0] {
			if !(v >= -1 && v <= 32767.0/32768) {
				t.Fatalf("sample %d is %g", i, v)
			}
		}
	}
}

func TestBatchEndsEarly(t *testing.T) {
	b := Batch{New: newSplit, Sources: []string{"low"}, Block: 512}
	info := audiofile.Info{Rate: 44100, Channels: 1}
	good := func() *kept { return &kept{x: make([][]float32, 1)} }

	if _, err := b.Run(t.Context(), &memory{info: info, x: music(1, 9000)}, []Sink{good(), &kept{x: make([][]float32, 1), fails: 3}}, nil); !errors.Is(err, errFull) {
		t.Errorf("a sink that fails: %v", err)
	}
	bad := errors.New("bad")
	if _, err := b.Run(t.Context(), &memory{info: info, x: music(1, 9000), err: bad}, []Sink{good(), good()}, nil); !errors.Is(err, bad) {
		t.Errorf("a source that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.Run(ctx, &memory{info: info, x: music(1, 900_000)}, []Sink{good(), good()}, func(n int64) {
		if n > 2000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	b.Sources = []string{"flute"}
	if _, err := b.Run(t.Context(), &memory{info: info, x: music(1, 9)}, []Sink{good(), good()}, nil); err == nil {
		t.Error("a source that the processor has not: no error")
	}
}

func TestDitherIsTriangular(t *testing.T) {
	d := newTPDF(1)
	var sum, squares float64
	const n = 1 << 20
	for range n {
		v := d.next()
		if v < -1 || v >= 1 {
			t.Fatal(v)
		}
		sum, squares = sum+v, squares+v*v
	}
	// The variance of two uniform variables of width 1 is 1/6; its standard error here is below 2e-4.
	if mean, variance := sum/n, squares/n; math.Abs(mean) > 2e-3 || math.Abs(variance-1.0/6) > 1e-3 {
		t.Errorf("mean %g, variance %g, want 0 and 1/6", mean, variance)
	}
}

type discard struct{}

func (discard) Write([][]float32) error { return nil }

// BenchmarkEncode is the cost of rounding a second of stereo to 16 bits and making its remainder.
func BenchmarkEncode(b *testing.B) {
	for _, dither := range []bool{false, true} {
		b.Run(fmt.Sprintf("dither=%v", dither), func(b *testing.B) {
			batch := &Batch{Sources: []string{"low"}, Bits: 16, Dither: dither}
			e := newEncoder(batch, 2, []Sink{discard{}, discard{}})
			stem := music(2, 44100)
			for c := range stem {
				for i := range stem[c] {
					stem[c][i] *= 0.3
				}
			}
			bl := &block{mix: music(2, 44100), stems: [][][]float32{stem}}
			for b.Loop() {
				if err := e.write(bl); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/4/44100, "ns/sample")
		})
	}
}
