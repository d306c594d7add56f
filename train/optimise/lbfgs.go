package optimise

import (
	"math"

	"soloist/model/kernel"
)

// LBFGS is the limited-memory BFGS method (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms
// 7.4 and 7.5): the inverse Hessian is that of the last Memory steps. Vectors are float32, dot products
// are summed in float64, so that millions of parameters take 4·(2·Memory+4) bytes each.
type LBFGS struct {
	Memory   int // steps remembered; 0 means 10
	Started  bool
	Loss     float64   // at the last w
	Gradient []float32 // at the last w
	Steps    [][]float32
	Changes  [][]float32 // of the gradient, by step
	// Evaluations counts the losses computed.
	Evaluations int
	direction   []float32
	trial       []float32
	next        []float32 // gradient at trial
}

// A step is long enough where the slope has risen to enough times the one at its start, and short enough where
// the loss has fallen by sufficient times what that slope promised (Nocedal and Wright, section 3.1; their
// values for quasi-Newton methods).
const (
	sufficient = 1e-4
	enough     = 0.9
	maxTries   = 25 // of a line search: 2⁻²⁵ of a step is below float32's resolution
)

// Step implements Minimiser with one iteration.
func (o *LBFGS) Step(w []float32, f Loss) (float64, error) {
	if o.Memory == 0 {
		o.Memory = 10
	}
	n := len(w)
	o.direction, o.trial, o.next = sized(o.direction, n), sized(o.trial, n), sized(o.next, n)
	if !o.Started {
		o.Gradient = sized(o.Gradient, n)
		o.Loss = f(o.Gradient, w)
		o.Evaluations++
		o.Started = true
	}
	for {
		slope, length := o.descend()
		if slope < 0 && o.search(w, slope, length, f) {
			return o.Loss, nil
		}
		if len(o.Steps) == 0 {
			return o.Loss, ErrMinimum
		}
		o.Steps, o.Changes = nil, nil // what was remembered misleads: once more along the gradient
	}
}

// descend sets the direction −H·g by the two-loop recursion and returns the slope along it and the length
// to try first.
func (o *LBFGS) descend() (slope, length float64) {
	d := o.direction
	kernel.Scale(d, o.Gradient, -1)
	m := len(o.Steps)
	alpha, rho := make([]float64, m), make([]float64, m)
	for i := m - 1; i >= 0; i-- {
		rho[i] = 1 / dot(o.Changes[i], o.Steps[i])
		alpha[i] = rho[i] * dot(o.Steps[i], d)
		kernel.AXPY(d, float32(-alpha[i]), o.Changes[i])
	}
	length = 1
	if m > 0 {
		y := o.Changes[m-1]
		kernel.Scale(d, d, float32(1/(rho[m-1]*dot(y, y)))) // equation 7.20
	} else if norm := math.Sqrt(dot(d, d)); norm > 0 {
		length = 1 / norm // nothing is known of the curvature yet
		length = min(length, 1)
	}
	for i := range m {
		beta := rho[i] * dot(o.Changes[i], d)
		kernel.AXPY(d, float32(alpha[i]-beta), o.Steps[i])
	}
	return dot(o.Gradient, d), length
}

// search moves w along the direction to where the two conditions hold, by bisection after Lewis and Overton
// ("Nonsmooth optimization via quasi-Newton methods", Math. Programming 2013, algorithm 2.6), which ReLU's
// kinks do not trouble, and remembers the step. It returns false where it finds no lower loss.
func (o *LBFGS) search(w []float32, slope, length float64, f Loss) bool {
	low, high := 0., math.Inf(1)
	for try := range maxTries {
		if try == maxTries-1 && low > 0 {
			length = low // low enough, if not as far as it could be
		}
		copy(o.trial, w)
		kernel.AXPY(o.trial, float32(length), o.direction)
		loss := f(o.next, o.trial)
		o.Evaluations++
		lower := loss <= o.Loss+sufficient*length*slope && loss < o.Loss
		switch {
		case !lower: // NaN too
			high = length
		case dot(o.next, o.direction) < enough*slope && try < maxTries-1:
			low = length
		default:
			o.remember(w)
			copy(w, o.trial)
			copy(o.Gradient, o.next)
			o.Loss = loss
			return true
		}
		if math.IsInf(high, 1) {
			length *= 2
		} else {
			length = (low + high) / 2
		}
	}
	return false
}

// remember keeps the step from w to trial, in place of the oldest.
func (o *LBFGS) remember(w []float32) {
	var s, y []float32
	if len(o.Steps) == o.Memory {
		s, y = o.Steps[0], o.Changes[0]
		copy(o.Steps, o.Steps[1:])
		copy(o.Changes, o.Changes[1:])
		o.Steps, o.Changes = o.Steps[:o.Memory-1], o.Changes[:o.Memory-1]
	} else {
		s, y = make([]float32, len(w)), make([]float32, len(w))
	}
	for i, v := range w {
		s[i] = o.trial[i] - v
		y[i] = o.next[i] - o.Gradient[i]
	}
	// Without curvature along the step, H would not stay positive definite.
	if sy := dot(s, y); sy > 1e-10*math.Sqrt(dot(s, s)*dot(y, y)) {
		o.Steps, o.Changes = append(o.Steps, s), append(o.Changes, y)
	}
}

func dot(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float64(a[i]) * float64(b[i])
		s1 += float64(a[i+1]) * float64(b[i+1])
		s2 += float64(a[i+2]) * float64(b[i+2])
		s3 += float64(a[i+3]) * float64(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float64(a[i]) * float64(b[i])
	}
	return s0 + s1 + s2 + s3
}
