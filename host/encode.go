package host

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
)

// encoder is the last stage: it rounds the stems to the output format, gives what is then missing
// to the remainder, and writes all.
//
// The order is the point: a stem's rounding error goes into the remainder, so that what is on disk adds
// up to the input again.
type encoder struct {
	outputs []string
	sinks   []Sink
	steps   float64 // of the integer format in the range 0 to 1; 0 for floating point
	dither  [][]*tpdf
	rest    [][]float32 // [channel], the remainder
	limited []int64     // by output
}

func newEncoder(b *Batch, channels int, sinks []Sink) *encoder {
	outputs := b.Outputs()
	e := &encoder{outputs: outputs, sinks: sinks, rest: make([][]float32, channels), limited: make([]int64, len(outputs))}
	switch b.Bits {
	case 0:
	case 16, 24:
		e.steps = float64(int(1) << (b.Bits - 1))
	default:
		panic(fmt.Sprintf("host: an integer format of %d bits", b.Bits))
	}
	if b.Dither && e.steps > 0 {
		for o := range outputs {
			var d []*tpdf
			for c := range channels {
				d = append(d, newTPDF(uint64(o)<<32|uint64(c)))
			}
			e.dither = append(e.dither, d)
		}
	}
	return e
}

func (e *encoder) write(bl *block) error {
	n := len(bl.mix[0])
	if n == 0 {
		return nil
	}
	last := len(e.outputs) - 1
	for c, mix := range bl.mix {
		if e.steps > 0 {
			for s, stem := range bl.stems {
				e.round(s, c, stem[c])
			}
		}
		rest := slices.Grow(e.rest[c][:0], n)[:n]
		for i, x := range mix {
			r := float64(x)
			for _, stem := range bl.stems {
				r -= float64(stem[c][i])
			}
			rest[i] = float32(r)
		}
		if e.steps > 0 {
			e.round(last, c, rest)
		}
		e.rest[c] = rest
	}
	var group errgroup.Group
	for s, stem := range bl.stems {
		group.Go(func() error { return e.sinks[s].Write(stem) })
	}
	group.Go(func() error { return e.sinks[last].Write(e.rest) })
	return group.Wait()
}

// round brings x to the steps of the format and within its range. A value on a step stays, dither or not:
// the remainder of an input in the same format then needs no noise of its own.
func (e *encoder) round(output, channel int, x []float32) {
	low, high := -e.steps, e.steps-1
	var noise *tpdf
	if e.dither != nil {
		noise = e.dither[output][channel]
	}
	for i, v := range x {
		y := float64(v) * e.steps
		r := math.RoundToEven(y)
		if noise != nil {
			if d := noise.next(); r != y {
				r = math.RoundToEven(y + d)
			}
		}
		if !(r >= low && r <= high) {
			if r != r { // not a number
				r = 0
			}
			r = min(max(r, low), high)
			e.limited[output]++
		}
		x[i] = float32(r / e.steps)
	}
}

// clipped is the number of limited samples by the outputs that have any.
func (e *encoder) clipped() map[string]int64 {
	m := map[string]int64{}
	for i, n := range e.limited {
		if n > 0 {
			m[e.outputs[i]] = n
		}
	}
	return m
}

// tpdf is noise of triangular density from −1 to 1: the sum of two uniform ones (Lipshitz, Wannamaker
// and Vanderkooy 1992), from the SplitMix64 generator (Steele, Lea and Flood 2014).
type tpdf struct{ state uint64 }

func newTPDF(seed uint64) *tpdf { return &tpdf{seed * 0x9e3779b97f4a7c15} }

func (t *tpdf) next() float64 {
	t.state += 0x9e3779b97f4a7c15
	z := t.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>32)/(1<<32) + float64(z&(1<<32-1))/(1<<32) - 1
}
