package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model/nn"
)

func dense(in, out int, a nn.Activation, skip bool) nn.Spec {
	return nn.Spec{Type: "dense", In: in, Out: out, Activation: a, Skip: skip}
}

func context(in int, offsets ...int) nn.Spec {
	return nn.Spec{Type: "context", In: in, Out: in * len(offsets), Offsets: offsets}
}

// networks are all kinds of layers, alone and together.
func networks() map[string][]nn.Spec {
	m := map[string][]nn.Spec{
		"past":            {context(3, 0, -1, -4)},
		"future":          {context(3, 0, 2, 1)},
		"unordered twice": {context(2, 0, -2, 3, -2)},
		"long past":       {dense(3, 4, nn.Linear, false), context(4, 0, -30), dense(8, 2, nn.Linear, false)},
		"past inside":     {dense(5, 3, nn.Tanh, false), context(3, 0, -1, -3), dense(9, 4, nn.Linear, false)},
		"future inside":   {dense(5, 3, nn.Tanh, false), context(3, 0, -2, 2), dense(9, 4, nn.Sigmoid, false)},
		"whole": {
			dense(7, 6, nn.ReLU, false),
			context(6, 0, -1, 1), dense(18, 6, nn.ReLU, true),
			context(6, 0, -3), dense(12, 5, nn.Tanh, true),
			context(5, 0, 2), dense(10, 20, nn.Sigmoid, false), dense(20, 17, nn.Linear, true),
		},
	}
	for _, a := range []nn.Activation{nn.Linear, nn.ReLU, nn.Sigmoid, nn.Tanh} {
		m["dense "+string(a)] = []nn.Spec{dense(5, 4, a, false)}
		m["skip "+string(a)] = []nn.Spec{dense(5, 4, a, true)}
		m["inside "+string(a)] = []nn.Spec{dense(5, 4, nn.Tanh, false), dense(4, 4, a, true), dense(4, 18, a, false), dense(18, 3, nn.Linear, false)}
	}
	return m
}

func random(t testing.TB, specs []nn.Spec, seed uint64) *nn.Network {
	t.Helper()
	n, err := nn.New(specs)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for _, tensor := range n.Tensors() {
		for i := range tensor.Data {
			tensor.Data[i] = float32(r.NormFloat64() * 0.4)
		}
	}
	n.Refresh()
	return n
}

// noise are normal values; its rows lie further apart than they are wide.
func noise(rows, cols int, seed uint64) blas32.General {
	r := rand.New(rand.NewPCG(seed, 2))
	g := blas32.General{Rows: rows, Cols: cols, Stride: cols + 3, Data: make([]float32, rows*(cols+3))}
	for i := range g.Data {
		g.Data[i] = float32(r.NormFloat64())
	}
	return g
}

func part(g blas32.General, from, rows int) blas32.General {
	g.Rows, g.Data = rows, g.Data[from*g.Stride:]
	return g
}

func row(g blas32.General, i int) []float32 { return g.Data[i*g.Stride:][:g.Cols] }

func values(g blas32.General) []float32 {
	var v []float32
	for i := range g.Rows {
		v = append(v, row(g, i)...)
	}
	return v
}

// plain is the network of specs with all weights in one slice, in float64 and as its definition reads:
// the twin that nn is held against.
func plain(specs []nn.Spec, weights []float64, x blas32.General, streams int) [][]float64 {
	rows := make([][]float64, x.Rows)
	for i := range rows {
		for _, v := range row(x, i) {
			rows[i] = append(rows[i], float64(v))
		}
	}
	for _, s := range specs {
		out := make([][]float64, len(rows))
		if s.Type == "context" {
			ahead := slices.Max(s.Offsets)
			for i := range rows {
				for _, o := range s.Offsets {
					if at := i + (o-ahead)*streams; at >= 0 {
						out[i] = append(out[i], rows[at]...)
					} else {
						out[i] = append(out[i], make([]float64, s.In)...)
					}
				}
			}
			rows = out
			continue
		}
		w, b := weights[:s.In*s.Out], weights[s.In*s.Out:][:s.Out]
		weights = weights[s.In*s.Out+s.Out:]
		for i, r := range rows {
			for o := range s.Out {
				v := b[o]
				for k, u := range r {
					v += w[o*s.In+k] * u
				}
				switch s.Activation {
				case nn.ReLU:
					v = max(v, 0)
				case nn.Sigmoid:
					v = 1 / (1 + math.Exp(-v))
				case nn.Tanh:
					v = math.Tanh(v)
				}
				if s.Skip {
					v += r[o]
				}
				out[i] = append(out[i], v)
			}
		}
		rows = out
	}
	return rows
}

func weights(n *nn.Network) []float64 {
	var w []float64
	for _, t := range n.Tensors() {
		for _, v := range t.Data {
			w = append(w, float64(v))
		}
	}
	return w
}

func TestForwardIsThePlainNetwork(t *testing.T) {
	const streams, frames = 3, 11
	for name, specs := range networks() {
		n := random(t, specs, 5)
		x := noise(streams*frames, n.In(), 6)
		got := n.NewRun(streams, frames, false).Forward(x)
		for i, want := range plain(specs, weights(n), x, streams) {
			for k, v := range row(got, i) {
				// A few hundred roundings of values about 1 in float32.
				if math.Abs(float64(v)-want[k]) > 2e-5 {
					t.Fatalf("%s: row %d value %d is %g, want %g", name, i, k, v, want[k])
				}
			}
		}
	}
}

// The derivatives are held against central differences of the float64 twin, whose own error is
// about h² = 1e-10.
func TestBackwardIsTheGradient(t *testing.T) {
	const streams, frames, h = 3, 9, 1e-5
	for name, specs := range networks() {
		n := random(t, specs, 7)
		x, dy := noise(streams*frames, n.In(), 8), noise(streams*frames, n.Out(), 9)
		loss := func(w []float64) float64 {
			sum := 0.
			for i, r := range plain(specs, w, x, streams) {
				for k, v := range r {
					sum += v * float64(row(dy, i)[k])
				}
			}
			return sum
		}
		w := weights(n)
		run := n.NewRun(streams, frames, true)
		run.Forward(x)
		xBefore, dyBefore := slices.Clone(x.Data), slices.Clone(dy.Data)
		grad := make([]float32, n.Parameters())
		run.Backward(dy, grad)
		if !slices.Equal(x.Data, xBefore) || !slices.Equal(dy.Data, dyBefore) {
			t.Errorf("%s: Backward wrote to the caller's rows", name)
		}
		size := 1.
		for _, g := range grad {
			size = max(size, math.Abs(float64(g)))
		}
		for i := range w {
			v := w[i]
			w[i] = v + h
			up := loss(w)
			w[i] = v - h
			want := (up - loss(w)) / (2 * h)
			w[i] = v
			// Sums of a few hundred products in float32, each up to the largest derivative.
			if math.Abs(float64(grad[i])-want) > 1e-5*size {
				t.Fatalf("%s: derivative by weight %d is %g, want %g", name, i, grad[i], want)
			}
		}

		once := slices.Clone(grad)
		run.Reset()
		run.Forward(x)
		run.Backward(dy, grad)
		for i, g := range grad {
			if math.Abs(float64(g-2*once[i])) > 1e-5*size {
				t.Fatalf("%s: derivative %d is %g after the second Backward, %g after the first: it does not accumulate", name, i, g, once[i])
			}
		}
	}
}

// Fewer frames than the run has room for must not let the rest of its buffers in.
func TestBackwardOfAShorterForward(t *testing.T) {
	const streams = 2
	specs := networks()["whole"]
	n := random(t, specs, 1)
	x, dy := noise(streams*10, n.In(), 2), noise(streams*10, n.Out(), 3)
	run := n.NewRun(streams, 10, true)
	run.Forward(x)
	run.Backward(dy, make([]float32, n.Parameters()))
	run.Reset()
	got := make([]float32, n.Parameters())
	run.Forward(part(x, 0, streams*4))
	run.Backward(part(dy, 0, streams*4), got)

	fresh := n.NewRun(streams, 4, true)
	want := make([]float32, n.Parameters())
	fresh.Forward(part(x, 0, streams*4))
	fresh.Backward(part(dy, 0, streams*4), want)
	if !slices.Equal(got, want) {
		t.Error("a long run differentiates four frames otherwise than a short one")
	}
	before := slices.Clone(got)
	run.Forward(part(x, 0, 0))
	run.Backward(part(dy, 0, 0), got)
	if !slices.Equal(got, before) {
		t.Error("no rows have a gradient")
	}
}

func TestForwardDoesNotDependOnGrouping(t *testing.T) {
	const streams, frames = 2, 40
	for name, specs := range networks() {
		n := random(t, specs, 3)
		x := noise(streams*frames, n.In(), 4)
		whole := n.NewRun(streams, frames, false)
		want := values(whole.Forward(x))
		r := rand.New(rand.NewPCG(1, 1))
		run := n.NewRun(streams, 9, false)
		for _, most := range []int{1, 9, 9} {
			var got []float32
			for at := 0; at < frames; {
				k := min(r.IntN(most+1), frames-at) // sometimes none
				got = append(got, values(run.Forward(part(x, at*streams, k*streams)))...)
				at += k
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: up to %d frames a call differ from all at once", name, most)
			}
			run.Reset() // equals new
		}
		if got := values(whole.Forward(x)); specs[0].Type == "context" && slices.Equal(got, want) {
			t.Errorf("%s: the past does not count", name)
		}
	}
}

func TestForwardDoesNotAllocate(t *testing.T) {
	n := random(t, networks()["whole"], 3)
	run := n.NewRun(2, 4, true)
	x := noise(8, n.In(), 4)
	if a := testing.AllocsPerRun(20, func() { run.Forward(x) }); a != 0 {
		t.Errorf("%g allocations a Forward", a)
	}
	if a := testing.AllocsPerRun(20, run.Reset); a != 0 {
		t.Errorf("%g allocations a Reset", a)
	}
}

// Runs share the weights; the race detector watches.
func TestRunsAreIndependent(t *testing.T) {
	n := random(t, networks()["whole"], 3)
	x := noise(8, n.In(), 4)
	want := values(n.NewRun(1, 8, false).Forward(x))
	var wait sync.WaitGroup
	for range 4 {
		run := n.NewRun(1, 8, false)
		wait.Go(func() {
			if got := values(run.Forward(x)); !slices.Equal(got, want) {
				t.Error("runs at the same time disturb one another")
			}
		})
	}
	wait.Wait()
}

func TestForwardTo(t *testing.T) {
	n := random(t, networks()["whole"], 3)
	run := n.NewRun(1, 6, false)
	x := noise(6, n.In(), 4)
	for k := range len(n.Specs()) + 1 {
		run.Reset()
		got := run.ForwardTo(x, k)
		for i, want := range plain(n.Specs()[:k], weights(n), x, 1) {
			for j, v := range row(got, i) {
				if math.Abs(float64(v)-want[j]) > 2e-5 {
					t.Fatalf("after %d layers row %d value %d is %g, want %g", k, i, j, v, want[j])
				}
			}
		}
	}
}

// The values are those of the functions' definitions: 1/(1+e^-ln3) = 3/4, tanh(atanh ½) = ½.
func TestActivations(t *testing.T) {
	for _, c := range []struct {
		a    nn.Activation
		x, y float64
	}{
		{nn.Linear, -3.5, -3.5}, {nn.Linear, 2, 2},
		{nn.ReLU, -1, 0}, {nn.ReLU, 0, 0}, {nn.ReLU, 2.5, 2.5},
		{nn.Sigmoid, 0, 0.5}, {nn.Sigmoid, math.Log(3), 0.75}, {nn.Sigmoid, -math.Log(3), 0.25}, {nn.Sigmoid, 100, 1}, {nn.Sigmoid, -200, 0},
		{nn.Tanh, 0, 0}, {nn.Tanh, math.Atanh(0.5), 0.5}, {nn.Tanh, math.Atanh(-0.25), -0.25}, {nn.Tanh, 100, 1}, {nn.Tanh, -100, -1},
	} {
		for _, skip := range []bool{false, true} {
			n, err := nn.New([]nn.Spec{dense(2, 1, c.a, skip)})
			if err != nil {
				t.Fatal(err)
			}
			ts := n.Tensors()
			ts[0].Data[1], ts[1].Data[0] = 2, 1 // act(2·x₁ + 1)
			n.Refresh()
			x := blas32.General{Rows: 1, Cols: 2, Stride: 2, Data: []float32{10, float32((c.x - 1) / 2)}}
			want := c.y
			if skip {
				want += 10
			}
			if got := float64(n.NewRun(1, 1, false).Forward(x).Data[0]); math.Abs(got-want) > 2e-6 {
				t.Errorf("%s of %g with skip %t is %g, want %g", c.a, c.x, skip, got, want)
			}
		}
	}
}

func TestLookahead(t *testing.T) {
	specs := []nn.Spec{
		context(1, 0, -5, 3), dense(3, 1, nn.Linear, true),
		context(1, 0, -1), dense(2, 1, nn.Linear, true),
		context(1, 0, 4, 2), dense(3, 1, nn.Linear, true),
	}
	n, err := nn.New(specs) // zero weights: the skips pass on the present frame
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Lookahead(); got != 7 || nn.Lookahead(specs) != 7 {
		t.Fatalf("look-ahead of %d frames, want 3 + 0 + 4", got)
	}
	x := blas32.General{Rows: 20, Cols: 1, Stride: 1, Data: make([]float32, 20)}
	x.Data[0] = 1
	y := n.NewRun(1, 20, false).Forward(x)
	if at := slices.Index(y.Data, 1); at != 7 {
		t.Errorf("an impulse in frame 0 comes out in frame %d, want 7", at)
	}
}

func TestBadSpecs(t *testing.T) {
	deep := make([]nn.Spec, 65)
	for i := range deep {
		deep[i] = dense(1, 1, nn.Linear, false)
	}
	for _, c := range []struct {
		want  string // the error holds it
		specs []nn.Spec
	}{
		{"network of 0 layers", nil},
		{"network of 65 layers", deep},
		{`layer type "lstm"`, []nn.Spec{{Type: "lstm", In: 1, Out: 1}}},
		{`layer type ""`, []nn.Spec{{In: 1, Out: 1}}},
		{"from 0 to 1 values", []nn.Spec{dense(0, 1, nn.Linear, false)}},
		{"from 1 to -4 values", []nn.Spec{dense(1, -4, nn.Linear, false)}},
		{"from 65537 to 1 values", []nn.Spec{dense(65537, 1, nn.Linear, false)}},
		{"from 1 to 65537 values", []nn.Spec{dense(1, 65537, nn.Linear, false)}},
		{`activation "softmax"`, []nn.Spec{dense(1, 1, "softmax", false)}},
		{`activation ""`, []nn.Spec{dense(1, 1, "", false)}},
		{"wider than its input", []nn.Spec{dense(3, 4, nn.ReLU, true)}},
		{"dense layer has no offsets", []nn.Spec{{Type: "dense", In: 1, Out: 1, Activation: nn.ReLU, Offsets: []int{0}}}},
		{"neither activation nor skip", []nn.Spec{{Type: "context", In: 1, Out: 1, Offsets: []int{0}, Activation: nn.ReLU}}},
		{"neither activation nor skip", []nn.Spec{{Type: "context", In: 1, Out: 1, Offsets: []int{0}, Skip: true}}},
		{"offsets of a context layer are []", []nn.Spec{{Type: "context", In: 1, Out: 1}}},
		{"want 0 first", []nn.Spec{context(1, -1, 0)}},
		{"gives 6, not 5", []nn.Spec{{Type: "context", In: 3, Out: 5, Offsets: []int{0, -1}}}},
		{"offset of -4097 frames", []nn.Spec{context(1, 0, -4097)}},
		{"offset of 4097 frames", []nn.Spec{context(1, 0, 4097)}},
		{"layer 1: nn: it takes 4 values and the layer before gives 5", []nn.Spec{dense(2, 5, nn.ReLU, false), dense(4, 1, nn.ReLU, false)}},
		{`layer 1: nn: activation "gelu"`, []nn.Spec{dense(2, 5, nn.ReLU, false), dense(5, 1, "gelu", false)}},
		{"more than 16777216 past values", []nn.Spec{dense(1, 8192, nn.ReLU, false), context(8192, 0, -2049)}},
		{"more than 16777216 past values", []nn.Spec{dense(1, 8192, nn.ReLU, false), context(8192, 0, -1024, 1025)}},
	} {
		n, err := nn.New(c.specs)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		if n != nil {
			t.Errorf("%s: there is a network beside the error", c.want)
		}
	}
}

func TestTensors(t *testing.T) {
	specs := networks()["whole"]
	n := random(t, specs, 1)
	shapes, sum := nn.Shapes(specs), 0
	for i, tensor := range n.Tensors() {
		size := 1
		for _, d := range tensor.Shape {
			size *= d
		}
		if s := shapes[i]; s.Name != tensor.Name || !slices.Equal(s.Shape, tensor.Shape) || s.Data != nil || size != len(tensor.Data) {
			t.Errorf("tensor %d is %s %v with %d values, Shapes has %s %v", i, tensor.Name, tensor.Shape, len(tensor.Data), s.Name, s.Shape)
		}
		sum += size
	}
	if len(shapes) != len(n.Tensors()) || sum != n.Parameters() {
		t.Errorf("%d shapes and %d parameters, want %d and %d", len(shapes), n.Parameters(), len(n.Tensors()), sum)
	}
}

// A network keeps no slice of its caller's.
func TestNewCopiesTheSpecs(t *testing.T) {
	specs := []nn.Spec{context(1, 0, -1), dense(2, 1, nn.Linear, true)}
	n := random(t, specs, 1)
	specs[0].Offsets[1], specs[1].Out = 1000, 50
	if n.Out() != 1 || n.Lookahead() != 0 {
		t.Error("a change of the specifications after New changes the network")
	}
}

func TestMistakesPanic(t *testing.T) {
	n := random(t, []nn.Spec{dense(3, 2, nn.ReLU, false), dense(2, 2, nn.ReLU, false)}, 1)
	x, dy, grad := noise(4, 3, 1), noise(4, 2, 1), make([]float32, n.Parameters())
	ready := func() *nn.Run { r := n.NewRun(2, 2, true); r.Forward(x); return r }
	for name, f := range map[string]func(){
		"no streams":             func() { n.NewRun(0, 1, false) },
		"no frames":              func() { n.NewRun(1, 0, false) },
		"wrong width":            func() { ready().Forward(noise(4, 4, 1)) },
		"half a frame":           func() { ready().Forward(noise(3, 3, 1)) },
		"too many frames":        func() { ready().Forward(noise(6, 3, 1)) },
		"other rows":             func() { ready().Backward(noise(2, 2, 1), grad) },
		"other width":            func() { ready().Backward(noise(4, 3, 1), grad) },
		"short gradient":         func() { ready().Backward(dy, grad[1:]) },
		"before Forward":         func() { n.NewRun(2, 2, true).Backward(dy, grad) },
		"after part of Forward":  func() { r := ready(); r.ForwardTo(x, 1); r.Backward(dy, grad) },
		"run made without it":    func() { r := n.NewRun(2, 2, false); r.Forward(x); r.Backward(dy, grad) },
		"a gradient with a tail": func() { ready().Backward(dy, make([]float32, len(grad)+1)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "nn: ") {
					t.Errorf("panic %q, want one that begins with nn:", text)
				}
			}()
			f()
		})
	}
}

func BenchmarkBackward(b *testing.B) {
	n := random(b, []nn.Spec{dense(128, 128, nn.ReLU, false), context(128, 0, -2), dense(256, 128, nn.ReLU, true), dense(128, 64, nn.Sigmoid, false)}, 1)
	run := n.NewRun(16, 8, true)
	x, dy, grad := noise(128, 128, 1), noise(128, 64, 2), make([]float32, n.Parameters())
	run.Forward(x)
	for b.Loop() {
		run.Backward(dy, grad)
	}
}
