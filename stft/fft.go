package stft

import (
	"math"
	"math/bits"
)

// realFFT is the discrete Fourier transform of n real samples, n a power of two from 8 up, through a
// complex transform of half the length (Sorensen et al., "Real-valued fast Fourier transform
// algorithms", IEEE Trans. ASSP 35(6), 1987): the n/2 even and odd samples are taken as real and
// imaginary parts, and the half spectrum is untangled from the result.
//
// The complex transform is Stockham's auto-sorting one in radix 4, with one radix-2 pass first
// where log2(n/2) is odd; all tables are made by newRealFFT, the transforms do not allocate.
type realFFT struct {
	n      int
	stages []stage
	a, b   []complex64 // ping-pong buffers of n/2
	untan  []complex64 // exp(−2πi k/n), k = 0 … n/4
}

// stage is one Stockham pass over sub-transforms of length radix·m with stride s.
type stage struct {
	radix, m, s int
	tw          []complex64 // radix 4: w, w², w³ for each of the m butterflies; radix 2: w
}

func newRealFFT(n int) *realFFT {
	if n < 8 || n&(n-1) != 0 {
		panic("stft: the transform length must be a power of two from 8 up")
	}
	half := n / 2
	f := &realFFT{n: n, a: make([]complex64, half), b: make([]complex64, half), untan: make([]complex64, n/4+1)}
	for k := range f.untan {
		f.untan[k] = unit(k, n)
	}
	length, stride := half, 1
	if bits.TrailingZeros(uint(half))%2 == 1 {
		m := length / 2
		st := stage{radix: 2, m: m, s: stride, tw: make([]complex64, m)}
		for p := range st.tw {
			st.tw[p] = unit(p, length)
		}
		f.stages = append(f.stages, st)
		length, stride = m, stride*2
	}
	for length > 1 {
		m := length / 4
		st := stage{radix: 4, m: m, s: stride, tw: make([]complex64, 3*m)}
		for p := range m {
			for j := range 3 {
				st.tw[3*p+j] = unit(p*(j+1), length)
			}
		}
		f.stages = append(f.stages, st)
		length, stride = m, stride*4
	}
	return f
}

// unit is exp(−2πi k/n).
func unit(k, n int) complex64 {
	s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
	return complex(float32(c), float32(s))
}

// complexFFT transforms x, which is f.a, and returns the buffer that holds the result.
func (f *realFFT) complexFFT() []complex64 {
	x, y := f.a, f.b
	for i := range f.stages {
		st := &f.stages[i]
		switch {
		case st.radix == 2:
			radix2(y, x, st)
		case st.s == 1:
			radix4First(y, x, st)
		case !radix4SIMD(y, x, st):
			radix4(y, x, st)
		}
		x, y = y, x
	}
	return x
}

func radix2(y, x []complex64, st *stage) { // always the first pass: stride 1
	m := st.m
	lo, hi, tw := x[:m], x[m:2*m], st.tw[:m]
	y = y[:2*m]
	for p, w := range tw {
		a, b := lo[p], hi[p]
		y[2*p] = a + b
		y[2*p+1] = mul(a-b, w)
	}
}

func radix4First(y, x []complex64, st *stage) {
	m := st.m
	x0, x1, x2, x3 := x[:m], x[m:2*m], x[2*m:3*m], x[3*m:4*m]
	y = y[:4*m]
	tw := st.tw
	for p := range x0 {
		w := tw[3*p : 3*p+3 : 3*p+3]
		a, b, c, d := x0[p], x1[p], x2[p], x3[p]
		ac, amc, bd, bmd := a+c, a-c, b+d, b-d
		jbd := complex(-imag(bmd), real(bmd))
		q := y[4*p : 4*p+4 : 4*p+4]
		q[0] = ac + bd
		q[1] = mul(amc-jbd, w[0])
		q[2] = mul(ac-bd, w[1])
		q[3] = mul(amc+jbd, w[2])
	}
}

func radix4(y, x []complex64, st *stage) {
	m, s := st.m, st.s
	for p := range m {
		w1, w2, w3 := st.tw[3*p], st.tw[3*p+1], st.tw[3*p+2]
		x0, x1, x2, x3 := x[s*p:][:s], x[s*(p+m):][:s], x[s*(p+2*m):][:s], x[s*(p+3*m):][:s]
		o := 4 * p * s
		y0, y1, y2, y3 := y[o:][:s], y[o+s:][:s], y[o+2*s:][:s], y[o+3*s:][:s]
		for q := range x0 {
			a, b, c, d := x0[q], x1[q], x2[q], x3[q]
			ac, amc, bd, bmd := a+c, a-c, b+d, b-d
			jbd := complex(-imag(bmd), real(bmd))
			y0[q] = ac + bd
			y1[q] = mul(amc-jbd, w1)
			y2[q] = mul(ac-bd, w2)
			y3[q] = mul(amc+jbd, w3)
		}
	}
}

// mul is a complex product without the checks for infinities that Go's own carries out.
func mul(a, b complex64) complex64 {
	return complex(real(a)*real(b)-imag(a)*imag(b), real(a)*imag(b)+imag(a)*real(b))
}

// forward writes the n/2+1 bins of the spectrum of the n samples x.
func (f *realFFT) forward(dst []complex64, x []float32) {
	half := f.n / 2
	x = x[:f.n]
	for i := range f.a {
		f.a[i] = complex(x[2*i], x[2*i+1])
	}
	z := f.complexFFT()
	dst = dst[:half+1]
	z0 := z[0]
	dst[0] = complex(real(z0)+imag(z0), 0)
	dst[half] = complex(real(z0)-imag(z0), 0)
	for k := 1; k <= half/2; k++ {
		zk, zc := z[k], z[half-k]
		even := complex(0.5*(real(zk)+real(zc)), 0.5*(imag(zk)-imag(zc)))
		odd := complex(0.5*(imag(zk)+imag(zc)), 0.5*(real(zc)-real(zk)))
		t := mul(odd, f.untan[k])
		dst[k] = even + t
		d := even - t
		dst[half-k] = complex(real(d), -imag(d))
	}
}

// inverse writes the n samples whose spectrum is src (n/2+1 bins), scaled by 1/n so that it undoes
// forward. The imaginary parts of the first and last bins are taken as zero.
func (f *realFFT) inverse(dst []float32, src []complex64) {
	half := f.n / 2
	src = src[:half+1]
	scale := 1 / float32(f.n)
	// The conjugate of the tangled half spectrum, so that the forward transform inverts it.
	dc, ny := real(src[0]), real(src[half])
	f.a[0] = complex((dc+ny)*scale, -(dc-ny)*scale)
	for k := 1; k <= half/2; k++ {
		xk, xc := src[k], src[half-k]
		xc = complex(real(xc), -imag(xc))
		even := xk + xc
		w := f.untan[k]
		odd := mul(xk-xc, complex(real(w), -imag(w)))
		// z[k] = even + i·odd, z[half−k] = conj(even) + i·conj(odd)
		f.a[k] = complex((real(even)-imag(odd))*scale, -(imag(even)+real(odd))*scale)
		f.a[half-k] = complex((real(even)+imag(odd))*scale, -(real(odd)-imag(even))*scale)
	}
	z := f.complexFFT()
	dst = dst[:f.n]
	for i, v := range z {
		dst[2*i] = real(v)
		dst[2*i+1] = -imag(v)
	}
}
