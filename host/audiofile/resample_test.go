package audiofile

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

var resamplePairs = [][2]int{ // Hz
	{48000, 44100}, {44100, 48000}, {96000, 44100}, {8000, 44100}, {44100, 8000},
	{11025, 44100}, {44100, 11025}, {16000, 44100}, {44100, 16000},
	{22050, 44100}, {44100, 22050}, {32000, 44100}, {44100, 32000},
	{44101, 48000}, // too many phases to hold
}

func newTestResampler(t testing.TB, channels, from, to int) *Resampler {
	t.Helper()
	r, err := NewResampler(channels, from, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// resampled feeds src in blocks of in samples, and takes what comes out in blocks of out; the whole for 0.
func resampled(t testing.TB, r *Resampler, src [][]float32, in, out int) [][]float32 {
	t.Helper()
	n := len(src[0])
	if in == 0 {
		in = max(n, 1)
	}
	if out == 0 {
		out = n*int(r.outRate)/int(r.inRate) + 2
	}
	dst, got := make([][]float32, len(src)), make([][]float32, len(src))
	for c := range dst {
		dst[c] = make([]float32, out)
	}
	collect := func(n int) {
		for c := range got {
			got[c] = append(got[c], dst[c][:n]...)
		}
	}
	rest := make([][]float32, len(src))
	for at := 0; at < n; {
		for c := range rest {
			rest[c] = src[c][at:min(at+in, n)]
		}
		consumed, produced, err := r.Process(dst, rest)
		if err != nil {
			t.Fatal(err)
		}
		if consumed < len(rest[0]) && produced < out {
			t.Fatalf("stopped after %d of %d samples with %d of %d written", consumed, len(rest[0]), produced, out)
		}
		at += consumed
		collect(produced)
	}
	for {
		produced, err := r.Flush(dst)
		if err != nil {
			t.Fatal(err)
		}
		if produced == 0 {
			return got
		}
		collect(produced)
	}
}

func resampledMono(t testing.TB, x []float32, from, to int) []float32 {
	t.Helper()
	return resampledAgain(t, newTestResampler(t, 1, from, to), x)
}

// resampledAgain converts x with a Resampler that may have been used before.
func resampledAgain(t testing.TB, r *Resampler, x []float32) []float32 {
	t.Helper()
	if err := r.Reset(); err != nil {
		t.Fatal(err)
	}
	return resampled(t, r, [][]float32{x}, 0, 0)[0]
}

func testTone(n int, freq float64, rate int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate)))
	}
	return x
}

// toneSpectrum is the amplitude in each bin of the middle 8192 samples of x, in dB of a full-scale sine. Its
// window has side lobes below −180 dB and a main lobe 8 bins to either side.
func toneSpectrum(x []float64) []float64 {
	const n, beta = 8192, 22.0
	from := len(x)/2 - n/2
	seq, sum := make([]float64, n), 0.0
	for i := range seq {
		u := 2*(float64(i)+0.5)/n - 1
		w := kaiserTerm(beta * math.Sqrt(1-u*u))
		seq[i] = w * x[from+i]
		sum += w
	}
	coef := fourier.NewFFT(n).Coefficients(nil, seq)
	db := make([]float64, len(coef))
	for i, v := range coef {
		db[i] = decibels(2 * cmplx.Abs(v) / sum)
	}
	return db
}

// kaiserTerm is the modified Bessel function of order 0.
func kaiserTerm(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-17*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

func decibels(x float64) float64 { return 20 * math.Log10(math.Max(x, 1e-15)) }

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestResamplerTones measures, tone by tone, the response within the pass band and everything else that comes out.
func TestResamplerTones(t *testing.T) {
	for _, pair := range resamplePairs {
		from, to := pair[0], pair[1]
		t.Run(fmt.Sprintf("%d-%d", from, to), func(t *testing.T) {
			nyquist := float64(min(from, to)) / 2
			n := (8192 + 4000) * from / to
			n = max(n, 12192)
			r := newTestResampler(t, 1, from, to)
			ripple, shift, alias := 0.0, 0.0, -300.0
			for _, f := range []float64{0.01, 0.1, 0.35, 0.5, 0.7, 0.8, 0.85, 0.9} {
				freq := f * nyquist
				got := float64s(resampledAgain(t, r, testTone(n, freq, from)))
				ideal := float64s(testTone(len(got), freq, to))
				db, want := toneSpectrum(got), toneSpectrum(ideal)
				bin := int(math.Round(freq / float64(to) * 8192))
				ripple = math.Max(ripple, math.Abs(db[bin]-want[bin]))
				for i, v := range db {
					if i < bin-12 || i > bin+12 {
						alias = math.Max(alias, v-want[bin])
					}
				}
				for i := range got {
					got[i] -= ideal[i]
				}
				shift = math.Max(shift, math.Pow(10, (toneSpectrum(got)[bin]-want[bin])/20))
			}
			for _, f := range []float64{1.001, 1.01, 1.1, 1.3, 1.5, 1.7, 1.9} { // none of these may come through
				if freq := f * nyquist; freq < 0.49*float64(from) && from > to {
					got := resampledAgain(t, r, testTone(n, freq, from))
					alias = math.Max(alias, slices.Max(toneSpectrum(float64s(got)))-decibels(0.5))
				}
			}
			t.Logf("pass band within %.5f dB and %.1f dB of the ideal tone; aliases and images %.1f dB", ripple, decibels(shift), alias)
			if ripple > 0.01 || alias > -120 {
				t.Error("out of tolerance")
			}
			if decibels(shift) > -120 {
				t.Error("not aligned")
			}
		})
	}
}

// chirp sweeps linearly between two frequencies in seconds, fading in and out.
func chirp(rate int, seconds, f0, f1 float64) []float32 {
	x := make([]float32, int(seconds*float64(rate)))
	for i := range x {
		at := float64(i) / float64(rate)
		fade := math.Min(1, 4*math.Min(at, seconds-at)/seconds)
		gain := 1 / (1 + math.Exp(1/math.Max(fade, 1e-3)-1/math.Max(1-fade, 1e-3))) // smooth, or its edges would sound elsewhere
		x[i] = float32(0.5 * gain * math.Sin(2*math.Pi*(f0*at+(f1-f0)*at*at/(2*seconds))))
	}
	return x
}

// TestResamplerSweep compares a sweep of the pass band with the same at the other rate, and
// sweeps what must not come through.
func TestResamplerSweep(t *testing.T) {
	for _, pair := range resamplePairs {
		from, to := pair[0], pair[1]
		nyquist := float64(min(from, to)) / 2
		got, want := resampledMono(t, chirp(from, 1, 0, 0.9*nyquist), from, to), chirp(to, 1, 0, 0.9*nyquist)
		worst := 0.0
		for i := range want {
			worst = math.Max(worst, math.Abs(float64(got[i]-want[i])))
		}
		if decibels(worst/0.5) > -120 {
			t.Errorf("%d to %d Hz: error %.1f dB in the pass band", from, to, decibels(worst/0.5))
		}
		rest := -300.0
		if from > to {
			stop := chirp(from, 1, 1.02*nyquist, 0.499*float64(from))
			for _, v := range resampledMono(t, stop, from, to) {
				rest = math.Max(rest, decibels(math.Abs(float64(v))/0.5))
			}
			if rest > -120 {
				t.Errorf("%d to %d Hz: %.1f dB of the stop band comes through", from, to, rest)
			}
		}
		t.Logf("%d to %d Hz: error %.1f dB in the pass band, %.1f dB of the stop band", from, to, decibels(worst/0.5), rest)
	}
}

func resampleNoise(channels, n int) [][]float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, n)
		for i := range x[c] {
			x[c][i] = 2*rng.Float32() - 1
		}
	}
	return x
}

func sameChannels(a, b [][]float32) bool { return slices.EqualFunc(a, b, slices.Equal[[]float32]) }

func TestResamplerBlocks(t *testing.T) {
	for _, pair := range append(resamplePairs, [2]int{44100, 44100}) {
		src := resampleNoise(2, 3000)
		r := newTestResampler(t, 2, pair[0], pair[1])
		want := resampled(t, r, src, 0, 0)
		for _, size := range [][2]int{{0, 1}, {1, 0}, {1, 1}, {7, 5}, {1000, 0}, {1000, 300}, {0, 7}} {
			if err := r.Reset(); err != nil {
				t.Fatal(err)
			}
			if !sameChannels(resampled(t, r, src, size[0], size[1]), want) {
				t.Errorf("%d to %d Hz: blocks of %d in and %d out differ from the whole", pair[0], pair[1], size[0], size[1])
			}
		}
		for c := range src {
			if !slices.Equal(resampledMono(t, src[c], pair[0], pair[1]), want[c]) {
				t.Errorf("%d to %d Hz: channel %d alone differs", pair[0], pair[1], c)
			}
		}
	}
}

func TestResamplerLength(t *testing.T) {
	odd := [][2]int{{48000, 44101}, {1, 256}, {256, 1}, {768000, 3000}, {44100, 44100}, {2, 1}, {1, 2}, {767999, 768000}}
	for _, pair := range append(odd, resamplePairs...) {
		r := newTestResampler(t, 1, pair[0], pair[1])
		for _, n := range []int{0, 1, 2, 3, 100, 44100} {
			if n*pair[1]/pair[0] > 1e6 {
				continue
			}
			if err := r.Reset(); err != nil {
				t.Fatal(err)
			}
			got := len(resampled(t, r, [][]float32{make([]float32, n)}, 0, 4096)[0])
			if want := int(math.Round(float64(n) * float64(pair[1]) / float64(pair[0]))); got != want {
				t.Errorf("%d to %d Hz: %d samples give %d, want %d", pair[0], pair[1], n, got, want)
			}
			if d := r.Delay(); d != 0 {
				t.Errorf("%d to %d Hz: %d samples are owed after all", pair[0], pair[1], d)
			}
		}
	}
}

// TestResamplerImpulse places impulses where a sample of the output falls on them exactly, in the
// middle and at both ends, and wants it to be the peak, its neighbours equal in pairs.
func TestResamplerImpulse(t *testing.T) {
	for _, pair := range resamplePairs {
		from, to := pair[0], pair[1]
		common := 1 // of the periods, in seconds
		for i := 1; i <= from; i++ {
			if from%i == 0 && to%i == 0 {
				common = i
			}
		}
		step, last := from/common, 20000/(from/common)*(from/common)
		if last == 0 {
			last = step
		}
		r := newTestResampler(t, 1, from, to)
		x := make([]float32, last+1+from/to) // so that the last has a sample of the output
		for _, at := range []int{0, last / step / 2 * step, last} {
			clear(x)
			x[at] = 1
			got := resampledAgain(t, r, x)
			peak := at / step * (to / common)
			height := math.Min(1, float64(to)/float64(from))
			for i, v := range got {
				if math.Abs(float64(v)) > math.Abs(float64(got[peak]))+1e-6 {
					t.Fatalf("%d to %d Hz: the impulse at %d peaks at %d, want %d", from, to, at, i, peak)
				}
			}
			if v := float64(got[peak]); v < 0.9*height || v > height*1.001 {
				t.Errorf("%d to %d Hz: the impulse at %d is %g high", from, to, at, v)
			}
			for d := 1; peak-d >= 0 && peak+d < len(got); d++ {
				if e := math.Abs(float64(got[peak-d] - got[peak+d])); e > 1e-6 {
					t.Fatalf("%d to %d Hz: the impulse at %d is asymmetric by %g, %d samples off", from, to, at, e, d)
				}
			}
		}
	}
}

func TestResamplerRoundTrip(t *testing.T) {
	for _, pair := range [][2]int{{48000, 44100}, {44100, 48000}, {96000, 44100}} {
		want := chirp(pair[0], 1, 20, 0.9*float64(min(pair[0], pair[1]))/2)
		got := resampledMono(t, resampledMono(t, want, pair[0], pair[1]), pair[1], pair[0])
		if len(got) != len(want) {
			t.Fatalf("%d samples of %d", len(got), len(want))
		}
		worst := 0.0
		for i := range want {
			worst = math.Max(worst, math.Abs(float64(got[i]-want[i])))
		}
		t.Logf("%d by %d Hz: error %.1f dB", pair[0], pair[1], decibels(worst/0.5))
		if decibels(worst/0.5) > -115 {
			t.Errorf("%d by %d Hz: error %.1f dB", pair[0], pair[1], decibels(worst/0.5))
		}
	}
}

func TestResamplerAllocations(t *testing.T) {
	for _, pair := range [][2]int{{44100, 48000}, {48000, 44100}, {44101, 48000}, {48000, 48000}} {
		r := newTestResampler(t, 2, pair[0], pair[1])
		src, dst := resampleNoise(2, 4096), resampleNoise(2, 8192)
		empty := [][]float32{{}, {}}
		if n := testing.AllocsPerRun(20, func() {
			if _, _, err := r.Process(dst, src); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%d to %d Hz: Process allocates %g times", pair[0], pair[1], n)
		}
		if n := testing.AllocsPerRun(20, func() {
			if _, err := r.Flush(dst); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%d to %d Hz: Flush allocates %g times", pair[0], pair[1], n)
		}
		if n, err := r.Flush(empty); n != 0 || err != nil {
			t.Errorf("Flush to nothing: %d, %v", n, err)
		}
	}
}

func TestResamplerErrors(t *testing.T) {
	for _, bad := range [][3]int{
		{0, 44100, 48000}, {-1, 44100, 48000}, {0, 48000, 48000}, {2, 0, 48000}, {2, 48000, 0}, {2, -8000, 48000},
		{2, 48000, -1}, {1, 768001, 48000}, {1, 48000, 768001}, {1, 768001, 768001}, {1, 768000, 2999}, {1, 1, 257},
	} {
		if r, err := NewResampler(bad[0], bad[1], bad[2]); err == nil {
			r.Close()
			t.Errorf("%v is accepted", bad)
		}
	}
	two, one := resampleNoise(2, 10), resampleNoise(1, 10)
	uneven := [][]float32{make([]float32, 10), make([]float32, 9)}
	for _, to := range []int{44100, 48000} {
		r := newTestResampler(t, 2, 44100, to)
		for _, bad := range [][2][][]float32{{two, one}, {one, two}, {two, uneven}, {uneven, two}, {two, nil}, {nil, two}} {
			if _, _, err := r.Process(bad[0], bad[1]); err == nil {
				t.Error("slices that do not fit are accepted")
			}
		}
		if _, err := r.Flush(two); err != nil {
			t.Error(err)
		}
		if _, _, err := r.Process(resampleNoise(2, 10), two); err == nil {
			t.Error("input after Flush is accepted")
		}
		r.Close()
		r.Close()
		_, _, err1 := r.Process(resampleNoise(2, 10), two)
		_, err2 := r.Flush(two)
		if err1 == nil || err2 == nil || r.Reset() == nil {
			t.Error("a closed resampler works")
		}
	}
}

// TestResamplerDelay bounds what a Resampler holds back, in seconds, which readers ahead have to make up for.
func TestResamplerDelay(t *testing.T) {
	for _, pair := range resamplePairs {
		r := newTestResampler(t, 1, pair[0], pair[1])
		src, dst := resampleNoise(1, 1000), resampleNoise(1, 20000)
		worst := 0
		for range 100 {
			n, _, err := r.Process(dst, src)
			if err != nil || n != len(src[0]) {
				t.Fatalf("%d, %v", n, err)
			}
			worst = max(worst, r.Delay())
		}
		t.Logf("%d to %d Hz: at most %d samples of the output, %.3f s", pair[0], pair[1], worst, float64(worst)/float64(pair[1]))
		if worst > pair[1] {
			t.Errorf("%d to %d Hz: %d samples of the output held back", pair[0], pair[1], worst)
		}
	}
}

// TestResamplerUnreachable leaves Resamplers to the garbage collector.
func TestResamplerUnreachable(t *testing.T) {
	src, dst := resampleNoise(2, 1000), resampleNoise(2, 2000)
	for range 50 {
		r, err := NewResampler(2, 48000, 44100)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Process(dst, src); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
	}
}

func BenchmarkResampler(b *testing.B) {
	for _, pair := range resamplePairs {
		b.Run(fmt.Sprintf("%d-%d", pair[0], pair[1]), func(b *testing.B) {
			r := newTestResampler(b, 1, pair[0], pair[1])
			src, dst := resampleNoise(1, 16384), resampleNoise(1, 16384*pair[1]/pair[0]+100000)
			b.ReportAllocs()
			for b.Loop() {
				if n, _, err := r.Process(dst, src); err != nil || n != len(src[0]) {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(b.N)*16384/float64(pair[0])/b.Elapsed().Seconds(), "x_real_time")
		})
	}
}
