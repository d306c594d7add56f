package nn

import (
	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model/kernel"
)

// context puts frames side by side: row t is [x(t+o₀), x(t+o₁), …] for the offsets o, the frames
// before the first being zero. Future frames (o > 0) delay the output by the largest of them.
// Stacked after one another with growing offsets, between dense layers, contexts make a dilated
// causal convolution (van den Oord et al., "WaveNet", 2016).
type context struct{ spec Spec }

func (c context) tensors(string) []Tensor { return nil }
func (c context) refresh()                {}

func (c context) newState(streams, frames int, _ bool) state {
	span := c.spec.past()
	return &contextState{spec: c.spec, streams: streams, ahead: c.spec.lookahead(), past: span,
		frames: make([]float32, (span+frames)*streams*c.spec.In)}
}

type contextState struct {
	spec    Spec
	streams int
	ahead   int       // frames of look-ahead
	past    int       // frames kept
	frames  []float32 // past frames, then those of the call, [frame·stream][in]
}

func (c *contextState) reset() { clear(c.frames) }

func (c *contextState) forward(y, x blas32.General) {
	in, step := c.spec.In, c.streams*c.spec.In
	n := x.Rows / c.streams
	now := c.frames[c.past*step:]
	for i := range x.Rows {
		copy(now[i*in:(i+1)*in], row(x, i))
	}
	for i := range x.Rows {
		t, s := i/c.streams, i%c.streams
		dst := row(y, i)
		for j, o := range c.spec.Offsets {
			at := (c.past+t-c.ahead+o)*step + s*in
			copy(dst[j*in:(j+1)*in], c.frames[at:at+in])
		}
	}
	copy(c.frames, c.frames[n*step:(n+c.past)*step])
}

func (c *contextState) backward(dx *blas32.General, dy, _, _ blas32.General, _ []float32) {
	if dx == nil {
		return
	}
	in := c.spec.In
	for i := range dx.Rows {
		clear(row(*dx, i))
	}
	for i := range dy.Rows {
		t, s := i/c.streams, i%c.streams
		for j, o := range c.spec.Offsets {
			if at := t - c.ahead + o; at >= 0 {
				kernel.Add(row(*dx, at*c.streams+s), row(dy, i)[j*in:(j+1)*in])
			}
		}
	}
}
