package bounds

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"soloist/stft"
	"soloist/train/bsseval"
)

const rate = 8000 // Hz

var pairs = []stft.Pair{{K: 1024, L: 1024, H: 256}, {K: 2048, L: 512, H: 256}, {K: 1024, L: 300, H: 70}}

// sines is the sum of sines of unit amplitude, frequencies in Hz.
func sines(n int, frequencies ...float64) []float32 {
	x := make([]float32, n)
	for _, f := range frequencies {
		for i := range x {
			x[i] += float32(math.Sin(2 * math.Pi * f / rate * float64(i)))
		}
	}
	return x
}

func noise(n int, seed uint64) []float32 {
	r, x := rand.New(rand.NewPCG(seed, 1)), make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() / 4)
	}
	return x
}

// impulses are ones, spacing samples apart.
func impulses(n, first, spacing int) []float32 {
	x := make([]float32, n)
	for i := first; i < n; i += spacing {
		x[i] = 1
	}
	return x
}

func sum(signals ...[]float32) []float32 {
	x := slices.Clone(signals[0])
	for _, s := range signals[1:] {
		for i, v := range s {
			x[i] += v
		}
	}
	return x
}

func difference(x, y []float32) float64 {
	var d float64
	for i, v := range x {
		d = max(d, math.Abs(float64(v-y[i])))
	}
	return d
}

// all are the three estimates, at most two of them with the truth in hand: [estimate][channel][sample].
func all(rate int, mix, target [][]float32) [][][]float32 {
	estimates := IdealRatioMask(pairs[1], mix, [][][]float32{target, mix})
	band, _, _ := BandPass(rate, mix, target)
	return append(estimates, Percussive(rate, mix), band)
}

func TestImpulseStays(t *testing.T) {
	for _, n := range []int{1, 2, 255, 256, 1024, 5000} {
		for _, at := range []int{0, n / 2, n - 1} {
			mix := [][]float32{impulses(n, at, n)}
			for _, pair := range pairs {
				if d := difference(mix[0], IdealRatioMask(pair, mix, [][][]float32{mix})[0][0]); d > 1e-6 {
					t.Errorf("%v, %d samples, impulse at %d: the mask is off by %g", pair, n, at, d)
				}
			}
			// An impulse fills a column of the spectrogram, and no narrower band correlates as well.
			if d := difference(mix[0], Percussive(rate, mix)[0]); d > 1e-6 {
				t.Errorf("%d samples, impulse at %d: percussive off by %g", n, at, d)
			}
			if y, _, _ := BandPass(rate, mix, mix); difference(mix[0], y[0]) > 1e-6 {
				t.Errorf("%d samples, impulse at %d: band-pass off by %g", n, at, difference(mix[0], y[0]))
			}
		}
	}
}

func TestAnyLengthIsFinite(t *testing.T) {
	for _, rate := range []int{1, 8000, 44100} {
		for _, n := range []int{0, 1, 100, 3000} {
			for name, target := range map[string][]float32{"silence": make([]float32, n), "noise": noise(n, 2)} {
				for _, mix := range [][][]float32{{make([]float32, n), target}, {noise(n, 1), target}} {
					for i, y := range all(rate, mix, [][]float32{target, target}) {
						if len(y) != 2 || len(y[0]) != n || len(y[1]) != n {
							t.Fatalf("%d Hz, %d samples: estimate %d has another shape", rate, n, i)
						}
						for c := range y {
							silent := difference(mix[c], make([]float32, n)) == 0
							for _, v := range y[c] {
								if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || silent && v != 0 {
									t.Fatalf("%d Hz, %d samples of %s: estimate %d holds %g", rate, n, name, i, v)
								}
							}
						}
					}
				}
			}
		}
	}
	for i, y := range all(rate, nil, nil) {
		if len(y) != 0 {
			t.Errorf("estimate %d has channels that the mixture has not", i)
		}
	}
}

func TestChannelsAloneAndRepeatable(t *testing.T) {
	l, r := sum(noise(9000, 1), impulses(9000, 700, 2000)), sines(9000, 440)
	mix, target := [][]float32{l, r}, [][]float32{impulses(9000, 700, 2000), r}
	first, again := all(rate, mix, target), all(rate, mix, target)
	for i := range first {
		for c := range mix {
			if !slices.Equal(first[i][c], again[i][c]) {
				t.Errorf("estimate %d, channel %d differs from call to call", i, c)
			}
			alone := all(rate, mix[c:c+1], target[c:c+1])
			if i < 3 && !slices.Equal(first[i][c], alone[i][0]) { // a band-pass is one for all channels
				t.Errorf("estimate %d, channel %d heeds the other channel", i, c)
			}
		}
	}
}

// Allocations that do not grow in number hold nothing of each frame; those that grow in size are output.
func TestMemory(t *testing.T) {
	count := func(n int) float64 {
		mix := [][]float32{noise(n, 1)}
		// The mean of several runs, rounded down, leaves out what the runtime itself allocates in one of them.
		return testing.AllocsPerRun(4, func() { all(rate, mix, mix) })
	}
	if short, long := count(rate), count(4*rate); long > short {
		t.Errorf("a second takes %g allocations, four take %g", short, long)
	}
}

func TestMistakesPanic(t *testing.T) {
	two, one := [][]float32{make([]float32, 9), make([]float32, 9)}, [][]float32{make([]float32, 9)}
	for name, call := range map[string]func(){
		"fewer channels":   func() { IdealRatioMask(pairs[0], two, [][][]float32{one}) },
		"unequal channels": func() { Percussive(rate, [][]float32{two[0], two[1][1:]}) },
		"shorter target":   func() { BandPass(rate, one, [][]float32{one[0][1:]}) },
		"no rate":          func() { Percussive(0, one) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestWindow(t *testing.T) {
	for rate, k := range map[int]int{8000: 1024, 11025: 1024, 16000: 2048, 22050: 2048, 44100: 4096, 48000: 4096, 96000: 8192, 192000: 16384} {
		if p := window(rate); p.K != k || p.L != k || p.H != k/4 || p.Check() != nil {
			t.Errorf("%d Hz: %v, want %d samples", rate, p, k)
		}
	}
}

// gain is what an estimate is better than the mixture by, SI-SDR in dB.
func gain(target, mix, estimate []float32) float64 {
	return bsseval.SISDR(target, estimate) - bsseval.SISDR(target, mix)
}
