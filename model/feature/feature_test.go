package feature_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"soloist/model/feature"
)

var (
	bankBins = []int{1, 2, 3, 5, 8, 9, 33, 129, 1000, 1025, 4097}
	bankQs   = []float64{0, 1, 1.5, 2, 7.3, 16, 31.9, 100, 1000, 1e6}
)

func noise(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 3))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func constant(n int, v float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return x
}

func dot(a, b []float32) (sum, size float64) {
	for i := range a {
		v := float64(a[i]) * float64(b[i])
		sum += v
		size += math.Abs(v)
	}
	return sum, size
}

func TestBandsPartitionUnity(t *testing.T) {
	for _, bins := range bankBins {
		for _, q := range bankQs {
			b := feature.NewBands(bins, q)
			n := b.Len()
			if w := (feature.Spec{Q: q}).Width(bins); w != n {
				t.Errorf("bins %d, q %g: Width is %d, there are %d bands", bins, q, w, n)
			}
			spread := make([]float32, bins)
			if b.Spread(spread, constant(n, 1)); slices.Min(spread) != 1 || slices.Max(spread) != 1 {
				t.Errorf("bins %d, q %g: ones spread to %g … %g", bins, q, slices.Min(spread), slices.Max(spread))
			}
			pooled := make([]float32, n)
			b.Pool(pooled, constant(bins, 1))
			for i, v := range pooled {
				if math.Abs(float64(v-1)) > 1e-5 { // a sum of up to a thousand weights in float32
					t.Errorf("bins %d, q %g: the mean of ones over band %d is %g", bins, q, i, v)
				}
			}
			x, y := noise(bins, 1), noise(n, 2)
			b.Spread(spread, y)
			b.Sum(pooled, x)
			left, size := dot(spread, x)
			right, _ := dot(y, pooled)
			if math.Abs(left-right) > 1e-6*size {
				t.Errorf("bins %d, q %g: <Spread y, x> = %g, <y, Sum x> = %g", bins, q, left, right)
			}
			var sum, all float64
			for _, v := range pooled {
				sum += float64(v)
			}
			for _, v := range x {
				all += float64(v)
			}
			if math.Abs(sum-all) > 1e-4*math.Sqrt(float64(bins)) {
				t.Errorf("bins %d, q %g: bands sum to %g, bins to %g", bins, q, sum, all)
			}
		}
	}
}

// Spreading the band's own number shows where its centre lies: there, and only there, it is whole.
func TestBandCentres(t *testing.T) {
	for _, bins := range bankBins {
		for _, q := range bankQs {
			b := feature.NewBands(bins, q)
			index := make([]float32, b.Len())
			for i := range index {
				index[i] = float32(i)
			}
			at := make([]float32, bins)
			b.Spread(at, index)
			if at[0] != 0 || at[bins-1] != float32(b.Len()-1) {
				t.Errorf("bins %d, q %g: the first bin lies in band %g and the last in %g of %d", bins, q, at[0], at[bins-1], b.Len())
			}
			for k := 1; k < bins; k++ {
				step := float64(at[k] - at[k-1])
				if !(step > 0) {
					t.Fatalf("bins %d, q %g: bin %d lies in band %g and the one before in %g", bins, q, k, at[k], at[k-1])
				}
				// The spacing is max(1, c/q) from a centre c of at least (k-1)/(1+1/q) and below k; before
				// the last bin it is half to one and a half of that.
				if q > 0 && bins > 100 {
					least, most := min(1, q/float64(k)), min(1, (q+1)/float64(k-1))
					if k >= bins/2 {
						least, most = least/1.5, most*2
					}
					if step < least-1e-3 || step > most+1e-3 {
						t.Fatalf("bins %d, q %g: bands rise by %g at bin %d, want %g to %g", bins, q, step, k, least, most)
					}
				}
			}
			if q == 0 || q >= float64(bins) {
				for k, v := range at {
					if v != float32(k) {
						t.Fatalf("bins %d, q %g: bin %d lies in band %g", bins, q, k, v)
					}
				}
			}
		}
	}
}

func TestIdentityBands(t *testing.T) {
	for _, bins := range bankBins {
		b := feature.NewBands(bins, 0)
		x, y := noise(bins, 4), make([]float32, bins)
		for name, f := range map[string]func(dst, src []float32){"Pool": b.Pool, "Sum": b.Sum, "Spread": b.Spread} {
			if f(y, x); !slices.Equal(x, y) {
				t.Errorf("%d bins: %s is no identity", bins, name)
			}
		}
	}
}

// By hand: 5 bins, q = 1 has centres 0, 1, 2 and 4 (the step at 2 is 2), so that bin 3 lies half in
// the last two bands, whose weights sum to 1.5.
func TestBandsByHand(t *testing.T) {
	b := feature.NewBands(5, 1)
	sum, mean := make([]float32, 4), make([]float32, 4)
	src := []float32{1, 2, 3, 4, 5}
	b.Sum(sum, src)
	b.Pool(mean, src)
	if want := []float32{1, 2, 5, 7}; !slices.Equal(sum, want) {
		t.Errorf("sums are %g, want %g", sum, want)
	}
	for i, want := range []float64{1, 2, 5 / 1.5, 7 / 1.5} {
		if math.Abs(float64(mean[i])-want) > 1e-6 {
			t.Errorf("mean %d is %g, want %g", i, mean[i], want)
		}
	}
	spread := make([]float32, 5)
	b.Spread(spread, []float32{10, 20, 30, 50})
	if want := []float32{10, 20, 30, 40, 50}; !slices.Equal(spread, want) {
		t.Errorf("spread to %g, want %g", spread, want)
	}
}

func spectrum(bins int, gain float32, seed uint64) []complex64 {
	re, im := noise(bins, seed), noise(bins, seed+1000)
	z := make([]complex64, bins)
	for k := range z {
		z[k] = complex(gain*re[k], gain*im[k])
	}
	return z
}

func flat(bins int, v complex64) []complex64 {
	z := make([]complex64, bins)
	for k := range z {
		z[k] = v
	}
	return z
}

func features(f *feature.FrontEnd, z []complex64, stream int) []float32 {
	dst := make([]float32, f.Width())
	f.Features(dst, z, stream)
	return dst
}

// A constant spectrum of |z| = 5 has p = g = 25: 1 in every scale of its own, and 0 in the logarithm.
func TestConstantSpectrum(t *testing.T) {
	for _, c := range []struct {
		c     feature.Compression
		level float64
		want  float64
	}{
		{feature.Log, 20, math.Log(1 + 1e-6)}, {feature.Magnitude, 20, 1}, {feature.Power, 20, 1},
		{feature.Log, 0, math.Log(25)}, {feature.Magnitude, 0, 5}, {feature.Power, 0, 25},
	} {
		f := feature.NewFrontEnd(feature.Spec{Q: 4, Compression: c.c, Level: c.level, Means: []float64{3, 30}}, 65, 1)
		for frame := range 40 {
			for i, v := range features(f, flat(65, 3+4i), 0) {
				if math.Abs(float64(v)-c.want) > 1e-6*max(1, c.want) {
					t.Fatalf("%s with level %g: frame %d value %d is %g, want %g", c.c, c.level, frame, i, v, c.want)
				}
			}
			want := 5.
			if c.level == 0 {
				want = 1
			}
			if got := float64(f.Level(0)); math.Abs(got-want) > 1e-5 {
				t.Errorf("the running level is %g, want %g", got, want)
			}
		}
	}
}

func TestSilence(t *testing.T) {
	for _, c := range []struct {
		c     feature.Compression
		level float64
		want  float64
	}{
		{feature.Log, 20, math.Log(1e-6)}, {feature.Magnitude, 20, 0}, {feature.Power, 20, 0},
		{feature.Log, 0, math.Log(1e-6)}, {feature.Magnitude, 0, 0}, {feature.Power, 0, 0},
	} {
		f := feature.NewFrontEnd(feature.Spec{Q: 4, Compression: c.c, Level: c.level, Means: []float64{3}}, 65, 1)
		for range 10 {
			for i, v := range features(f, flat(65, 0), 0) {
				if math.Abs(float64(v)-c.want) > 1e-5 {
					t.Fatalf("%s with level %g: value %d is %g, want %g", c.c, c.level, i, v, c.want)
				}
			}
		}
	}
}

// A running level that takes in 10, then 40, forgetting e^(-1/τ) a frame.
func TestRunningLevel(t *testing.T) {
	const tau = 7
	a := math.Exp(-1. / tau)
	f := feature.NewFrontEnd(feature.Spec{Compression: feature.Power, Level: tau}, 9, 1)
	var level, weight float64
	for _, p := range []float64{10, 40, 40, 0, 3} {
		level, weight = a*level+p, a*weight+1
		g := level / weight
		got := features(f, flat(9, complex(0, float32(math.Sqrt(p)))), 0)
		if want := p / g; math.Abs(float64(got[4])-want) > 1e-5 {
			t.Errorf("power %g is %g of the level, want %g", p, got[4], want)
		}
		if want := math.Sqrt(g); math.Abs(float64(f.Level(0))-want) > 1e-5 {
			t.Errorf("the level is %g, want %g", f.Level(0), want)
		}
	}
}

func TestFeaturesDoNotDependOnTheLevel(t *testing.T) {
	for _, c := range []feature.Compression{feature.Log, feature.Magnitude, feature.Power} {
		spec := feature.Spec{Q: 8, Compression: c, Level: 50, Means: []float64{5}}
		a, b := feature.NewFrontEnd(spec, 129, 1), feature.NewFrontEnd(spec, 129, 1)
		for frame := range uint64(30) {
			soft, loud := features(a, spectrum(129, 1, frame), 0), features(b, spectrum(129, float32(math.Pow(10, 0.5)), frame), 0)
			for i := range soft {
				// The floor under the level, 1e-9 of its power here, and float32.
				if math.Abs(float64(soft[i]-loud[i])) > 1e-5*max(1, math.Abs(float64(soft[i]))) {
					t.Fatalf("%s: frame %d value %d is %g, 10 dB louder %g", c, frame, i, soft[i], loud[i])
				}
			}
			if r := b.Level(0) / a.Level(0); math.Abs(float64(r)-math.Sqrt(10)) > 1e-4 {
				t.Fatalf("the level is %g times that of 10 dB less", r)
			}
		}
	}
}

func TestRunningMeans(t *testing.T) {
	means := []float64{1, 4, 200}
	f := feature.NewFrontEnd(feature.Spec{Q: 8, Compression: feature.Log, Means: means}, 33, 1)
	n := f.Bands().Len()
	if f.Width() != 4*n {
		t.Fatalf("width %d for %d bands and three means", f.Width(), n)
	}
	sum, weight := make([][]float64, 3), make([]float64, 3)
	for m := range sum {
		sum[m] = make([]float64, n)
	}
	for frame := range uint64(60) {
		got := features(f, spectrum(33, 2, frame), 0)
		for m, tau := range means {
			a := math.Exp(-1 / tau)
			weight[m] = a*weight[m] + 1
			for i, v := range got[:n] {
				sum[m][i] = a*sum[m][i] + float64(v)
				mean := got[(m+1)*n+i]
				if frame == 0 && mean != v {
					t.Fatalf("the first mean over %g frames is %g of a value %g", tau, mean, v)
				}
				if want := sum[m][i] / weight[m]; math.Abs(float64(mean)-want) > 1e-5 {
					t.Fatalf("frame %d: the mean over %g frames is %g, want %g", frame, tau, mean, want)
				}
			}
		}
	}
}

func TestResetAndStreams(t *testing.T) {
	spec := feature.Spec{Q: 8, Compression: feature.Log, Level: 10, Means: []float64{5, 20}}
	f := feature.NewFrontEnd(spec, 33, 3)
	one := feature.NewFrontEnd(spec, 33, 1)
	pass := func() {
		for frame := range uint64(20) {
			for s := range 3 { // streams of their own levels
				features(f, spectrum(33, float32(1+10*s), frame+uint64(100*s)), s)
			}
		}
	}
	pass()
	f.Reset()
	for s := range 3 {
		if f.Level(s) != 0 {
			t.Errorf("stream %d has level %g after Reset", s, f.Level(s))
		}
	}
	pass()
	f.Reset()
	for frame := range uint64(20) {
		got := features(f, spectrum(33, 11, frame+100), 1)
		features(f, spectrum(33, 1e6, frame), 0)
		want := features(one, spectrum(33, 11, frame+100), 0)
		if !slices.Equal(got, want) || f.Level(1) != one.Level(0) {
			t.Fatalf("frame %d: after Reset and beside another stream features differ", frame)
		}
	}
}

// Files hold NaN, samples beyond all measure and bursts of either: the frame itself is silence and a
// few time constants later nothing is left of it. Regression: one NaN sample silenced a stream until
// Reset.
func TestExtremeInputDoesNotStay(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []feature.Compression{feature.Log, feature.Magnitude, feature.Power} {
		for _, level := range []float64{0, 10} {
			for _, bad := range []complex64{complex(nan, 0), complex(0, nan), complex(inf, 1), complex(1, -inf), complex(nan, inf), 1e20, complex(0, -3e38), 1e18, 1e17} {
				for _, bins := range []int{1, 4, 65} {
					spec := feature.Spec{Q: 8, Compression: c, Level: level, Means: []float64{5}}
					f, undisturbed := feature.NewFrontEnd(spec, bins, 1), feature.NewFrontEnd(spec, bins, 1)
					for frame := range uint64(400) {
						z := spectrum(bins, 1, frame)
						want := features(undisturbed, z, 0)
						if frame == 3 || frame == 5 {
							z[bins/2] = bad
						}
						got := features(f, z, 0)
						for i, v := range got {
							if !(math.Abs(float64(v)) <= math.MaxFloat32) {
								t.Fatalf("%s: frame %d value %d is %g after %g", c, frame, i, v, bad)
							}
							if frame > 390 && math.Abs(float64(v-want[i])) > 1e-4*max(1, math.Abs(float64(want[i]))) {
								t.Fatalf("%s: frame %d value %d is %g, without %g it is %g", c, frame, i, v, bad, want[i])
							}
						}
						if v := float64(f.Level(0)); !(v <= math.MaxFloat32) {
							t.Fatalf("level %g after %g", v, bad)
						}
					}
				}
			}
		}
	}
}

// The largest samples that there are still count: 32-bit integers taken as they are.
func TestLoudInputCounts(t *testing.T) {
	f := feature.NewFrontEnd(feature.Spec{Compression: feature.Power, Level: 10}, 9, 1)
	got := features(f, flat(9, 1<<31*1024), 0)
	if math.Abs(float64(got[3]-1)) > 1e-6 {
		t.Errorf("a constant spectrum of 2^41 is %g of its level, want 1", got[3])
	}
}

func TestFeaturesDoesNotAllocate(t *testing.T) {
	f := feature.NewFrontEnd(feature.Spec{Q: 8, Compression: feature.Log, Level: 10, Means: []float64{5, 20}}, 129, 2)
	dst, z := make([]float32, f.Width()), spectrum(129, 1, 1)
	if a := testing.AllocsPerRun(20, func() { f.Features(dst, z, 1) }); a != 0 {
		t.Errorf("%g allocations a Features", a)
	}
	if a := testing.AllocsPerRun(20, f.Reset); a != 0 {
		t.Errorf("%g allocations a Reset", a)
	}
	spec := feature.Spec{Q: 1e6}
	if a := testing.AllocsPerRun(5, func() { spec.Width(1 << 19) }); a != 0 {
		t.Errorf("%g allocations a Width", a)
	}
}

func TestBadSpecs(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		want string // the error holds it
		spec feature.Spec
	}{
		{`compression ""`, feature.Spec{}},
		{`compression "LOG"`, feature.Spec{Compression: "LOG"}},
		{"q is 0.5", feature.Spec{Compression: feature.Log, Q: 0.5}},
		{"q is -1", feature.Spec{Compression: feature.Log, Q: -1}},
		{"q is NaN", feature.Spec{Compression: feature.Log, Q: nan}},
		{"q is +Inf", feature.Spec{Compression: feature.Log, Q: inf}},
		{"level_frames is 0.9", feature.Spec{Compression: feature.Log, Level: 0.9}},
		{"level_frames is NaN", feature.Spec{Compression: feature.Log, Level: nan}},
		{"level_frames is 2e+06", feature.Spec{Compression: feature.Log, Level: 2e6}},
		{"running mean over 0 frames", feature.Spec{Compression: feature.Log, Means: []float64{5, 0}}},
		{"running mean over NaN frames", feature.Spec{Compression: feature.Log, Means: []float64{nan}}},
		{"9 running means", feature.Spec{Compression: feature.Log, Means: make([]float64, 9)}},
	} {
		if err := c.spec.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	f := feature.NewFrontEnd(feature.Spec{Compression: feature.Log}, 5, 1)
	for name, do := range map[string]func(){
		"no bins":        func() { feature.NewBands(0, 1) },
		"bad spec":       func() { feature.NewFrontEnd(feature.Spec{}, 5, 1) },
		"short features": func() { f.Features(make([]float32, 4), make([]complex64, 5), 0) },
		"long spectrum":  func() { f.Features(make([]float32, 5), make([]complex64, 6), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "feature: ") {
					t.Errorf("panic %q, want one that begins with feature:", text)
				}
			}()
			do()
		})
	}
}

// Bands are narrow where pitch is close and wide above: linear up to bin q, a constant share of the
// frequency from there on.
func ExampleBands() {
	b := feature.NewBands(9, 1) // centres 0, 1, 2, 4, 8
	fmt.Println(b.Len(), "bands")
	gains := make([]float32, 9)
	b.Spread(gains, []float32{1, 1, 1, 0.5, 0})
	fmt.Println(gains)
	// Output:
	// 5 bands
	// [1 1 1 0.75 0.5 0.375 0.25 0.125 0]
}

func BenchmarkFeatures(b *testing.B) {
	f := feature.NewFrontEnd(feature.Spec{Q: 16, Compression: feature.Log, Level: 100, Means: []float64{20}}, 1025, 1)
	dst, z := make([]float32, f.Width()), spectrum(1025, 1, 1)
	b.ReportAllocs()
	for b.Loop() {
		f.Features(dst, z, 0)
	}
}
