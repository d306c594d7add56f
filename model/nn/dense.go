package nn

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model/kernel"
)

// Activation is a function of one value.
type Activation string

// The activations.
const (
	Linear  Activation = "linear"
	ReLU    Activation = "relu"
	Sigmoid Activation = "sigmoid"
	Tanh    Activation = "tanh"
)

func (a Activation) check() error {
	switch a {
	case Linear, ReLU, Sigmoid, Tanh:
		return nil
	}
	return fmt.Errorf("nn: activation %q, want linear, relu, sigmoid or tanh", a)
}

func (a Activation) apply(x []float32) {
	switch a {
	case ReLU:
		kernel.ReLU(x, x)
	case Sigmoid:
		kernel.Sigmoid(x, x)
	case Tanh:
		kernel.Tanh(x, x)
	}
}

// differentiate multiplies dy by the derivative, which it reads off the function's value y.
func (a Activation) differentiate(dy, y []float32) {
	y = y[:len(dy)]
	switch a {
	case ReLU:
		for i, v := range y {
			if v <= 0 {
				dy[i] = 0
			}
		}
	case Sigmoid:
		for i, v := range y {
			dy[i] *= v * (1 - v)
		}
	case Tanh:
		for i, v := range y {
			dy[i] *= 1 - v*v
		}
	}
}

// dense is y = act(W·x + b), or act(W·x + b) + x[:out] with a skip.
type dense struct {
	spec   Spec
	weight []float32 // [out][in]
	bias   []float32
	packed *kernel.Packed
}

func newDense(s Spec) *dense {
	return &dense{spec: s, weight: make([]float32, s.Out*s.In), bias: make([]float32, s.Out), packed: kernel.Pack(s.Out, s.In)}
}

func (d *dense) tensors(prefix string) []Tensor {
	ts := Shapes([]Spec{d.spec})
	ts[0].Name, ts[0].Data = prefix+"weight", d.weight
	ts[1].Name, ts[1].Data = prefix+"bias", d.bias
	return ts
}

func (d *dense) refresh() { d.packed.Set(d.weight) }

func (d *dense) newState(streams, frames int, backward bool) state {
	s := &denseState{dense: d}
	if backward && d.spec.Skip {
		s.act = general(streams*frames, d.spec.Out)
	}
	return s
}

type denseState struct {
	*dense
	act blas32.General // activations before the skip, kept for the backward pass
}

func (d *denseState) reset() {}

func (d *denseState) forward(y, x blas32.General) {
	d.packed.Mul(y.Data, y.Stride, x.Data, x.Stride, x.Rows, d.bias)
	d.spec.Activation.apply(y.Data[:y.Rows*y.Stride])
	if !d.spec.Skip {
		return
	}
	if d.act.Data != nil {
		copy(d.act.Data, y.Data[:y.Rows*y.Stride])
	}
	for i := range y.Rows {
		kernel.Add(row(y, i), row(x, i)[:y.Cols])
	}
}

func (d *denseState) backward(dx *blas32.General, dy, y, x blas32.General, grad []float32) {
	in, out := d.spec.In, d.spec.Out
	if dx != nil {
		for i := range dx.Rows {
			r := row(*dx, i)
			if d.spec.Skip {
				copy(r, row(dy, i))
				clear(r[out:])
			} else {
				clear(r)
			}
		}
	}
	if d.spec.Skip {
		y = top(d.act, y.Rows)
	}
	d.spec.Activation.differentiate(dy.Data[:dy.Rows*dy.Stride], y.Data)
	gw := blas32.General{Rows: out, Cols: in, Stride: in, Data: grad[:out*in]}
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, dy, x, 1, gw)
	gb := grad[out*in:]
	for i := range dy.Rows {
		kernel.Add(gb, row(dy, i))
	}
	if dx != nil {
		w := blas32.General{Rows: out, Cols: in, Stride: in, Data: d.weight}
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dy, w, 1, *dx)
	}
}
