package train

import (
	"errors"

	"gonum.org/v1/gonum/mat"
)

// Covariances gathers, in one pass, what a least-squares fit of outputs s to inputs x needs: means,
// C_xx and C_sx, in float64.
type Covariances struct {
	in, out int
	n       float64
	sumX    []float64
	sumS    []float64
	xx      *mat.SymDense // Σ x·xᵀ
	sx      *mat.Dense    // Σ s·xᵀ
	s, x    []float64     // scratch
}

// NewCovariances returns empty sums for in inputs and out outputs.
func NewCovariances(in, out int) *Covariances {
	return &Covariances{
		in: in, out: out, sumX: make([]float64, in), sumS: make([]float64, out),
		xx: mat.NewSymDense(in, nil), sx: mat.NewDense(out, in, nil), s: make([]float64, out), x: make([]float64, in),
	}
}

// Add takes in one pair of vectors.
func (c *Covariances) Add(s, x []float32) {
	for i, v := range x {
		c.x[i] = float64(v)
		c.sumX[i] += c.x[i]
	}
	for i, v := range s {
		c.s[i] = float64(v)
		c.sumS[i] += c.s[i]
	}
	c.n++
	xv, sv := mat.NewVecDense(c.in, c.x), mat.NewVecDense(c.out, c.s)
	c.xx.SymRankOne(c.xx, 1, xv)
	c.sx.RankOne(c.sx, 1, sv, xv)
}

// Solve returns the W [out][in] and b [out] that minimise Σ|s − W·x − b|² + ridge·n·v·|W|², v being
// the mean variance of an input: W = C_sx·(C_xx + ridge·v·I)⁻¹, b = s̄ − W·x̄ (Uhlich et al. 2015,
// equation 7, where ridge = 0), and the condition number of the matrix that was inverted.
func (c *Covariances) Solve(ridge float64) (w, b []float32, condition float64, err error) {
	if c.n < 2 {
		return nil, nil, 0, errors.New("train: least squares without data")
	}
	trace := 0.
	for i := range c.in {
		for j := i; j < c.in; j++ {
			c.xx.SetSym(i, j, c.xx.At(i, j)/c.n-c.sumX[i]/c.n*c.sumX[j]/c.n)
		}
		trace += c.xx.At(i, i)
	}
	for i := range c.in {
		c.xx.SetSym(i, i, c.xx.At(i, i)+ridge*trace/float64(c.in))
	}
	for o := range c.out {
		for i := range c.in {
			c.sx.Set(o, i, c.sx.At(o, i)/c.n-c.sumS[o]/c.n*c.sumX[i]/c.n)
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(c.xx) {
		return nil, nil, 0, errors.New("train: the inputs' covariance is singular; use a larger ridge")
	}
	var solution mat.Dense // C_xx⁻¹·C_xs
	if err := chol.SolveTo(&solution, c.sx.T()); err != nil {
		return nil, nil, 0, err
	}
	w, b = make([]float32, c.out*c.in), make([]float32, c.out)
	for o := range c.out {
		bias := c.sumS[o] / c.n
		for i := range c.in {
			v := solution.At(i, o)
			w[o*c.in+i] = float32(v)
			bias -= v * c.sumX[i] / c.n
		}
		b[o] = float32(bias)
	}
	return w, b, chol.Cond(), nil
}
