package kernel

import "fmt"

// op names an elementwise function of one source to the assembly kernels.
type op int

const (
	opReLU op = iota
	opSigmoid
	opTanh
	opExp
	opLog
	opSqrt
	opAdd
	opMul
)

func checkLengths(name string, dst, src int) {
	if dst != src {
		panic(fmt.Sprintf("kernel: %s: destination of length %d, source of %d", name, dst, src))
	}
}

// ReLU sets dst[i] = max(src[i], 0). It panics unless the lengths are equal, as
// do all the functions below.
func ReLU(dst, src []float32) {
	checkLengths("ReLU", len(dst), len(src))
	if !unarySIMD(opReLU, dst, src) {
		reluGo(dst, src)
	}
}

// Sigmoid sets dst[i] = 1/(1+exp(−src[i])), within 4 ulp, or 10⁻³⁸ where the
// result is no normal number. It saturates to 0 and 1.
func Sigmoid(dst, src []float32) {
	checkLengths("Sigmoid", len(dst), len(src))
	if !unarySIMD(opSigmoid, dst, src) {
		sigmoidGo(dst, src)
	}
}

// Tanh sets dst[i] = tanh(src[i]), within 4 ulp. It saturates to −1 and 1.
func Tanh(dst, src []float32) {
	checkLengths("Tanh", len(dst), len(src))
	if !unarySIMD(opTanh, dst, src) {
		tanhGo(dst, src)
	}
}

// Exp sets dst[i] = exp(src[i]), within 4 ulp. It overflows to +Inf above
// 88.7228 and underflows to 0 below −103.97, as [math.Exp] would if it returned
// a float32.
func Exp(dst, src []float32) {
	checkLengths("Exp", len(dst), len(src))
	if !unarySIMD(opExp, dst, src) {
		expGo(dst, src)
	}
}

// Log sets dst[i] to the natural logarithm of src[i], within 4 ulp. A source
// below the smallest normal number, 2⁻¹²⁶, counts as that, zero and negative
// ones included: silence has a logarithm of −87.34, not −Inf or NaN.
func Log(dst, src []float32) {
	checkLengths("Log", len(dst), len(src))
	if !unarySIMD(opLog, dst, src) {
		logGo(dst, src)
	}
}

// Sqrt sets dst[i] to the square root of src[i], correctly rounded; NaN below
// zero.
func Sqrt(dst, src []float32) {
	checkLengths("Sqrt", len(dst), len(src))
	if !unarySIMD(opSqrt, dst, src) {
		sqrtGo(dst, src)
	}
}

// Add adds src[i] to dst[i].
func Add(dst, src []float32) {
	checkLengths("Add", len(dst), len(src))
	if !unarySIMD(opAdd, dst, src) {
		addGo(dst, src)
	}
}

// Mul multiplies dst[i] by src[i].
func Mul(dst, src []float32) {
	checkLengths("Mul", len(dst), len(src))
	if !unarySIMD(opMul, dst, src) {
		mulGo(dst, src)
	}
}

// Scale sets dst[i] = a·src[i].
func Scale(dst, src []float32, a float32) {
	checkLengths("Scale", len(dst), len(src))
	if !scaleSIMD(dst, src, a) {
		scaleGo(dst, src, a)
	}
}

// AXPY adds a·src[i] to dst[i]: with one rounding in the assembly kernels, with
// two in the plain one.
func AXPY(dst []float32, a float32, src []float32) {
	checkLengths("AXPY", len(dst), len(src))
	if !axpySIMD(dst, a, src) {
		axpyGo(dst, a, src)
	}
}

// Magnitude sets dst[i] = |src[i]|. It works in float64, so that no square
// overflows or underflows, and is correct within 0.501 ulp.
func Magnitude(dst []float32, src []complex64) {
	checkLengths("Magnitude", len(dst), len(src))
	if !magnitudeSIMD(dst, src) {
		magnitudeGo(dst, src)
	}
}

// MaskComplex sets dst[i] = mask[i]·src[i]. It panics unless all three lengths
// are equal.
func MaskComplex(dst, src []complex64, mask []float32) {
	checkLengths("MaskComplex", len(dst), len(src))
	checkLengths("MaskComplex", len(dst), len(mask))
	if !maskComplexSIMD(dst, src, mask) {
		maskComplexGo(dst, src, mask)
	}
}
