package kernel

import "fmt"

// lanes is the number of outputs in a panel: one AVX-512 register of float32.
const lanes = 16

// Packed is a weight matrix W [out][in] laid out for [Packed.Mul]: panels of 16
// outputs, and within a panel input by input, so that the 16 weights that meet
// one input lie side by side. The outputs that pad the last panel are zero.
type Packed struct {
	out, in int
	data    []float32 // [panel][in][16]
}

// Pack returns an all-zero matrix of the given shape; [Packed.Set] fills it. It
// panics unless both sizes are positive.
func Pack(out, in int) *Packed {
	if out < 1 || in < 1 {
		panic(fmt.Sprintf("kernel: Pack of a %d × %d matrix", out, in))
	}
	return &Packed{out: out, in: in, data: alignedFloats((out + lanes - 1) / lanes * in * lanes)}
}

// Out returns the number of outputs, the rows of W.
func (p *Packed) Out() int { return p.out }

// In returns the number of inputs, the columns of W.
func (p *Packed) In() int { return p.in }

// Set replaces the weights by w, row-major [out][in]. It panics unless
// len(w) = out·in.
func (p *Packed) Set(w []float32) {
	if len(w) != p.out*p.in {
		panic(fmt.Sprintf("kernel: Packed.Set: %d weights for a %d × %d matrix", len(w), p.out, p.in))
	}
	for o := 0; o < p.out; o += lanes {
		panel := p.data[o*p.in : (o+lanes)*p.in]
		packGo(panel, w[o*p.in:], p.in, min(lanes, p.out-o))
	}
}

// SetTransposed replaces the weights by the transpose of w, which is row-major
// [in][out]: W[o][k] = w[k·out+o]. A backward pass wants it, whose matrix is
// the transpose of the forward one's. It panics unless len(w) = out·in.
func (p *Packed) SetTransposed(w []float32) {
	if len(w) != p.out*p.in {
		panic(fmt.Sprintf("kernel: Packed.SetTransposed: %d weights for a %d × %d matrix", len(w), p.out, p.in))
	}
	for o := 0; o < p.out; o += lanes {
		panel := p.data[o*p.in : (o+lanes)*p.in]
		n := min(lanes, p.out-o)
		for k := range p.in {
			copy(panel[k*lanes:k*lanes+n], w[k*p.out+o:])
		}
	}
}

// Mul computes rows of outputs from rows of inputs:
//
//	y[r·ldy+o] = bias[o] + Σₖ x[r·ldx+k]·W[o][k]   for r < rows, o < out, k < in
//
// where bias is [out], or nil for zero. It writes nothing else of y; y must not
// overlap x or bias. ldx and ldy are the distances between rows, at least in
// and out. It panics if a slice is too short for that, or bias is neither nil
// nor [out].
//
// Each output is one sequence of float32 operations in order of k, starting
// from the bias: fused multiply-adds in the assembly kernels, multiplications
// and additions in the plain one. The sequence does not depend on rows or r, so
// nor does the result. By the usual bound (Higham, Accuracy and Stability of
// Numerical Algorithms, 2nd ed., eq. 3.5) the error is at most γ(in+1) times
// |bias| + Σ|x·W|, with γ(n) = n·u/(1−n·u) and u = 2⁻²⁴.
func (p *Packed) Mul(y []float32, ldy int, x []float32, ldx int, rows int, bias []float32) {
	if rows <= 0 {
		if rows < 0 {
			panic(fmt.Sprintf("kernel: Packed.Mul: %d rows", rows))
		}
		return
	}
	switch {
	case ldx < p.in || ldy < p.out:
		panic(fmt.Sprintf("kernel: Packed.Mul: row distances %d and %d for a matrix [%d][%d]", ldx, ldy, p.out, p.in))
	case len(x) < p.in || (len(x)-p.in)/ldx < rows-1:
		panic(fmt.Sprintf("kernel: Packed.Mul: x of length %d has not %d rows of %d, %d apart", len(x), rows, p.in, ldx))
	case len(y) < p.out || (len(y)-p.out)/ldy < rows-1:
		panic(fmt.Sprintf("kernel: Packed.Mul: y of length %d has not %d rows of %d, %d apart", len(y), rows, p.out, ldy))
	case bias != nil && len(bias) != p.out:
		panic(fmt.Sprintf("kernel: Packed.Mul: bias of length %d for %d outputs", len(bias), p.out))
	}
	if !p.mulSIMD(y, ldy, x, ldx, rows, bias) {
		p.mulGo(y, ldy, x, ldx, rows, bias)
	}
}
