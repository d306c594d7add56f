// Package realtimetest holds an implementation of realtime.Processor or realtime.FrameSeparator
// to the audio-thread contract, as testing/iotest does for readers.
package realtimetest

import (
	"math"
	"math/rand/v2"
	"testing"

	"soloist/realtime"
)

// Noise is uniform noise in ±1, [channel][sample], the same for the same seed.
func Noise(channels, n int, seed uint64) realtime.Block {
	r := rand.New(rand.NewPCG(seed, 77))
	b := make(realtime.Block, channels)
	for c := range b {
		b[c] = make([]float32, n)
		for i := range b[c] {
			b[c][i] = float32(r.Float64()*2 - 1)
		}
	}
	return b
}

// Run passes in through p in blocks whose lengths come from next, and returns every source and the
// remainder.
func Run(p realtime.Processor, in realtime.Block, next func() int) []realtime.Block {
	out := make([]realtime.Block, len(p.Sources())+1)
	for s := range out {
		out[s] = make(realtime.Block, len(in))
		for c := range in {
			out[s][c] = make([]float32, len(in[c]))
		}
	}
	for at := 0; at < len(in[0]); {
		n := min(next(), len(in[0])-at)
		part := make([]realtime.Block, len(out))
		for s := range out {
			part[s] = cut(out[s], at, n)
		}
		p.Process(part, cut(in, at, n))
		at += n
	}
	return out
}

func cut(b realtime.Block, at, n int) realtime.Block {
	c := make(realtime.Block, len(b))
	for i := range b {
		c[i] = b[i][at : at+n]
	}
	return c
}

// Always returns a block length that does not change.
func Always(n int) func() int { return func() int { return n } }

// TestProcessor checks that output does not depend on block size, that Reset equals new, that
// sources and remainder sum to the input delayed by Latency, and that nothing allocates.
func TestProcessor(t *testing.T, channels int, newProcessor func() realtime.Processor) {
	t.Helper()
	in := Noise(channels, 40_000, 5)
	p := newProcessor()
	want := Run(p, in, Always(512))
	r := rand.New(rand.NewPCG(1, 2))
	splits := map[string]func() int{
		"1": Always(1), "64": Always(64), "441": Always(441), "whole": Always(len(in[0])),
		"random": func() int { return r.IntN(3000) },
	}
	for name, next := range splits {
		Equal(t, "blocks of "+name, Run(newProcessor(), in, next), want)
	}
	p.Reset()
	Equal(t, "after Reset", Run(p, in, Always(300)), want)

	latency := p.Latency()
	for c := range in {
		for i := range in[c] {
			x := float32(0)
			if i >= latency {
				x = in[c][i-latency]
			}
			var sum float32
			for s := range want {
				sum += want[s][c][i]
			}
			// Three roundings of values below 8 in float32.
			if math.Abs(float64(sum-x)) > 3*8*6e-8 {
				t.Fatalf("channel %d sample %d: sources + remainder = %g, input %d samples before = %g", c, i, sum, latency, x)
			}
		}
	}

	block := cut(in, 0, 256)
	out := make([]realtime.Block, len(want))
	for s := range out {
		out[s] = cut(want[s], 0, 256)
	}
	if n := testing.AllocsPerRun(50, func() { p.Process(out, block) }); n != 0 {
		t.Errorf("%g allocations a Process", n)
	}
	if n := testing.AllocsPerRun(5, p.Reset); n != 0 {
		t.Errorf("%g allocations a Reset", n)
	}
}

// TestFrameSeparator checks that output does not depend on how frames are grouped into calls (up to
// most at a time), that Reset equals new, that the look-ahead's frames are silent, and that nothing
// allocates.
func TestFrameSeparator(t *testing.T, channels, bins, most int, newSeparator func() realtime.FrameSeparator) {
	t.Helper()
	const frames = 48
	r := rand.New(rand.NewPCG(3, 4))
	in := spectra(frames*channels, bins)
	for _, row := range in {
		for k := range row {
			row[k] = complex(float32(r.NormFloat64()), float32(r.NormFloat64()))
		}
	}
	run := func(sep realtime.FrameSeparator, next func() int) []realtime.Block {
		var out []realtime.Frame
		for range sep.Sources() {
			out = append(out, spectra(frames*channels, bins))
		}
		for at := 0; at < frames; {
			n := min(next(), frames-at)
			var part []realtime.Frame
			for s := range out {
				part = append(part, out[s][at*channels:(at+n)*channels])
			}
			sep.Separate(part, in[at*channels:(at+n)*channels])
			at += n
		}
		var flat []realtime.Block
		for s := range out {
			var b realtime.Block
			for _, row := range out[s] {
				v := make([]float32, 0, 2*bins)
				for _, z := range row {
					v = append(v, real(z), imag(z))
				}
				b = append(b, v)
			}
			flat = append(flat, b)
		}
		return flat
	}
	sep := newSeparator()
	want := run(sep, Always(1))
	Equal(t, "all at once", run(newSeparator(), Always(most)), want)
	Equal(t, "random groups", run(newSeparator(), func() int { return 1 + r.IntN(most) }), want)
	sep.Reset()
	Equal(t, "after Reset", run(sep, Always(min(3, most))), want)
	for s := range want {
		for row := range sep.Lookahead() * channels {
			for _, v := range want[s][row] {
				if v != 0 {
					t.Fatalf("source %d: frame %d is not silent though the look-ahead is %d", s, row/channels, sep.Lookahead())
				}
			}
		}
	}
	var out []realtime.Frame
	for range sep.Sources() {
		out = append(out, spectra(channels, bins))
	}
	if n := testing.AllocsPerRun(20, func() { sep.Separate(out, in[:channels]) }); n != 0 {
		t.Errorf("%g allocations a Separate", n)
	}
}

func spectra(rows, bins int) realtime.Frame {
	f := make(realtime.Frame, rows)
	for i := range f {
		f[i] = make([]complex64, bins)
	}
	return f
}

// Equal fails unless got and want are the same, bit for bit.
func Equal(t *testing.T, what string, got, want []realtime.Block) {
	t.Helper()
	for s := range want {
		for c := range want[s] {
			for i, v := range want[s][c] {
				if math.Float32bits(got[s][c][i]) != math.Float32bits(v) {
					t.Fatalf("%s: output %d channel %d value %d is %g, want %g", what, s, c, i, got[s][c][i], v)
				}
			}
		}
	}
}
