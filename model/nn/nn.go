// Package nn holds the layers of a network, each with its forward and backward pass written once.
//
// A network works on rows: row t·streams+s is frame t of stream s. Live there is one stream a
// channel and one frame a call; in training hundreds of excerpts lie side by side. Weights live in a
// Network and are shared; the past of the streams and the activations live in a Run, so that the
// tape that a backward pass reads is nothing but the Run's own buffers, and the rows that were passed
// in.
package nn

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
)

// Spec describes a layer. It is part of a model file.
type Spec struct {
	// Type is "dense" or "context".
	Type string `json:"type"`
	// In and Out are the widths of a row.
	In  int `json:"in"`
	Out int `json:"out"`
	// Activation of a dense layer: linear, relu, sigmoid or tanh.
	Activation Activation `json:"activation,omitempty"`
	// Skip of a dense layer adds the first Out inputs to what it gives: the newest frame of a
	// context before it.
	Skip bool `json:"skip,omitempty"`
	// Offsets of a context layer are the frames it puts side by side, relative to the present one.
	// The first is 0; those above 0 are future frames and delay the output by the largest.
	Offsets []int `json:"offsets,omitempty"`
}

// Bounds on what a specification may ask for, so that a hostile file cannot ask for much.
const (
	maxWidth  = 1 << 16
	maxOffset = 1 << 12
	maxLayers = 64
	maxPast   = 1 << 24 // values that the contexts of a network keep for a stream, 64 MiB
)

// Check tells whether the specification makes sense.
func (s Spec) Check() error {
	if s.In < 1 || s.In > maxWidth || s.Out < 1 || s.Out > maxWidth {
		return fmt.Errorf("nn: a %q layer from %d to %d values, want 1 to %d", s.Type, s.In, s.Out, maxWidth)
	}
	switch s.Type {
	case "dense":
		if len(s.Offsets) > 0 {
			return fmt.Errorf("nn: a dense layer has no offsets")
		}
		if s.Skip && s.Out > s.In {
			return fmt.Errorf("nn: a dense layer from %d to %d values cannot skip, it is wider than its input", s.In, s.Out)
		}
		return s.Activation.check()
	case "context":
		if s.Activation != "" || s.Skip {
			return fmt.Errorf("nn: a context layer has neither activation nor skip")
		}
		if len(s.Offsets) == 0 || s.Offsets[0] != 0 {
			return fmt.Errorf("nn: the offsets of a context layer are %v, want 0 first", s.Offsets)
		}
		if s.Out != s.In*len(s.Offsets) {
			return fmt.Errorf("nn: a context layer from %d values with %d offsets gives %d, not %d", s.In, len(s.Offsets), s.In*len(s.Offsets), s.Out)
		}
		for _, o := range s.Offsets {
			if o < -maxOffset || o > maxOffset {
				return fmt.Errorf("nn: a context offset of %d frames, want at most %d", o, maxOffset)
			}
		}
		return nil
	}
	return fmt.Errorf("nn: layer type %q, want dense or context", s.Type)
}

// lookahead is the delay of the layer's output in frames.
func (s Spec) lookahead() int {
	a := 0
	for _, o := range s.Offsets {
		a = max(a, o)
	}
	return a
}

// past is the number of frames that the layer keeps of each stream.
func (s Spec) past() int {
	first := 0
	for _, o := range s.Offsets {
		first = min(first, o)
	}
	return s.lookahead() - first
}

// Lookahead is the delay in frames of a network of such layers.
func Lookahead(specs []Spec) int {
	a := 0
	for _, s := range specs {
		a += s.lookahead()
	}
	return a
}

// Tensor is a named weight of a network, row-major.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Network is a stack of layers with their weights.
type Network struct {
	specs  []Spec
	layers []layer
}

type layer interface {
	tensors(prefix string) []Tensor
	refresh()
	newState(streams, frames int, backward bool) state
}

// state is what one Run keeps of a layer.
type state interface {
	reset()
	// forward writes y for the rows x.
	forward(y, x blas32.General)
	// backward adds to the layer's part of the gradient and, unless dx is nil, writes it. It may
	// overwrite dy.
	backward(dx *blas32.General, dy, y, x blas32.General, grad []float32)
}

// Check tells whether such layers make a network, or what does not fit. It allocates nothing.
func Check(specs []Spec) error {
	if len(specs) == 0 || len(specs) > maxLayers {
		return fmt.Errorf("nn: a network of %d layers, want 1 to %d", len(specs), maxLayers)
	}
	past := 0
	for i, s := range specs {
		if err := s.Check(); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
		if i > 0 && s.In != specs[i-1].Out {
			return fmt.Errorf("layer %d: nn: it takes %d values and the layer before gives %d", i, s.In, specs[i-1].Out)
		}
		if past += s.past() * s.In; past > maxPast {
			return fmt.Errorf("layer %d: nn: the contexts keep more than %d past values", i, maxPast)
		}
	}
	return nil
}

// New returns a network of zero weights, or the error of Check.
func New(specs []Spec) (*Network, error) {
	if err := Check(specs); err != nil {
		return nil, err
	}
	n := &Network{specs: slices.Clone(specs)}
	for i, s := range specs {
		n.specs[i].Offsets = slices.Clone(s.Offsets)
	}
	for _, s := range n.specs {
		if s.Type == "dense" {
			n.layers = append(n.layers, newDense(s))
		} else {
			n.layers = append(n.layers, context{s})
		}
	}
	return n, nil
}

// Specs returns the layers' specifications.
func (n *Network) Specs() []Spec { return n.specs }

// In is the width of an input row.
func (n *Network) In() int { return n.specs[0].In }

// Out is the width of an output row.
func (n *Network) Out() int { return n.specs[len(n.specs)-1].Out }

// Lookahead is the delay of the output in frames.
func (n *Network) Lookahead() int { return Lookahead(n.specs) }

// Tensors returns the weights, in order. Their data is the network's own: after writing to it call
// Refresh.
func (n *Network) Tensors() []Tensor {
	var ts []Tensor
	for i, l := range n.layers {
		ts = append(ts, l.tensors(fmt.Sprintf("layers.%d.", i))...)
	}
	return ts
}

// Shapes returns the tensors of a network of such layers, without their data, in the order of Tensors.
func Shapes(specs []Spec) []Tensor {
	var ts []Tensor
	for i, s := range specs {
		if s.Type == "dense" {
			prefix := fmt.Sprintf("layers.%d.", i)
			ts = append(ts, Tensor{prefix + "weight", []int{s.Out, s.In}, nil}, Tensor{prefix + "bias", []int{s.Out}, nil})
		}
	}
	return ts
}

// Parameters is the number of weights.
func (n *Network) Parameters() int {
	sum := 0
	for _, t := range n.Tensors() {
		sum += len(t.Data)
	}
	return sum
}

// Refresh brings what is derived from the weights up to date.
func (n *Network) Refresh() {
	for _, l := range n.layers {
		l.refresh()
	}
}

// Run is a network at work on a number of streams.
type Run struct {
	net     *Network
	streams int
	frames  int
	states  []state
	acts    []blas32.General // [layer], outputs
	grads   []blas32.General // [layer], the loss's derivatives by the outputs; only with backward
	input   blas32.General   // of the last Forward
	rows    int
}

// NewRun returns a run over so many streams, up to frames frames a call. With backward it can also
// differentiate. It panics unless there are streams and frames.
func (n *Network) NewRun(streams, frames int, backward bool) *Run {
	if streams < 1 || frames < 1 {
		panic("nn: NewRun wants one stream and one frame at least")
	}
	r := &Run{net: n, streams: streams, frames: frames}
	for i, l := range n.layers {
		r.states = append(r.states, l.newState(streams, frames, backward))
		r.acts = append(r.acts, general(streams*frames, n.specs[i].Out))
		if backward {
			r.grads = append(r.grads, general(streams*frames, n.specs[i].Out))
		}
	}
	return r
}

// Reset forgets the past of all streams.
func (r *Run) Reset() {
	for _, s := range r.states {
		s.reset()
	}
}

// Forward passes the rows x, a whole number of frames, through the network and returns the output,
// which the run owns and the next call overwrites. Results do not depend on how frames are
// grouped into calls. It does not allocate.
func (r *Run) Forward(x blas32.General) blas32.General { return r.ForwardTo(x, len(r.states)) }

// ForwardTo is Forward through the first n layers only, after which there is nothing for Backward to
// differentiate.
func (r *Run) ForwardTo(x blas32.General, n int) blas32.General {
	if x.Cols != r.net.In() || x.Rows%r.streams != 0 || x.Rows > r.streams*r.frames {
		panic("nn: Forward wants whole frames of rows as wide as the network's input")
	}
	r.input, r.rows = x, x.Rows
	if n < len(r.states) {
		r.rows = -1
	}
	for i, s := range r.states[:n] {
		y := top(r.acts[i], x.Rows)
		s.forward(y, x)
		x = y
	}
	return x
}

// Backward takes the loss's derivatives by the last Forward's output, rows of the same shape, and adds
// the derivatives by the weights to grad, which is as long as Parameters and in the order of
// Tensors. The frames of that Forward are taken as the whole history, and the rows passed to it must
// still hold what they held.
func (r *Run) Backward(dy blas32.General, grad []float32) {
	if r.grads == nil {
		panic("nn: Backward of a run that was made without it")
	}
	if n := r.net.Parameters(); len(grad) != n {
		panic(fmt.Sprintf("nn: Backward into a gradient of %d values, want %d", len(grad), n))
	}
	if dy.Rows != r.rows || dy.Cols != r.net.Out() {
		panic("nn: Backward wants a row for each row of the last Forward")
	}
	last := len(r.states) - 1
	d := top(r.grads[last], r.rows)
	for i := range dy.Rows {
		copy(row(d, i), row(dy, i))
	}
	end := len(grad)
	for i := last; i >= 0; i-- {
		x := r.input
		var dx *blas32.General
		if i > 0 {
			x = top(r.acts[i-1], r.rows)
			below := top(r.grads[i-1], r.rows)
			dx = &below
		}
		size := 0
		for _, t := range r.net.layers[i].tensors("") {
			size += len(t.Data)
		}
		r.states[i].backward(dx, d, top(r.acts[i], r.rows), x, grad[end-size:end])
		end -= size
		if dx != nil {
			d = *dx
		}
	}
}

func general(rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}

// top is the first rows of g.
func top(g blas32.General, rows int) blas32.General {
	g.Rows = rows
	return g
}

func row(g blas32.General, i int) []float32 { return g.Data[i*g.Stride : i*g.Stride+g.Cols] }
