package stft

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	dspfft "github.com/mjibson/go-dsp/fft"
	"github.com/mjibson/go-dsp/window"
	"gonum.org/v1/gonum/dsp/fourier"
)

func noise(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.Float64()*2 - 1)
	}
	return x
}

// A float32 transform of unit noise errs by about ε·log2(n) of its root-mean-square bin; 2e-7·log2(n)
// leaves room for the largest of the bins.
func tolerance(n int) float64 { return 2e-7 * math.Log2(float64(n)) * math.Sqrt(float64(n)) }

func TestFFTAgainstGonumAndGoDSP(t *testing.T) {
	for n := 8; n <= 16384; n *= 2 {
		x := noise(n, uint64(n))
		x64 := make([]float64, n)
		for i, v := range x {
			x64[i] = float64(v)
		}
		f := newRealFFT(n)
		got := make([]complex64, n/2+1)
		f.forward(got, x)
		gonum := fourier.NewFFT(n).Coefficients(nil, x64)
		godsp := dspfft.FFTReal(x64)
		for k := range got {
			if d := cmplx.Abs(complex128(got[k]) - gonum[k]); d > tolerance(n) {
				t.Fatalf("n=%d bin %d: %v, gonum %v", n, k, got[k], gonum[k])
			}
			if d := cmplx.Abs(complex128(got[k]) - godsp[k]); d > tolerance(n) {
				t.Fatalf("n=%d bin %d: %v, go-dsp %v", n, k, got[k], godsp[k])
			}
		}
		back := make([]float32, n)
		f.inverse(back, got)
		for i := range back {
			if d := math.Abs(float64(back[i] - x[i])); d > 2e-6 {
				t.Fatalf("n=%d sample %d: inverse off by %g", n, i, d)
			}
		}
	}
}

// The vector pass and its plain twin differ by the rounding of fused products only.
func TestRadix4AgainstPlainGo(t *testing.T) {
	for _, c := range [][2]int{{1, 4}, {4, 4}, {16, 16}, {2, 8}, {64, 4}, {1, 256}} {
		st := &stage{radix: 4, m: c[0], s: c[1]}
		for p := range st.m {
			for j := 1; j <= 3; j++ {
				st.tw = append(st.tw, unit(p*j, 4*st.m))
			}
		}
		n := 4 * st.m * st.s
		re, im := noise(n, 1), noise(n, 2)
		x, plain, fast := make([]complex64, n), make([]complex64, n), make([]complex64, n)
		for i := range x {
			x[i] = complex(re[i], im[i])
		}
		if !radix4SIMD(fast, x, st) {
			t.Skip("no vector instructions for this pass here")
		}
		radix4(plain, x, st)
		for i := range plain {
			if cmplx.Abs(complex128(plain[i]-fast[i])) > 1e-6 {
				t.Fatalf("m=%d s=%d value %d: %v, plain %v", st.m, st.s, i, fast[i], plain[i])
			}
		}
	}
}

// The transform of an impulse at sample d is exp(−2πi k d/n), of a cosine at bin k0 n/2 at k0 alone.
func TestFFTKnownValues(t *testing.T) {
	const n, d, k0 = 64, 3, 5
	f := newRealFFT(n)
	x, got := make([]float32, n), make([]complex64, n/2+1)
	x[d] = 1
	f.forward(got, x)
	for k := range got {
		want := cmplx.Exp(complex(0, -2*math.Pi*float64(k*d)/n))
		if cmplx.Abs(complex128(got[k])-want) > 1e-6 {
			t.Errorf("impulse, bin %d: %v, want %v", k, got[k], want)
		}
	}
	for i := range x {
		x[i] = float32(math.Cos(2 * math.Pi * k0 * float64(i) / n))
	}
	f.forward(got, x)
	for k := range got {
		want := 0.
		if k == k0 {
			want = n / 2
		}
		if math.Abs(cmplx.Abs(complex128(got[k]))-want) > 1e-5 {
			t.Errorf("cosine, bin %d: %v, want %g", k, got[k], want)
		}
	}
}

// go-dsp's Hann window is the symmetric one (division by N−1); that of N+1 samples, without its
// last, is the periodic one of N, and our square-root windows multiply to it.
func TestSymmetricWindowIsPeriodicHann(t *testing.T) {
	p, err := Symmetric(1024, 512)
	if err != nil {
		t.Fatal(err)
	}
	a, s := p.Windows()
	hann := window.Hann(1025)
	for n := range a {
		if math.Abs(a[n]*s[n]-hann[n]) > 1e-12 {
			t.Fatalf("sample %d: product %g, Hann %g", n, a[n]*s[n], hann[n])
		}
	}
}

func pairs(t testing.TB) []Pair {
	var ps []Pair
	for _, c := range [][3]int{
		{64, 64, 32}, {256, 256, 64}, {512, 512, 256}, {1024, 1024, 512}, {1024, 1024, 256}, {2048, 2048, 512}, {4096, 4096, 1024},
		{1024, 256, 128}, {2048, 512, 256}, {2048, 512, 128}, {4096, 512, 256}, {4096, 1024, 512}, {2048, 256, 128},
		{1024, 1024, 300}, {1024, 1024, 441}, {2048, 512, 100}, {2048, 512, 171}, {512, 512, 1}, // hops that divide nothing
	} {
		p := Pair{c[0], c[1], c[2]}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

// roundTrip passes x through analysis and synthesis; the result lags by L samples less one hop
// (the hop that the caller collects before it can call Analyze), which it removes.
func roundTrip(p Pair, x []float32) []float32 {
	a, s := NewAnalyzer(p), NewSynthesizer(p)
	spectrum := make([]complex64, p.Bins())
	y := make([]float32, len(x)/p.H*p.H)
	for i := 0; i+p.H <= len(x); i += p.H {
		a.Analyze(spectrum, x[i:i+p.H])
		s.Synthesize(y[i:i+p.H], spectrum)
	}
	return y[p.L-p.H:]
}

func TestReconstruction(t *testing.T) {
	for _, p := range pairs(t) {
		t.Run(p.String(), func(t *testing.T) {
			x := noise(max(8*p.K, 40*p.H), 7)
			if p.H < 16 {
				x = x[:4*p.K]
			}
			y := roundTrip(p, x)
			var e, s float64
			for i := range y {
				d := float64(y[i] - x[i])
				e += d * d
				s += float64(x[i]) * float64(x[i])
			}
			if r := math.Sqrt(e / s); r > 1e-6 {
				t.Errorf("relative reconstruction error %.2g, want < 1e-6", r)
			}
		})
	}
}

func TestLatencyByImpulse(t *testing.T) {
	for _, p := range pairs(t) {
		x := make([]float32, (2*p.K/p.H+2)*p.H)
		at := p.K / 2
		x[at] = 1
		y := roundTrip(p, x)
		for i, v := range y {
			want := float32(0)
			if i == at {
				want = 1
			}
			if math.Abs(float64(v-want)) > 1e-6 {
				t.Fatalf("%v: sample %d is %g, want %g: the latency is not L = %d", p, i, v, want, p.L)
			}
		}
	}
}

func TestResetEqualsNew(t *testing.T) {
	p := Pair{2048, 512, 256}
	a, s := NewAnalyzer(p), NewSynthesizer(p)
	spec, hop := make([]complex64, p.Bins()), make([]float32, p.H)
	run := func() (sum float64) {
		x := noise(p.H*20, 3)
		for i := 0; i < len(x); i += p.H {
			a.Analyze(spec, x[i:i+p.H])
			s.Synthesize(hop, spec)
			for j, v := range hop {
				sum += float64(v) * float64(i+j+1)
			}
		}
		return sum
	}
	first := run()
	a.Reset()
	s.Reset()
	if again := run(); again != first {
		t.Errorf("after Reset %g, new %g", again, first)
	}
}

func TestBadPairs(t *testing.T) {
	for _, p := range []Pair{{}, {1000, 1000, 500}, {1024, 2048, 512}, {1024, 1024, 513}, {1024, 1024, 0}, {1024, 257, 100}, {4, 4, 2}, {1 << 21, 512, 256}} {
		if p.Check() == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	p := Pair{2048, 512, 256}
	a, s := NewAnalyzer(p), NewSynthesizer(p)
	spec, hop := make([]complex64, p.Bins()), noise(p.H, 1)
	if n := testing.AllocsPerRun(100, func() { a.Analyze(spec, hop); s.Synthesize(hop, spec) }); n != 0 {
		t.Errorf("%g allocations a frame", n)
	}
}

func ExampleAsymmetric() {
	p, err := Asymmetric(2048, 512, 256)
	fmt.Println(p, err)
	fmt.Printf("%.1f ms at 44.1 kHz, %d bins\n", 1e3*float64(p.Latency())/44100, p.Bins())
	// Output:
	// asymmetric 2048/512, hop 256 <nil>
	// 11.6 ms at 44.1 kHz, 1025 bins
}

func BenchmarkFFT(b *testing.B) {
	for _, n := range []int{512, 1024, 2048, 4096} {
		x := noise(n, 1)
		out := make([]complex64, n/2+1)
		b.Run(fmt.Sprintf("ours/%d", n), func(b *testing.B) {
			f := newRealFFT(n)
			for b.Loop() {
				f.forward(out, x)
			}
		})
		b.Run(fmt.Sprintf("gonum/%d", n), func(b *testing.B) {
			f := fourier.NewFFT(n)
			x64, out := make([]float64, n), make([]complex128, n/2+1)
			for b.Loop() {
				f.Coefficients(out, x64)
			}
		})
		b.Run(fmt.Sprintf("go-dsp/%d", n), func(b *testing.B) {
			x64 := make([]float64, n)
			for b.Loop() {
				dspfft.FFTReal(x64)
			}
		})
	}
}

// BenchmarkFrame is one analysis and one synthesis: the cost of a frame without a network.
func BenchmarkFrame(b *testing.B) {
	for _, p := range []Pair{{1024, 1024, 512}, {1024, 256, 128}, {2048, 512, 256}, {4096, 512, 256}} {
		b.Run(p.String(), func(b *testing.B) {
			a, s := NewAnalyzer(p), NewSynthesizer(p)
			spec, hop := make([]complex64, p.Bins()), noise(p.H, 1)
			for b.Loop() {
				a.Analyze(spec, hop)
				s.Synthesize(hop, spec)
			}
		})
	}
}
