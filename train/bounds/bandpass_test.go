package bounds

import (
	"math"
	"testing"
)

func TestBandPassFindsTheBand(t *testing.T) {
	const n = 4 * rate
	// In white noise that is as strong a band of width w can gain up to 10·log10(4000 Hz/w).
	for _, c := range []struct{ low, high, gain float64 }{
		{0, 250, 11.5},         // up to 12
		{396.85, 1259.92, 6.3}, // up to 6.7
		{2000, 4000, 2.8},      // up to 3
		{0, 4000, -1e-6},       // none
	} {
		// Sines 7 Hz apart fill the band, but for where its edges fall off.
		var frequencies []float64
		for f := max(c.low*1.02, 3); f < c.high*0.98; f += 7 {
			frequencies = append(frequencies, f)
		}
		target := sines(n, frequencies...)
		for i := range target {
			target[i] *= float32(0.25 * math.Sqrt(2/float64(len(frequencies))))
		}
		// The second channel, of the same band, is to be heeded as well.
		mix := [][]float32{sum(target, noise(n, 1)), sum(target, noise(n, 2))}
		y, low, high := BandPass(rate, mix, [][]float32{target, target})
		if math.Abs(low-c.low) > 0.01 || math.Abs(high-c.high) > 0.01 {
			t.Errorf("%g to %g Hz: found %g to %g", c.low, c.high, low, high)
		}
		for ch := range y {
			if g := gain(target, mix[ch], y[ch]); g < c.gain {
				t.Errorf("%g to %g Hz, channel %d: gain %.2f dB, want %g", c.low, c.high, ch, g, c.gain)
			}
		}
	}
}

// No other band of the grid does better, by the samples themselves and in all channels together.
func TestBandPassIsTheBest(t *testing.T) {
	const n = rate
	target := [][]float32{sines(n, 300, 700, 1600), sines(n, 300)}
	mix := [][]float32{sum(target[0], noise(n, 1), sines(n, 150, 2200)), sum(target[1], noise(n, 2), sines(n, 500))}
	y, low, high := BandPass(rate, mix, target)
	flat := func(x [][]float32) []float32 { return append(append([]float32(nil), x[0]...), x[1]...) }
	found := gain(flat(target), flat(mix), flat(y))
	pair, edges := window(rate), thirds(rate)
	for i := range edges {
		for j := i + 1; j < len(edges); j++ {
			a, b := rise(pair, edges[i]/rate), rise(pair, edges[j]/rate)
			var other [][]float32
			for c := range mix {
				other = append(other, transform(pair, mix[c:c+1], 1, 0, func(dst, src [][]complex64) {
					for k, x := range src[0] {
						dst[0][k] = x * complex(float32(a[k]-b[k]), 0)
					}
				})...)
			}
			// The search neglects what the overlap of frames smooths away at the edges, which is less.
			if g := gain(flat(target), flat(mix), flat(other)); g > found+0.01 {
				t.Errorf("%g to %g Hz: %.2f dB, but %g to %g Hz: %.2f dB", low, high, found, edges[i], edges[j], g)
			}
		}
	}
}

// Sums over bins are those over samples, up to one factor: Parseval's theorem.
func TestSpectralSums(t *testing.T) {
	const n = 10000
	steady, alternating := make([]float32, n), make([]float32, n)
	for i := range steady {
		steady[i], alternating[i] = 0.5, float32(i%2)-0.5
	}
	mix := [][]float32{sum(noise(n, 1), steady), sum(noise(n, 2), alternating)}
	target := [][]float32{sum(noise(n, 3), steady), sines(n, 1000)}
	var want, got [2]float64 // energy, product
	for c := range mix {
		for i, x := range mix[c] {
			want[0] += float64(x) * float64(x)
			want[1] += float64(x) * float64(target[c][i])
		}
	}
	energy, product := spectralSums(window(rate), mix, target)
	for k := range energy {
		got[0] += energy[k]
		got[1] += product[k]
	}
	if a, b := got[0]/want[0], got[1]/want[1]; math.Abs(a/b-1) > 1e-5 {
		t.Errorf("energies are %g times those of the samples, products %g", a, b)
	}
}

func TestThirds(t *testing.T) {
	for _, c := range []struct{ rate, count int }{{20, 2}, {8000, 25}, {44100, 33}} {
		edges := thirds(c.rate)
		if last := edges[len(edges)-1]; len(edges) != c.count || edges[0] != 0 || last != float64(c.rate)/2 {
			t.Errorf("%d Hz: %d edges from %g to %g, want %d", c.rate, len(edges), edges[0], last, c.count)
		}
		for i := 3; i < len(edges)-1; i++ {
			if r := edges[i] / edges[i-1]; math.Abs(r-math.Cbrt(2)) > 1e-9 {
				t.Errorf("%d Hz: %g is %g times the edge before it", c.rate, edges[i], r)
			}
		}
	}
}

func TestBandPassOfSilence(t *testing.T) {
	x, silence := [][]float32{noise(3000, 1)}, [][]float32{make([]float32, 3000)}
	for name, c := range map[string][2][][]float32{"mixture": {silence, x}, "target": {x, silence}} {
		y, low, high := BandPass(rate, c[0], c[1])
		if low != 0 || high != rate/2 || difference(c[0][0], y[0]) > 1e-6 {
			t.Errorf("silent %s: %g to %g Hz, off by %g", name, low, high, difference(c[0][0], y[0]))
		}
	}
}
