package dataset

import (
	"math"
	"math/rand/v2"
)

// grain is how many samples share a point of a gain curve; between points it runs straight.
const grain = 16

// compressor is a feed-forward compressor on the mean square of each grain (Giannoulis, Massberg and
// Reiss, "Digital dynamic range compressor design", JAES 2012: the log-domain one with a smoothed
// branching peak detector).
type compressor struct {
	threshold float64 // root mean square, full scale 1
	ratio     float64
	attack    float64 // s
	release   float64 // s
	ahead     int     // samples that it hears early, as limiters do; a multiple of grain
}

// curve sets gain to the gain for each sample of x, made up so that x keeps its energy, by at most
// 24 dB.
func (c compressor) curve(gain, x []float32, rate float64) {
	up, down := 1-math.Exp(-grain/(rate*c.attack)), 1-math.Exp(-grain/(rate*c.release))
	slope := 1/c.ratio - 1
	floor := math.Log(max(c.threshold*c.threshold, 1e-30)) / 2
	heard := func(x []float32) float64 { // nepers over the threshold
		if p := energy(x); p > 1e-30*float64(len(x)) {
			return max(0, math.Log(p/float64(len(x)))/2-floor)
		}
		return 0
	}
	// Excerpts begin in the midst of music: the compressor has heard what they begin with.
	over := heard(x[:min(len(x), 32*grain)])
	last := float32(math.Exp(slope * over)) // the gain at the last grain's end
	var before, after float64
	for at := 0; at < len(x); at += grain {
		g, y := gain[at:min(at+grain, len(x))], x[at:min(at+grain, len(x))]
		want := heard(x[min(at+c.ahead, len(x)):min(at+c.ahead+grain, len(x))])
		if want > over {
			over += up * (want - over)
		} else {
			over += down * (want - over)
		}
		next := float32(math.Exp(slope * over))
		step := (next - last) / grain
		var p, q float32
		for i, v := range y {
			last += step
			g[i] = last
			p += v * v
			q += v * v * last * last
		}
		last = next
		before += float64(p)
		after += float64(q)
	}
	if after > 0 {
		scale(gain, float32(min(16, math.Sqrt(before/after))))
	}
}

func scale(x []float32, gain float32) {
	for i := range x {
		x[i] *= gain
	}
}

// multiply applies a gain curve.
func multiply(x, gain []float32) {
	gain = gain[:len(x)]
	for i, g := range gain {
		x[i] *= g
	}
}

// ride changes the level slowly, as a hand on a fader does and a player who moves: from one gain within ± db to the
// next in 0.1 to 0.8 s.
func ride(r *rand.Rand, x []float32, rate, db float64) {
	draw := func() float32 { return float32(math.Pow(10, db*(2*r.Float64()-1)/20)) }
	last := draw()
	for len(x) > 0 {
		n := max(1, int((0.1+0.7*r.Float64())*rate))
		next := draw()
		step := (next - last) / float32(n)
		n = min(n, len(x))
		for i := range x[:n] {
			x[i] *= last
			last += step
		}
		x = x[n:]
	}
}
