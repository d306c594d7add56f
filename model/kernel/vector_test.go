package kernel

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The default takes 430 000 numbers spread over all bit patterns; 1 takes them
// all, in some minutes.
var stride = flag.Uint("stride", 9973, "distance between the bit patterns that the accuracy tests try")

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)

func sigmoid64(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func log64(x float64) float64 { return math.Log(max(x, minNormal)) }

// functions are those of one source, with a float64 reference and the greatest
// error in ulp; 0.5 is correct rounding.
var functions = []struct {
	name string
	f    func(dst, src []float32)
	ref  func(float64) float64
	ulp  float64
}{
	{"ReLU", ReLU, func(x float64) float64 { return max(x, 0) }, 0},
	{"Sigmoid", Sigmoid, sigmoid64, 4},
	{"Tanh", Tanh, math.Tanh, 4},
	{"Exp", Exp, math.Exp, 4},
	{"Log", Log, log64, 4},
	// math.Sqrt in float64 is itself rounded: a hair over a half.
	{"Sqrt", Sqrt, math.Sqrt, 0.5001},
}

// ulps is the distance of got from want in units of the last place of a float32
// at want. Below the normal numbers that unit is 2⁻¹⁴⁹; there 2²³ of them count
// as one, for the contract is 10⁻³⁸ absolute.
func ulps(got float32, want float64) float64 {
	switch {
	case want != want:
		if got != got {
			return 0
		}
		return math.Inf(1)
	case float64(got) == want || float64(got) == float64(float32(want)):
		return 0
	case math.IsInf(want, 0):
		return math.Inf(1)
	case math.Abs(want) < minNormal:
		return math.Abs(float64(got)-want) / minNormal
	case math.Abs(want) > math.MaxFloat32 && math.IsInf(float64(got), 0):
		return 0
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, e-24)
}

// Values from M. Abramowitz and I. A. Stegun, Handbook of Mathematical
// Functions, tables 4.2 (log), 4.4 (exp) and 4.15 (tanh), and limits.
func TestKnownValues(t *testing.T) {
	each(t, func(t *testing.T) {
		for _, c := range []struct {
			name    string
			f       func(dst, src []float32)
			x, want float32
			ulp     float64
		}{
			{"Exp", Exp, 0, 1, 0},
			{"Exp", Exp, float32(math.Copysign(0, -1)), 1, 0},
			{"Exp", Exp, 1, 2.718281828459045, 4},
			{"Exp", Exp, -1, 0.36787944117144233, 4},
			{"Exp", Exp, 88.7228, 3.402694693826e+38, 4},
			{"Exp", Exp, 88.7229, inf, 0},
			{"Exp", Exp, -104, 0, 0},
			{"Exp", Exp, math.MaxFloat32, inf, 0},
			{"Exp", Exp, -math.MaxFloat32, 0, 0},
			{"Exp", Exp, inf, inf, 0},
			{"Exp", Exp, -inf, 0, 0},
			{"Log", Log, 1, 0, 0},
			{"Log", Log, 2, 0.6931471805599453, 4},
			{"Log", Log, 10, 2.302585092994046, 4},
			{"Log", Log, 0, -87.33654475055310899, 4},
			{"Log", Log, 0x1p-149, -87.33654475055310899, 4},
			{"Log", Log, -3, -87.33654475055310899, 4},
			{"Log", Log, -inf, -87.33654475055310899, 4},
			{"Log", Log, math.MaxFloat32, 88.72283905206835, 4},
			{"Log", Log, inf, inf, 0},
			{"Sigmoid", Sigmoid, 0, 0.5, 0},
			{"Sigmoid", Sigmoid, 1, 0.7310585786300049, 4},
			{"Sigmoid", Sigmoid, -1, 0.2689414213699951, 4},
			{"Sigmoid", Sigmoid, 100, 1, 0},
			{"Sigmoid", Sigmoid, -110, 0, 0},
			{"Sigmoid", Sigmoid, math.MaxFloat32, 1, 0},
			{"Sigmoid", Sigmoid, -math.MaxFloat32, 0, 0},
			{"Sigmoid", Sigmoid, inf, 1, 0},
			{"Sigmoid", Sigmoid, -inf, 0, 0},
			{"Tanh", Tanh, 0, 0, 0},
			{"Tanh", Tanh, 0.5, 0.46211715726000975, 4},
			{"Tanh", Tanh, 1, 0.7615941559557649, 4},
			{"Tanh", Tanh, -2, -0.9640275800758169, 4},
			{"Tanh", Tanh, 1e-20, 1e-20, 0},
			{"Tanh", Tanh, math.MaxFloat32, 1, 0},
			{"Tanh", Tanh, -math.MaxFloat32, -1, 0},
			{"Tanh", Tanh, inf, 1, 0},
			{"Tanh", Tanh, -inf, -1, 0},
			{"Sqrt", Sqrt, 2, 1.4142135623730951, 0},
			{"Sqrt", Sqrt, 0x1p-148, 0x1p-74, 0},
			{"Sqrt", Sqrt, inf, inf, 0},
			{"Sqrt", Sqrt, -1, nan, 0},
			{"ReLU", ReLU, -1, 0, 0},
			{"ReLU", ReLU, 3, 3, 0},
			{"ReLU", ReLU, inf, inf, 0},
			{"ReLU", ReLU, -inf, 0, 0},
		} {
			y := []float32{0}
			c.f(y, []float32{c.x})
			if ulps(y[0], float64(c.want)) > c.ulp {
				t.Errorf("%s(%g) = %g, want %g", c.name, c.x, y[0], c.want)
			}
		}
		for _, f := range functions {
			y := []float32{0}
			if f.f(y, []float32{nan}); y[0] == y[0] {
				t.Errorf("%s(NaN) = %g", f.name, y[0])
			}
		}
		for _, f := range []func(dst, src []float32){Tanh, ReLU, Sqrt} {
			y := []float32{1}
			if f(y, []float32{float32(math.Copysign(0, -1))}); math.Float32bits(y[0]) != 1<<31 {
				t.Errorf("f(−0) = %g", y[0])
			}
		}
	})
}

// The accuracy that the comments promise, over the whole range.
func TestAccuracy(t *testing.T) {
	each(t, func(t *testing.T) {
		for _, f := range functions {
			worst, at := 0.0, float32(0)
			var x, y [1024]float32
			n := 0
			flush := func() {
				f.f(y[:n], x[:n])
				for i, v := range x[:n] {
					if e := ulps(y[i], f.ref(float64(v))); e > worst {
						worst, at = e, v
					}
				}
				n = 0
			}
			for b := uint64(0); b < 1<<32; b += uint64(*stride) {
				x[n] = math.Float32frombits(uint32(b))
				if n++; n == len(x) {
					flush()
				}
			}
			// Uniform where the functions bend.
			for v := float32(-105); v < 105; v += 0.00317 {
				x[n] = v
				if n++; n == len(x) {
					flush()
				}
			}
			flush()
			t.Logf("%s: %.3f ulp at %g (%#08x)", f.name, worst, at, math.Float32bits(at))
			if worst > f.ulp {
				t.Errorf("%s(%g) is off by %g ulp", f.name, at, worst)
			}
		}
	})
}

// Sums that a straightforward loop in float64 reproduces.
func TestArithmetic(t *testing.T) {
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		a := float32(1.7)
		for n := range 68 {
			src, was := noise(r, n), noise(r, n)
			for _, f := range []struct {
				name string
				f    func(dst []float32)
				want func(d, s float64) float64
				ulp  float64 // of the greatest term
			}{
				{"Add", func(d []float32) { Add(d, src) }, func(d, s float64) float64 { return d + s }, 0.5},
				{"Mul", func(d []float32) { Mul(d, src) }, func(d, s float64) float64 { return d * s }, 0.5},
				{"Scale", func(d []float32) { Scale(d, src, a) }, func(d, s float64) float64 { return float64(a) * s }, 0.5},
				{"AXPY", func(d []float32) { AXPY(d, a, src) }, func(d, s float64) float64 { return d + float64(a)*s }, 1},
			} {
				d := append([]float32(nil), was...)
				f.f(d)
				for i, v := range d {
					want := f.want(float64(was[i]), float64(src[i]))
					most := max(math.Abs(want), math.Abs(float64(was[i])), math.Abs(float64(a*src[i])))
					if math.Abs(float64(v)-want) > f.ulp*most*0x1p-23 {
						t.Fatalf("%s: element %d of %d is %g, want %g", f.name, i, n, v, want)
					}
				}
			}
		}
	})
}

func TestMagnitude(t *testing.T) {
	each(t, func(t *testing.T) {
		known := []complex64{3 + 4i, -5 - 12i, 0, complex(inf, 1), complex(0, -inf), 3e38 + 1e38i, 3e-30 + 4e-30i, complex(math.MaxFloat32, math.MaxFloat32)}
		want := []float32{5, 13, 0, inf, inf, 3.1622777e38, 5e-30, inf}
		y := make([]float32, len(known))
		Magnitude(y, known)
		for i, v := range y {
			if ulps(v, float64(want[i])) > 1 {
				t.Errorf("|%g| = %g, want %g", known[i], v, want[i])
			}
		}
		if Magnitude(y[:1], []complex64{complex(0, nan)}); y[0] == y[0] {
			t.Errorf("|NaN| = %g", y[0])
		}
		r := rand.New(rand.NewPCG(10, 10))
		for n := range 68 {
			src := make([]complex64, n)
			for i := range src {
				s := math.Exp(40 * r.NormFloat64())
				src[i] = complex64(complex(s*r.NormFloat64(), s*r.NormFloat64()))
			}
			y := make([]float32, n)
			Magnitude(y, src)
			for i, v := range src {
				re, im := float64(real(v)), float64(imag(v))
				if e := ulps(y[i], math.Sqrt(re*re+im*im)); e > 0.501 {
					t.Fatalf("|%g| = %g, off by %g ulp", v, y[i], e)
				}
			}
		}
	})
}

func TestMaskComplex(t *testing.T) {
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 11))
		for n := range 68 {
			src, mask := make([]complex64, n), noise(r, n)
			for i := range src {
				src[i] = complex(float32(r.NormFloat64()), float32(r.NormFloat64()))
			}
			dst := make([]complex64, n)
			MaskComplex(dst, src, mask)
			for i, v := range dst {
				if want := complex(real(src[i])*mask[i], imag(src[i])*mask[i]); v != want {
					t.Fatalf("element %d of %d is %g, want %g", i, n, v, want)
				}
			}
			MaskComplex(src, src, mask) // in place
			for i, v := range src {
				if v != dst[i] {
					t.Fatalf("in place, element %d of %d is %g, want %g", i, n, v, dst[i])
				}
			}
		}
	})
}

// allOfOneSource are all functions but MaskComplex, in one form.
var allOfOneSource = map[string]func(dst, src []float32){
	"ReLU": ReLU, "Sigmoid": Sigmoid, "Tanh": Tanh, "Exp": Exp, "Log": Log, "Sqrt": Sqrt, "Add": Add, "Mul": Mul,
	"Scale": func(dst, src []float32) { Scale(dst, src, 0.3) },
	"AXPY":  func(dst, src []float32) { AXPY(dst, 0.3, src) },
	"Magnitude": func(dst, src []float32) {
		c := make([]complex64, len(src))
		for i, v := range src {
			c[i] = complex(v, 1)
		}
		Magnitude(dst, c)
	},
}

// Every element gets the same bits at every place in every length, in place or
// not, and nothing around the destination changes.
func TestSameBitsAnywhere(t *testing.T) {
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(12, 12))
		const most = 67
		src, was := noise(r, most), noise(r, most)
		for i := range src {
			src[i] *= 10
		}
		src[3], src[20], src[40] = nan, inf, -inf
		for name, f := range allOfOneSource {
			alone := make([]float32, most)
			for i := range alone {
				alone[i] = was[i]
				f(alone[i:i+1], src[i:i+1])
			}
			for n := 1; n <= most; n++ {
				for first := 0; first+n <= most; first += 1 + n%5 {
					dst, intact := guarded(n, float32(777))
					copy(dst, was[first:])
					f(dst, src[first:first+n])
					if !intact() {
						t.Fatalf("%s of %d wrote outside its destination", name, n)
					}
					for i, v := range dst {
						if math.Float32bits(v) != math.Float32bits(alone[first+i]) {
							t.Fatalf("%s: element %d of %d is %x, alone %x", name, i, n, v, alone[first+i])
						}
					}
				}
				if name == "Add" || name == "Mul" || name == "AXPY" {
					continue // in place they mean something else
				}
				dst, intact := guarded(n, float32(777))
				copy(dst, src)
				f(dst, dst)
				if !intact() {
					t.Fatalf("%s of %d, in place, wrote outside its destination", name, n)
				}
				for i, v := range dst {
					if math.Float32bits(v) != math.Float32bits(alone[i]) {
						t.Fatalf("%s in place: element %d of %d is %x, alone %x", name, i, n, v, alone[i])
					}
				}
			}
		}
		for n := 1; n <= most; n++ {
			dst, intact := guarded(n, complex64(777))
			MaskComplex(dst, make([]complex64, n), src[:n])
			if !intact() {
				t.Fatalf("MaskComplex of %d wrote outside its destination", n)
			}
		}
	})
}

// The two assembly kernels promise the same bits, and the plain twin is within
// the error of both.
func TestVectorKernelsAgree(t *testing.T) {
	was := Name()
	defer Select(was)
	const n = 1 << 14
	src := make([]float32, n)
	results := map[string][]float32{}
	for name, f := range allOfOneSource {
		for _, k := range Names() {
			Select(k)
			var all []float32
			for start := range 8 {
				for i := range src {
					src[i] = math.Float32frombits(uint32(i*8+start) * (1 << 15)) // over all bit patterns
				}
				dst := make([]float32, n)
				f(dst, src)
				all = append(all, dst...)
			}
			results[k] = all
		}
		for i, v := range results["avx512"] {
			w := results["avx2"][i]
			if math.Float32bits(v) != math.Float32bits(w) && (v == v || w == w) {
				t.Fatalf("%s: result %d: avx512 %x, avx2 %x", name, i, v, w)
			}
		}
		for i, v := range results["avx2"] {
			if w := results["go"][i]; ulps(v, float64(w)) > 8 {
				t.Fatalf("%s: result %d: avx2 %g, go %g", name, i, v, w)
			}
		}
	}
}

func TestVectorPanics(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	c := func(n int) []complex64 { return make([]complex64, n) }
	for name, f2 := range allOfOneSource {
		mustPanic(t, name, func() { f2(f(3), f(4)) })
		mustPanic(t, name, func() { f2(f(4), nil) })
		f2(nil, nil)
	}
	mustPanic(t, "MaskComplex", func() { MaskComplex(c(3), c(4), f(4)) })
	mustPanic(t, "MaskComplex", func() { MaskComplex(c(4), c(4), f(3)) })
	MaskComplex(nil, nil, nil)
}

func TestVectorsDoNotAllocate(t *testing.T) {
	each(t, func(t *testing.T) {
		if n := testing.AllocsPerRun(10, func() {
			var a, b [37]float32
			var c, d [37]complex64
			ReLU(a[:], b[:])
			Sigmoid(a[:], b[:])
			Tanh(a[:], b[:])
			Exp(a[:], b[:])
			Log(a[:], b[:])
			Sqrt(a[:], b[:])
			Add(a[:], b[:])
			Mul(a[:], b[:])
			Scale(a[:], b[:], 2)
			AXPY(a[:], 2, b[:])
			Magnitude(a[:], c[:])
			MaskComplex(d[:], c[:], b[:])
			FlushDenormals().Restore()
		}); n != 0 {
			t.Errorf("%g allocations", n)
		}
	})
}

func ExampleMagnitude() {
	y := make([]float32, 2)
	Magnitude(y, []complex64{3 + 4i, -1})
	fmt.Println(y)
	// Output: [5 1]
}

func BenchmarkVector(b *testing.B) {
	was := Name()
	defer Select(was)
	const n = 1025 // the bins of a 2048-point spectrum
	r := rand.New(rand.NewPCG(1, 1))
	dst, src := noise(r, n), noise(r, n)
	c, d := make([]complex64, n), make([]complex64, n)
	for i := range c {
		c[i] = complex(src[i], dst[i])
	}
	for _, name := range Names() {
		Select(name)
		for _, f := range []struct {
			name string
			f    func()
		}{
			{"ReLU", func() { ReLU(dst, src) }},
			{"Sigmoid", func() { Sigmoid(dst, src) }},
			{"Tanh", func() { Tanh(dst, src) }},
			{"Exp", func() { Exp(dst, src) }},
			{"Log", func() { Log(dst, src) }},
			{"Sqrt", func() { Sqrt(dst, src) }},
			{"Add", func() { Add(dst, src) }},
			{"Mul", func() { Mul(dst, src) }},
			{"Scale", func() { Scale(dst, src, 0.5) }},
			{"AXPY", func() { AXPY(dst, 1e-9, src) }},
			{"Magnitude", func() { Magnitude(dst, c) }},
			{"MaskComplex", func() { MaskComplex(d, c, src) }},
		} {
			b.Run(name+"/"+f.name, func(b *testing.B) {
				for b.Loop() {
					f.f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/elem")
			})
		}
	}
}
