package kernel

import "math"

// The polynomials of exp, log and tanh are those of Cephes (S. L. Moshier,
// Methods and Programs for Mathematical Functions, 1989; single/expf.c, logf.c
// and tanhf.c), evaluated by Horner's rule. gen.go writes the same steps for
// the assembly kernels from the same constants.
const (
	// Beyond these exp is +Inf and 0 in float32; between them its power of two
	// splits into two factors that are normal numbers.
	expMax = 89
	expMin = -104

	log2e = 1.44269504088896341
	// ln 2 = ln2Hi + ln2Lo, where ln2Hi has 9 bits, so that its product with an
	// exponent is exact.
	ln2Hi = 0.693359375
	ln2Lo = -2.12194440e-4

	// Adding and subtracting 1.5·2²³ rounds a float32 below 2²² to an integer,
	// to even on a tie.
	roundMagic = 12582912

	expC0 = 1.9875691500e-4
	expC1 = 1.3981999507e-3
	expC2 = 8.3334519073e-3
	expC3 = 4.1665795894e-2
	expC4 = 1.6666665459e-1
	expC5 = 5.0000001201e-1

	logC0 = 7.0376836292e-2
	logC1 = -1.1514610310e-1
	logC2 = 1.1676998740e-1
	logC3 = -1.2420140846e-1
	logC4 = 1.4249322787e-1
	logC5 = -1.6668057665e-1
	logC6 = 2.0000714765e-1
	logC7 = -2.4999993993e-1
	logC8 = 3.3333331174e-1

	sqrtHalfBits = 0x3f3504f3 // √½, where the mantissa's range begins
	minNormal    = 0x1p-126

	// Below this |x| tanh is a polynomial, above it follows from exp.
	tanhSplit = 0.625

	tanhC0 = -5.70498872745e-3
	tanhC1 = 2.06390887954e-2
	tanhC2 = -5.37397155531e-2
	tanhC3 = 1.33314422036e-1
	tanhC4 = -3.33332819422e-1
)

func exp(x float32) float32 {
	if x > expMax {
		x = expMax
	}
	if x < expMin {
		x = expMin
	}
	n := mla(x, log2e, roundMagic) - roundMagic
	r := mla(n, -ln2Hi, x)
	r = mla(n, -ln2Lo, r)
	y := float32(expC0)
	y = mla(y, r, expC1)
	y = mla(y, r, expC2)
	y = mla(y, r, expC3)
	y = mla(y, r, expC4)
	y = mla(y, r, expC5)
	y = mla(y, float32(r*r), r) + 1
	// 2ⁿ in two factors, for it may itself overflow or be denormal.
	i := int32(n)
	h := i >> 1
	y *= math.Float32frombits(uint32(h+127) << 23)
	return y * math.Float32frombits(uint32(i-h+127)<<23)
}

func log(x float32) float32 {
	if !(x <= math.MaxFloat32) {
		return x // +Inf or NaN
	}
	if x < minNormal {
		x = minNormal
	}
	b := int32(math.Float32bits(x))
	e := (b - sqrtHalfBits) >> 23
	m := math.Float32frombits(uint32(b-e<<23)) - 1
	n := float32(e)
	z := float32(m * m)
	y := float32(logC0)
	y = mla(y, m, logC1)
	y = mla(y, m, logC2)
	y = mla(y, m, logC3)
	y = mla(y, m, logC4)
	y = mla(y, m, logC5)
	y = mla(y, m, logC6)
	y = mla(y, m, logC7)
	y = mla(y, m, logC8)
	y = float32(y * float32(m*z))
	y = mla(n, ln2Lo, y)
	y = mla(z, -0.5, y)
	return mla(n, ln2Hi, m+y)
}

func tanh(x float32) float32 {
	const sign = 1 << 31
	bits := math.Float32bits(x)
	a := math.Float32frombits(bits &^ sign)
	var y float32
	if a < tanhSplit {
		z := float32(x * x)
		y = float32(tanhC0)
		y = mla(y, z, tanhC1)
		y = mla(y, z, tanhC2)
		y = mla(y, z, tanhC3)
		y = mla(y, z, tanhC4)
		y = mla(float32(y*z), x, x)
	} else {
		y = 1 - 2/(exp(a+a)+1)
	}
	return math.Float32frombits(math.Float32bits(y) | bits&sign)
}

func reluGo(dst, src []float32) {
	for i, v := range src {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

func sigmoidGo(dst, src []float32) {
	for i, v := range src {
		dst[i] = 1 / (1 + exp(-v))
	}
}

func tanhGo(dst, src []float32) {
	for i, v := range src {
		dst[i] = tanh(v)
	}
}

func expGo(dst, src []float32) {
	for i, v := range src {
		dst[i] = exp(v)
	}
}

func logGo(dst, src []float32) {
	for i, v := range src {
		dst[i] = log(v)
	}
}

func sqrtGo(dst, src []float32) {
	for i, v := range src {
		dst[i] = float32(math.Sqrt(float64(v)))
	}
}

func addGo(dst, src []float32) {
	for i, v := range src {
		dst[i] += v
	}
}

func mulGo(dst, src []float32) {
	for i, v := range src {
		dst[i] *= v
	}
}

func scaleGo(dst, src []float32, a float32) {
	for i, v := range src {
		dst[i] = a * v
	}
}

func axpyGo(dst []float32, a float32, src []float32) {
	for i, v := range src {
		dst[i] = mla(a, v, dst[i])
	}
}

func magnitudeGo(dst []float32, src []complex64) {
	for i, v := range src {
		// Both squares are exact in float64.
		re, im := float64(real(v)), float64(imag(v))
		dst[i] = float32(math.Sqrt(re*re + im*im))
	}
}

func maskComplexGo(dst, src []complex64, mask []float32) {
	for i, v := range src {
		m := mask[i]
		dst[i] = complex(real(v)*m, imag(v)*m)
	}
}
