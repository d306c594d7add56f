package dataset

import "math"

// biquad is a filter of the second order, in transposed direct form II, its coefficients after
// Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients". Frequencies are
// over the rate; a design at 0.45 or above does nothing.
type biquad struct{ b0, b1, b2, a1, a2 float32 }

// still keeps what hears silence, and its square, from falling into denormal numbers, which processors are
// slow at: −300 dB.
const still = 1e-15

const nyquist = 0.45 // above it the bilinear transform has squeezed a filter out of its shape

func design(b0, b1, b2, a0, a1, a2 float64) biquad {
	return biquad{float32(b0 / a0), float32(b1 / a0), float32(b2 / a0), float32(a1 / a0), float32(a2 / a0)}
}

// peakAt has a gain of db at f, and none far away.
func peakAt(f, db, q float64) biquad {
	if f >= nyquist {
		return biquad{b0: 1}
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	a, alpha := math.Pow(10, db/40), sin/(2*q)
	return design(1+alpha*a, -2*cos, 1-alpha*a, 1+alpha/a, -2*cos, 1-alpha/a)
}

// lowShelf has a gain of db below f, half of that at f, with a slope of 1.
func lowShelf(f, db float64) biquad {
	if f >= nyquist {
		return biquad{b0: 1}
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	a := math.Pow(10, db/40)
	s := math.Sqrt(a) * sin * math.Sqrt2
	return design(a*(a+1-(a-1)*cos+s), 2*a*(a-1-(a+1)*cos), a*(a+1-(a-1)*cos-s),
		a+1+(a-1)*cos+s, -2*(a-1+(a+1)*cos), a+1+(a-1)*cos-s)
}

// highShelf has a gain of db above f, half of that at f, with a slope of 1.
func highShelf(f, db float64) biquad {
	if f >= nyquist {
		return biquad{b0: 1}
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	a := math.Pow(10, db/40)
	s := math.Sqrt(a) * sin * math.Sqrt2
	return design(a*(a+1+(a-1)*cos+s), -2*a*(a-1+(a+1)*cos), a*(a+1+(a-1)*cos-s),
		a+1-(a-1)*cos+s, 2*(a-1-(a+1)*cos), a+1-(a-1)*cos-s)
}

// lowAt is a low-pass, −3 dB at f with q = 1/√2.
func lowAt(f, q float64) biquad {
	if f >= nyquist {
		return biquad{b0: 1}
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	alpha := sin / (2 * q)
	return design((1-cos)/2, 1-cos, (1-cos)/2, 1+alpha, -2*cos, 1-alpha)
}

// highAt is a high-pass, −3 dB at f with q = 1/√2.
func highAt(f, q float64) biquad {
	if f >= nyquist {
		return biquad{b0: 1}
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	alpha := sin / (2 * q)
	return design((1+cos)/2, -1-cos, (1+cos)/2, 1+alpha, -2*cos, 1-alpha)
}

func (f biquad) run(x []float32) {
	var s, t float32
	for i, v := range x {
		y := f.b0*v + s
		s = f.b1*v - f.a1*y + t + still
		t = f.b2*v - f.a2*y
		x[i] = y
	}
}

// pair runs f and then g, at little more than the time of one: neither waits for the other.
func pair(f, g biquad, x []float32) {
	var s, t, u, w float32
	for i, v := range x {
		y := f.b0*v + s
		s = f.b1*v - f.a1*y + t + still
		t = f.b2*v - f.a2*y
		z := g.b0*y + u
		u = g.b1*y - g.a1*z + w + still
		w = g.b2*y - g.a2*z
		x[i] = z
	}
}

// butterworth is the Q of section k of four, of a filter of the 8th order.
func butterworth(k int) float64 { return 1 / (2 * math.Cos(math.Pi*float64(2*k+1)/16)) }

// lowpass is a Butterworth filter of the 8th order; f is the frequency over the rate.
func lowpass(x []float32, f float64) {
	if f >= nyquist {
		return
	}
	pair(lowAt(f, butterworth(0)), lowAt(f, butterworth(1)), x)
	pair(lowAt(f, butterworth(2)), lowAt(f, butterworth(3)), x)
}

// highpass is its counterpart.
func highpass(x []float32, f float64) {
	if f >= nyquist {
		return
	}
	pair(highAt(f, butterworth(0)), highAt(f, butterworth(1)), x)
	pair(highAt(f, butterworth(2)), highAt(f, butterworth(3)), x)
}

// tilt mixes in a share of the signal's difference (brighter, share > 0) or its running mean (darker).
func tilt(x []float32, share float32) {
	var low float32
	for i, v := range x {
		low += 0.15*(v-low) + still
		if share > 0 {
			x[i] = v + share*2*(v-low)
		} else {
			x[i] = v + share*(v-low)
		}
	}
}

// energy is the sum of squares.
func energy(x []float32) float64 {
	var sum float64
	for len(x) > 0 {
		n := min(len(x), 64)
		var p float32
		for _, v := range x[:n] {
			p += v * v
		}
		sum += float64(p)
		x = x[n:]
	}
	return sum
}
