package model

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model/feature"
	"soloist/model/kernel"
	"soloist/model/nn"
)

// Separator runs one or several models on the spectra of a mixture. It implements
// realtime.FrameSeparator.
//
// A single model's estimate is the mixture times its gains. Several models' estimates are combined
// by a Wiener filter over the targets and the remainder: source i gets the share vᵢ/(Σvⱼ + v_r) of the
// mixture. A direct magnitude ŝᵢ has the power vᵢ = |ŝᵢ|² and leaves the remainder
// v_r = (|x| − Σ|ŝⱼ|)², nothing below zero (Uhlich et al. 2015, section 2). A mask gᵢ was learnt as the
// gain of least squared error, which is the Wiener gain itself, a share of the mixture's power
// already: vᵢ = gᵢ·|x|², and v_r is what is left of |x|². Where any model gives a mask, all are
// weighed so, a magnitude by its gain.
// What a spectrum that is not finite does to the estimates is over with the frame itself, or with
// the last frame whose network input it is part of.
type Separator struct {
	channels  int
	frames    int // a call, at most
	sources   []string
	lookahead int
	parts     []part
	mix       delayed[complex64] // the mixture, by the look-ahead
	gain      [][]float32        // [model][bin]
	power     []float32          // [bin]
	// magnitudes tells that all models give direct magnitudes.
	magnitudes bool
}

// part is one model at work.
type part struct {
	model  *Model
	front  *feature.FrontEnd // nil for the all-pass model
	run    *nn.Run
	input  blas32.General
	output blas32.General   // of the last call
	levels []float32        // [frame·channel], what the features are relative to
	bands  delayed[float32] // the output, until the models that look further ahead have theirs
	level  delayed[float32] // the level, by what is left of the look-ahead
	mag    []float32        // [band], scratch
}

// NewSeparator returns a separator for so many channels, each separated on its own, and up to
// frames frames a call. The models must share one rate and transform and have different sources.
func NewSeparator(channels, frames int, models ...*Model) (*Separator, error) {
	if len(models) == 0 || channels < 1 || frames < 1 {
		return nil, errors.New("model: a separator wants a model, a channel and a frame at least")
	}
	first := models[0]
	s := &Separator{channels: channels, frames: frames, magnitudes: true}
	for i, m := range models {
		if m.Rate() != first.Rate() {
			return nil, fmt.Errorf("model: %s works at %d Hz and %s at %d Hz, so they cannot run together", first.Name(), first.Rate(), m.Name(), m.Rate())
		}
		if m.Pair() != first.Pair() {
			return nil, fmt.Errorf("model: %s has the transform %v and %s %v, so they cannot run together", first.Name(), first.Pair(), m.Name(), m.Pair())
		}
		for _, other := range models[:i] {
			if other.spec.Source == m.spec.Source {
				return nil, fmt.Errorf("model: %s and %s both extract %s", other.Name(), m.Name(), m.spec.Source)
			}
		}
		s.sources = append(s.sources, m.spec.Source)
		s.magnitudes = s.magnitudes && m.spec.Output == Magnitude
		s.lookahead = max(s.lookahead, m.Lookahead())
	}
	bins := first.Pair().Bins()
	s.mix = newDelayed[complex64](s.lookahead*channels, bins)
	s.power = make([]float32, bins)
	for _, m := range models {
		p := part{model: m}
		if m.net != nil {
			p.front = feature.NewFrontEnd(m.spec.Feature, bins, channels)
			p.run = m.net.NewRun(channels, frames, false)
			p.input = blas32.General{Rows: channels * frames, Cols: m.net.In(), Stride: m.net.In(), Data: make([]float32, channels*frames*m.net.In())}
			p.levels = make([]float32, channels*frames)
			p.bands = newDelayed[float32]((s.lookahead-m.Lookahead())*channels, m.net.Out())
			p.level = newDelayed[float32]((s.lookahead-m.spec.Feature.Lookahead())*channels, 1)
			p.mag = make([]float32, m.net.Out())
		}
		s.parts = append(s.parts, p)
		s.gain = append(s.gain, make([]float32, bins))
	}
	return s, nil
}

// Sources names the models' targets, in their order.
func (s *Separator) Sources() []string { return s.sources }

// Lookahead is the furthest that a model looks ahead, in frames.
func (s *Separator) Lookahead() int { return s.lookahead }

// Reset forgets the past.
func (s *Separator) Reset() {
	s.mix.reset()
	for i := range s.parts {
		if p := &s.parts[i]; p.front != nil {
			p.front.Reset()
			p.run.Reset()
			p.bands.reset()
			p.level.reset()
		}
	}
}

// Separate implements realtime.FrameSeparator.
func (s *Separator) Separate(out [][][]complex64, in [][]complex64) {
	if len(out) != len(s.parts) || len(in)%s.channels != 0 || len(in) > s.channels*s.frames {
		panic("model: Separate wants whole frames, no more than the separator was made for, and a spectrum for each source")
	}
	for i := range s.parts {
		s.parts[i].infer(in, s.channels)
	}
	for row, x := range in {
		x := s.mix.pass(x)
		for i := range s.parts {
			s.parts[i].gains(s.gain[i], row, x, s.power)
		}
		if len(s.gain) > 1 {
			wiener(s.gain, s.magnitudes)
		}
		for i, g := range s.gain {
			kernel.MaskComplex(out[i][row], x, g)
		}
	}
}

// infer computes the features of all rows and passes them through the network.
func (p *part) infer(in [][]complex64, channels int) {
	if p.front == nil {
		return
	}
	x := p.input
	x.Rows = len(in)
	for row, spectrum := range in {
		f := x.Data[row*x.Stride:][:x.Cols]
		p.front.Features(f, spectrum, row%channels)
		p.model.Normalise(f)
		p.levels[row] = p.front.Level(row % channels)
	}
	p.output = p.run.Forward(x)
}

// maxGain bounds what a direct magnitude makes of the mixture: 60 dB, for where the mixture is that far
// below the running level the features no longer tell how far.
const maxGain = 1000

// gains writes the gains of a row's bins, x being the mixture that they belong to.
func (p *part) gains(dst []float32, row int, x []complex64, power []float32) {
	if p.front == nil {
		for k := range dst {
			dst[k] = 1
		}
		return
	}
	y := p.bands.pass(p.output.Data[row*p.output.Stride:][:p.output.Cols])
	level := p.level.pass(p.levels[row : row+1])[0]
	if p.model.spec.Output == Magnitude {
		for k, z := range x {
			power[k] = real(z)*real(z) + imag(z)*imag(z)
		}
		bands := p.front.Bands()
		bands.Pool(p.mag, power)
		for b, m := range p.mag {
			p.mag[b] = 0
			if m > 0 && y[b] > 0 {
				p.mag[b] = min(maxGain, y[b]*level/float32(math.Sqrt(float64(m))))
			}
		}
		y = p.mag
	}
	p.front.Bands().Spread(dst, y)
}

// wiener turns the gains of several sources into their shares of the mixture: squared, or as they
// are. Gains that are not finite, or whose squares are not, are no estimate, and the bin goes to the
// remainder.
func wiener(gain [][]float32, squared bool) {
	for k := range gain[0] {
		var sum, squares float32
		for _, g := range gain {
			sum += max(g[k], -g[k])
			squares += g[k] * g[k]
		}
		rest := max(0, 1-sum)
		total := sum + rest
		if squared {
			total = squares + rest*rest
		}
		for _, g := range gain {
			switch {
			case !(total > 0 && squares <= math.MaxFloat32):
				g[k] = 0
			case squared:
				g[k] *= g[k] / total
			default:
				g[k] = max(g[k], -g[k]) / total
			}
		}
	}
}

// delayed is a delay line of rows.
type delayed[T any] struct {
	rows [][]T
	next int
}

func newDelayed[T any](delay, width int) delayed[T] {
	d := delayed[T]{rows: make([][]T, delay+1)}
	for i := range d.rows {
		d.rows[i] = make([]T, width)
	}
	return d
}

func (d *delayed[T]) reset() {
	for _, r := range d.rows {
		clear(r)
	}
	d.next = 0
}

// pass takes in a row and returns the one that came delay rows before, zero at first.
func (d *delayed[T]) pass(row []T) []T {
	copy(d.rows[d.next], row)
	if d.next++; d.next == len(d.rows) {
		d.next = 0
	}
	return d.rows[d.next]
}
