package layerwise

import (
	"sync"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model/kernel"
	"soloist/model/nn"
)

// shards is into how many parts examples are cut, each with its own goroutine, and blockRows how many of
// them pass through the network at once. Both are the same on every machine, so that sums are too.
const (
	shards    = 2
	blockRows = 512
)

// objective computes the summed squared error of a stack, and its gradient.
type objective struct {
	net   *nn.Network
	parts [shards]part
}

type part struct {
	run  *nn.Run
	dy   blas32.General
	grad []float32
	sum  float64
}

func newObjective(inputs, outputs, layers int) *objective {
	specs := stack(inputs, outputs, layers)
	net, err := nn.New(specs)
	if err != nil {
		panic("layerwise: " + err.Error()) // recipes are checked before
	}
	o := &objective{net: net}
	for i := range o.parts {
		o.parts[i] = part{
			run:  net.NewRun(1, blockRows, true),
			dy:   blas32.General{Rows: blockRows, Cols: outputs, Stride: outputs, Data: make([]float32, blockRows*outputs)},
			grad: make([]float32, net.Parameters()),
		}
	}
	return o
}

// stack are the specifications of the layers.
func stack(inputs, outputs, layers int) []nn.Spec {
	var specs []nn.Spec
	for range layers {
		specs = append(specs, nn.Spec{Type: "dense", In: inputs, Out: outputs, Activation: nn.ReLU})
		inputs = outputs
	}
	return specs
}

// set gives the network its weights.
func (o *objective) set(w []float32) {
	for _, t := range o.net.Tensors() {
		w = w[copy(t.Data, w):]
	}
	o.net.Refresh()
}

// evaluate returns scale·Σ|s − ŝ|² and, unless grad is nil, writes its derivatives by the weights to it.
func (o *objective) evaluate(grad, w []float32, e Examples, scale float64) float64 {
	o.set(w)
	o.each(e, func(p *part, a, b int) {
		p.sum = 0
		clear(p.grad)
		for ; a < b; a += blockRows {
			p.add(e.part(a, min(a+blockRows, b)), grad != nil, float32(2*scale))
		}
	})
	sum := 0.
	clear(grad)
	for i := range o.parts {
		sum += o.parts[i].sum
		if grad != nil {
			kernel.Add(grad, o.parts[i].grad)
		}
	}
	return sum * scale
}

// add takes in a block of examples.
func (p *part) add(e Examples, differentiate bool, factor float32) {
	y := p.run.Forward(e.X)
	dy := p.dy
	dy.Rows = y.Rows
	for i := range y.Rows {
		d, s := dy.Data[i*dy.Stride:][:dy.Cols], e.S.Data[i*e.S.Stride:][:dy.Cols]
		var sum float32
		for j, v := range y.Data[i*y.Stride:][:y.Cols] {
			v -= s[j]
			sum += v * v
			d[j] = factor * v
		}
		p.sum += float64(sum)
	}
	if differentiate {
		p.run.Backward(dy, p.grad)
	}
}

// outputs are what the stack makes of the examples, [example][output].
func (o *objective) outputs(w []float32, e Examples) blas32.General {
	o.set(w)
	out := blas32.General{Rows: e.S.Rows, Cols: e.S.Cols, Stride: e.S.Cols, Data: make([]float32, e.S.Rows*e.S.Cols)}
	o.each(e, func(p *part, a, b int) {
		for ; a < b; a += blockRows {
			y := p.run.Forward(e.part(a, min(a+blockRows, b)).X)
			copy(out.Data[a*out.Stride:], y.Data[:y.Rows*y.Stride])
		}
	})
	return out
}

// each calls f for all parts at once, with the examples that are each one's.
func (o *objective) each(e Examples, f func(p *part, a, b int)) {
	var wg sync.WaitGroup
	for i := range o.parts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f(&o.parts[i], i*e.X.Rows/shards, (i+1)*e.X.Rows/shards)
		}()
	}
	wg.Wait()
}
