// Package leastsquares fits linear maps to examples that it sees once: it keeps their means and covariances,
// not them.
package leastsquares

import (
	"errors"
	"fmt"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Covariances gathers what a fit of outputs s to inputs x needs, in float64: means, C_xx and C_sx.
type Covariances struct {
	in, out  int
	n        float64
	shift    []float64 // [in+out], near the means, so that no digits are lost where these are large
	sum      []float64 // [in+out], Σ of (x, s) − shift
	products []float64 // [in][in+out], Σ x·(x, s)ᵀ, both less shift; above the diagonal
	block    []float64 // [row][in+out], not yet added
	rows     int
}

const (
	blockRows = 256 // rows added at once, by one matrix product
	stripe    = 128 // rows of the products that a goroutine adds to at once
)

// New returns empty sums for in inputs and out outputs.
func New(in, out int) *Covariances {
	w := in + out
	return &Covariances{
		in: in, out: out, sum: make([]float64, w), products: make([]float64, in*w), block: make([]float64, blockRows*w),
	}
}

// Add takes in one example.
func (c *Covariances) Add(s, x []float32) {
	if len(s) != c.out || len(x) != c.in {
		panic(fmt.Sprintf("leastsquares: Add of %d inputs and %d outputs, want %d and %d", len(x), len(s), c.in, c.out))
	}
	row := c.block[c.rows*(c.in+c.out):][:c.in+c.out]
	for i, v := range x {
		row[i] = float64(v)
	}
	for i, v := range s {
		row[c.in+i] = float64(v)
	}
	if c.rows++; c.rows == blockRows {
		c.flush()
	}
}

// flush adds the block to the sums.
func (c *Covariances) flush() {
	if c.rows == 0 {
		return
	}
	w := c.in + c.out
	if c.shift == nil {
		c.shift = make([]float64, w)
		for r := range c.rows {
			for i, v := range c.block[r*w : (r+1)*w] {
				c.shift[i] += v / float64(c.rows)
			}
		}
	}
	for r := range c.rows {
		row := c.block[r*w : (r+1)*w]
		for i := range row {
			row[i] -= c.shift[i]
			c.sum[i] += row[i]
		}
	}
	// Each element is summed by one goroutine in one order, so that the result does not depend on them.
	var wg sync.WaitGroup
	for i := 0; i < c.in; i += stripe {
		wg.Add(1)
		go func() {
			defer wg.Done()
			n := min(stripe, c.in-i)
			x := blas64.General{Rows: c.rows, Cols: n, Stride: w, Data: c.block[i:]}
			right := blas64.General{Rows: c.rows, Cols: w - i, Stride: w, Data: c.block[i:]}
			to := blas64.General{Rows: n, Cols: w - i, Stride: w, Data: c.products[i*w+i:]}
			blas64.Gemm(blas.Trans, blas.NoTrans, 1, x, right, 1, to)
		}()
	}
	wg.Wait()
	c.n += float64(c.rows)
	c.rows = 0
}

// Fit is the map ŝ = W·x + b.
type Fit struct {
	W         []float32 // [out][in]
	B         []float32 // [out]
	Condition float64   // of the matrix that was inverted, an estimate in the 1-norm
	Ridge     float64   // that was added, relative to the mean variance of an input
}

// Solve returns the W and b that minimise Σ|s − W·x − b|² + ridge·n·v·|W|², v being the mean variance of an
// input: W = C_sx·(C_xx + ridge·v·I)⁻¹, b = s̄ − W·x̄ (Uhlich, Giron and Mitsufuji, ICASSP 2015, equation 7,
// where ridge = 0). It is an error where the matrix is singular.
func (c *Covariances) Solve(ridge float64) (Fit, error) {
	c.flush()
	if c.n < 2 {
		return Fit{}, errors.New("leastsquares: a fit wants two examples at least")
	}
	w := c.in + c.out
	at := func(i, j int) float64 { return c.products[i*w+j]/c.n - c.sum[i]/c.n*c.sum[j]/c.n } // j ≥ i
	mean := 0.
	for i := range c.in {
		mean += at(i, i) / float64(c.in)
	}
	xx, xs := mat.NewSymDense(c.in, nil), mat.NewDense(c.in, c.out, nil)
	for i := range c.in {
		for j := i; j < c.in; j++ {
			xx.SetSym(i, j, at(i, j))
		}
		xx.SetSym(i, i, xx.At(i, i)+ridge*mean)
		for o := range c.out {
			xs.Set(i, o, at(i, c.in+o))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(xx) {
		return Fit{}, fmt.Errorf("leastsquares: the covariance of the inputs is singular with ridge %g", ridge)
	}
	var solution mat.Dense // C_xx⁻¹·C_xs
	var bad mat.Condition  // large, as Fit tells
	if err := chol.SolveTo(&solution, xs); err != nil && !errors.As(err, &bad) {
		return Fit{}, err
	}
	f := Fit{W: make([]float32, c.out*c.in), B: make([]float32, c.out), Condition: chol.Cond(), Ridge: ridge}
	for o := range c.out {
		b := c.sum[c.in+o]/c.n + c.shift[c.in+o]
		for i := range c.in {
			v := solution.At(i, o)
			f.W[o*c.in+i] = float32(v)
			b -= v * (c.sum[i]/c.n + c.shift[i])
		}
		f.B[o] = float32(b)
	}
	return f, nil
}

// maxCondition is how far the matrix may be from singular: with more, float32 weights would be large and
// cancel one another.
const maxCondition = 1e8

// SolveAny is Solve with the least ridge of 0, 10⁻⁹, 10⁻⁸ … that leaves a condition of at most 10⁸.
func (c *Covariances) SolveAny() (Fit, error) {
	for ridge := 0.; ; ridge = max(1e-9, 10*ridge) {
		f, err := c.Solve(ridge)
		if err == nil && f.Condition <= maxCondition || ridge >= 1 || c.n < 2 {
			return f, err
		}
	}
}
