package bsseval

import "math"

// toeplitz is a symmetric positive semidefinite block Toeplitz matrix of n by n blocks, each p by p:
// block (r, s) is t[r−s] for r ≥ s, and the transpose of t[s−r] above the diagonal.
type toeplitz struct {
	n, p int
	t    [][]float64 // [n][p·p], by rows
}

// factor is the lower Cholesky factor L of a block Toeplitz matrix.
type factor struct {
	n, p int
	cols [][]float64 // [n]: block column k from its diagonal block down, (n−k)·p rows of p
}

// reflection is one step of the Schur algorithm: a Householder reflection I − τ·v·vᵀ of the columns
// of B that leaves the pivot row in the first of them, then a hyperbolic rotation of that column with
// one column of A.
type reflection struct {
	v      []float64
	tau    float64
	rho, c float64
}

// cholesky factors T + ridge·I by the block Schur algorithm (Kailath & Sayed, "Displacement structure:
// theory and applications", SIAM Review 37, 1995): O(p³n²) operations instead of O(p³n³), and
// backward stable where the matrix is positive definite, with hyperbolic rotations in mixed form
// (Bojanczyk, Brent, de Hoog & Sweet, SIAM J. Matrix Anal. Appl. 16, 1995). It returns nil if
// T + ridge·I is not positive definite to rounding.
//
// T minus itself shifted down by a block is A·Aᵀ − B·Bᵀ with A and B of p columns. Each step brings
// the top block row of [A B] to [lower triangle, 0], which makes A the next block column of L,
// and shifts A down by a block.
func (m *toeplitz) cholesky(ridge float64) *factor {
	n, p := m.n, m.p
	top := choleskyDense(m.t[0], p, ridge)
	if top == nil {
		return nil
	}
	a := make([]float64, n*p*p)
	copy(a, top)
	for k := 1; k < n; k++ { // rows · L₀⁻ᵀ
		copy(a[k*p*p:], m.t[k])
		for r := k * p; r < (k+1)*p; r++ {
			row := a[r*p : (r+1)*p]
			for j := range p {
				s := row[j]
				for i := range j {
					s -= row[i] * top[j*p+i]
				}
				row[j] = s / top[j*p+j]
			}
		}
	}
	b := append([]float64(nil), a...)
	f := &factor{n: n, p: p, cols: make([][]float64, n)}
	f.cols[0] = append([]float64(nil), a...)
	steps := make([]reflection, p)
	for i := range steps {
		steps[i].v = make([]float64, p)
	}
	for k := 1; k < n; k++ {
		rows := (n - k) * p
		below := b[k*p*p:]
		for r := range rows {
			x, y := a[r*p:(r+1)*p], below[r*p:(r+1)*p]
			if r >= p {
				for i := range steps {
					steps[i].apply(x, y, i)
				}
				continue
			}
			for i := range r {
				steps[i].apply(x, y, i)
			}
			if !steps[r].choose(x[r], y) {
				return nil
			}
			steps[r].apply(x, y, r)
			clear(y)
		}
		f.cols[k] = append([]float64(nil), a[:rows*p]...)
	}
	return f
}

// choose makes the step that annihilates the pivot row y of B with the pivot x of A. It reports
// whether that can be done: whether |y| < x.
func (s *reflection) choose(x float64, y []float64) bool {
	var yy float64
	for _, v := range y {
		yy += v * v
	}
	norm := math.Sqrt(yy)
	copy(s.v, y)
	s.tau, s.rho, s.c = 0, 0, 1
	if norm == 0 {
		return x > 0
	}
	beta := -math.Copysign(norm, y[0])
	s.v[0] -= beta
	s.tau = 1 / (norm * math.Abs(s.v[0]))
	s.rho = beta / x
	s.c = math.Sqrt((1 - s.rho) * (1 + s.rho))
	return x > 0 && norm < x && s.c > 0
}

// apply takes the step on a row: x of A, of which column i takes part, and y of B.
func (s *reflection) apply(x, y []float64, i int) {
	v := s.v[:len(y)]
	var w float64
	for j, u := range v {
		w += u * y[j]
	}
	w *= s.tau
	for j, u := range v {
		y[j] -= w * u
	}
	x[i] = (x[i] - s.rho*y[0]) / s.c
	y[0] = s.c*y[0] - s.rho*x[i]
}

// choleskyDense returns the lower Cholesky factor of the p by p matrix m + ridge·I, nil if that is not
// positive definite.
func choleskyDense(m []float64, p int, ridge float64) []float64 {
	l := make([]float64, p*p)
	for i := range p {
		for j := range i + 1 {
			s := m[i*p+j]
			if i == j {
				s += ridge
			}
			for k := range j {
				s -= l[i*p+k] * l[j*p+k]
			}
			if i != j {
				l[i*p+j] = s / l[j*p+j]
				continue
			}
			if !(s > 0) {
				return nil
			}
			l[i*p+i] = math.Sqrt(s)
		}
	}
	return l
}

// lanes are the same row of four columns, which are worked on together.
type lanes [4]float64

// less takes a·x from v.
func (v *lanes) less(a float64, x *lanes) {
	v[0] -= a * x[0]
	v[1] -= a * x[1]
	v[2] -= a * x[2]
	v[3] -= a * x[3]
}

func (v *lanes) scale(a float64) {
	v[0] *= a
	v[1] *= a
	v[2] *= a
	v[3] *= a
}

// solve replaces the n·p rows of four right-hand sides in x by the solution of L·Lᵀ·X = x.
func (f *factor) solve(x []lanes) {
	n, p := f.n, f.p
	for k := range n { // L·Y = x
		col, head, rest := f.cols[k], x[k*p:(k+1)*p], x[(k+1)*p:]
		for i := range head {
			for j := range i {
				head[i].less(col[i*p+j], &head[j])
			}
			head[i].scale(1 / col[i*p+i])
		}
		col = col[p*p:]
		for r := range rest {
			v := rest[r]
			for j, a := range col[r*p : (r+1)*p] {
				v.less(a, &head[j])
			}
			rest[r] = v
		}
	}
	const tile = 32               // rows that stay in the first-level cache while each column passes over them
	for k := n - 1; k >= 0; k-- { // Lᵀ·X = Y
		col, head, rest := f.cols[k], x[k*p:(k+1)*p], x[(k+1)*p:]
		for at := 0; at < len(rest); at += tile {
			rows := rest[at:min(at+tile, len(rest))]
			block := col[(p+at)*p:]
			for j := range head {
				v := head[j]
				for r := range rows {
					v.less(block[r*p+j], &rows[r])
				}
				head[j] = v
			}
		}
		for i := p - 1; i >= 0; i-- {
			for j := i + 1; j < p; j++ {
				head[i].less(col[j*p+i], &head[j])
			}
			head[i].scale(1 / col[i*p+i])
		}
	}
}
