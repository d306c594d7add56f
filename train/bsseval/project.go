package bsseval

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// basis spans the delayed versions of references: their normal equations, factored.
type basis struct {
	refs   *waves
	taps   int
	gram   *toeplitz // of the references, each channel scaled to unit energy
	scales []float64 // [channel]: what it was multiplied by; 0 for silence
	factor *factor   // of gram and a ridge; nil if none could be found
	times  *product  // by gram
}

// The ridge is taken as small as factoring allows. It and rounding leave the factor a preconditioner, by which
// conjugate gradients find the solution without a ridge, as far as it matters: until the energy of the
// error is this small a part of the solution's, or rounding keeps it from falling, or so many iterations
// are done.
const (
	firstRidge = 1e-15
	lastRidge  = 1e-6
	accuracy   = 1e-24
	iterations = 16
)

// newBasis prepares the projection on all references.
func newBasis(refs *waves, taps int) *basis {
	p := refs.count()
	return factorise(refs, taps, &toeplitz{n: taps, p: p, t: correlate(refs, refs, taps)})
}

// only is the basis of one source of several.
func (b *basis) only(source int) *basis {
	c, p := b.refs.channels, b.gram.p
	g := &toeplitz{n: b.taps, p: c, t: make([][]float64, b.taps)}
	for d := range g.t {
		g.t[d] = make([]float64, c*c)
		for i := range c {
			copy(g.t[d][i*c:(i+1)*c], b.gram.t[d][(source*c+i)*p+source*c:])
		}
	}
	only := factorise(b.refs.only(source), b.taps, g)
	for i := range only.scales {
		only.scales[i] *= b.scales[source*c+i]
	}
	return only
}

func factorise(refs *waves, taps int, g *toeplitz) *basis {
	p := g.p
	b := &basis{refs: refs, taps: taps, gram: g, scales: make([]float64, p)}
	for i := range p {
		if e := g.t[0][i*p+i]; e > 0 {
			b.scales[i] = 1 / math.Sqrt(e)
		}
	}
	for _, t := range g.t {
		for i := range p {
			for j := range p {
				t[i*p+j] *= b.scales[i] * b.scales[j]
			}
		}
	}
	for ridge := firstRidge; b.factor == nil && ridge < lastRidge; ridge *= 10 {
		b.factor = g.cholesky(ridge)
	}
	b.times = newProduct(g)
	return b
}

// filters returns the least-squares filters from the references' channels to the estimates' as
// [delay][channel of the references × column], where c are the correlations of the two.
// It returns nil where there are none.
func (b *basis) filters(c [][]float64, columns int) [][]float64 {
	if b.factor == nil {
		return nil
	}
	p := b.gram.p
	h := make([][]float64, b.taps)
	for d := range h {
		h[d] = make([]float64, p*columns)
	}
	x := make([]lanes, b.taps*p)
	for first := 0; first < columns; first += len(lanes{}) {
		count := min(len(lanes{}), columns-first)
		clear(x)
		for d, row := range c {
			for i := range p {
				for l := range count {
					x[d*p+i][l] = row[i*columns+first+l] * b.scales[i]
				}
			}
		}
		b.conjugateGradients(x)
		for d := range h {
			for i := range p {
				for l := range count {
					h[d][i*columns+first+l] = x[d*p+i][l] * b.scales[i]
				}
			}
		}
	}
	return h
}

// conjugateGradients replaces x by the solution of gram·X = x, for four columns independently (Hestenes & Stiefel
// 1952, preconditioned). The energy xᵀ·gram·x of the error, which it makes small, is that of the
// projection's.
func (b *basis) conjugateGradients(x []lanes) {
	residual := append([]lanes(nil), x...)
	z, direction, image := make([]lanes, len(x)), make([]lanes, len(x)), make([]lanes, len(x))
	clear(x)
	var last, all lanes
	for step := range iterations {
		copy(z, residual)
		b.factor.solve(z)
		energy := dot(residual, z)
		if step == 0 {
			all = energy
		}
		var beta lanes
		done := true
		for l, e := range energy {
			if last[l] > 0 {
				beta[l] = e / last[l]
			}
			done = done && !(e > accuracy*all[l] && (step < 2 || e < last[l]/2))
		}
		if done {
			return
		}
		last = energy
		for i := range direction {
			for l, v := range z[i] {
				direction[i][l] = v + beta[l]*direction[i][l]
			}
		}
		b.times.of(image, direction)
		length := energy
		for l, v := range dot(direction, image) {
			if length[l] /= v; !(v > 0) {
				length[l] = 0
			}
		}
		for i := range x {
			for l, a := range length {
				x[i][l] += a * direction[i][l]
				residual[i][l] -= a * image[i][l]
			}
		}
	}
}

func dot(x, y []lanes) (sum lanes) {
	for i := range x {
		for l, v := range x[i] {
			sum[l] += v * y[i][l]
		}
	}
	return sum
}

// product multiplies a block Toeplitz matrix by columns, by transforms.
type product struct {
	m       *toeplitz
	fft     *fourier.FFT
	matrix  [][]complex128 // [p·p][bin]
	in, out [][]complex128 // [p][bin]
	block   []float64
}

func newProduct(m *toeplitz) *product {
	n, p := blockSize(m.n, m.n), m.p
	t := &product{m, fourier.NewFFT(n), newSpectra(p*p, n/2+1), newSpectra(p, n/2+1), newSpectra(p, n/2+1), make([]float64, n)}
	for i := range p {
		for j := range p {
			clear(t.block)
			for d := range m.n {
				t.block[d] = m.t[d][i*p+j] / float64(n)
			}
			for d := 1; d < m.n; d++ {
				t.block[n-d] = m.t[d][j*p+i] / float64(n)
			}
			t.fft.Coefficients(t.matrix[i*p+j], t.block)
		}
	}
	return t
}

// of writes to y the product with x.
func (t *product) of(y, x []lanes) {
	p := t.m.p
	for l := range len(lanes{}) {
		for j, in := range t.in {
			clear(t.block)
			for d := range t.m.n {
				t.block[d] = x[d*p+j][l]
			}
			t.fft.Coefficients(in, t.block)
		}
		for i, out := range t.out {
			clear(out)
			for j, in := range t.in {
				for f, v := range t.matrix[i*p+j] {
					out[f] += v * in[f]
				}
			}
			t.fft.Sequence(t.block, out)
			for d := range t.m.n {
				y[d*p+i][l] = t.block[d]
			}
		}
	}
}
