package bounds

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"soloist/model/ordered"
	"soloist/train/bsseval"
)

func TestPercussiveTakesClicksAndLeavesSines(t *testing.T) {
	const n = 4 * rate
	tones := sines(n, 441, 1003, 2507)
	clicks := impulses(n, 1000, 3000)
	for i := range clicks {
		clicks[i] *= 20 // 10 dB below the tones
	}
	mix := sum(clicks, tones)
	if before := bsseval.SISDR(clicks, mix); before > -10 {
		t.Fatalf("the mixture is at %.1f dB", before)
	}
	if after := bsseval.SISDR(clicks, Percussive(rate, [][]float32{mix})[0]); after < 15 {
		t.Errorf("clicks among sines: %.1f dB", after)
	}
	// Where a sine begins or ends it is percussive, too.
	left := Percussive(rate, [][]float32{tones})[0][rate : 3*rate]
	if d := difference(left, make([]float32, len(left))); d > 0.01 {
		t.Errorf("of sines alone an amplitude of %g is left", d)
	}
}

// The running medians are the medians: the same by sorting anew for every bin of every frame.
func TestPercussiveAgainstSorting(t *testing.T) {
	mix := [][]float32{sum(noise(7001, 1), sines(7001, 300, 1200), impulses(7001, 100, 900))}
	pair := window(rate)
	var powers [][]float64 // [frame][bin]
	transform(pair, mix, 0, 0, func(_, src [][]complex64) {
		frame := make([]float64, pair.Bins())
		for k, x := range src[0] {
			frame[k] = power(x)
		}
		powers = append(powers, frame)
	})
	at := func(frame, k int) float64 {
		k = max(k, -k)
		if k >= pair.Bins() {
			k = pair.K - k
		}
		if frame < 0 || frame >= len(powers) {
			return 0
		}
		return powers[frame][k]
	}
	frame := 0
	want := transform(pair, mix, 1, 0, func(dst, src [][]complex64) {
		for k, x := range src[0] {
			var h, p []float64
			for d := -8; d <= 8; d++ {
				h = append(h, at(frame+d, k))
			}
			for d := -15; d <= 15; d++ {
				p = append(p, at(frame, k+d))
			}
			slices.Sort(h)
			slices.Sort(p)
			dst[0][k] = x * complex(float32(p[15]/(p[15]+h[8])), 0)
		}
		frame++
	})
	// Powers are kept as float32.
	if d := difference(want[0], Percussive(rate, mix)[0]); d > 1e-5 {
		t.Errorf("off by %g", d)
	}
}

// Files of floating-point samples may hold anything; what it spoils are the frames that hold it.
func TestPercussiveOutlivesWildSamples(t *testing.T) {
	x := noise(20000, 1)
	want := Percussive(rate, [][]float32{x})[0]
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(-1)), 1e25} {
		wild := slices.Clone(x)
		wild[9000] = v
		y := Percussive(rate, [][]float32{wild})[0]
		reach := window(rate).K * 4 // frames that hold the sample, and those whose medians see these
		if !slices.Equal(y[:9000-reach], want[:9000-reach]) || !slices.Equal(y[9000+reach:], want[9000+reach:]) {
			t.Errorf("a sample of %g spoils more than what is near", v)
		}
	}
}

func TestReplaceKeepsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	ring, sorted := make([]float32, along), make([]float32, along)
	for i := range 5000 {
		next := float32(r.IntN(12)) // so that many are equal
		ordered.Replace(sorted, ring[i%along], next)
		ring[i%along] = next
		if !slices.Equal(sorted, slices.Sorted(slices.Values(ring))) {
			t.Fatalf("after %d: %v of %v", i, sorted, ring)
		}
	}
}
