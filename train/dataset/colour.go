package dataset

import (
	"math"
	"math/rand/v2"
)

// saturate bends x softly, its peaks drive times as far as where the bend begins.
func saturate(x []float32, drive float32) {
	p := peak(x)
	if p < 1e-9 {
		return
	}
	drive /= p
	back := 1 / drive
	for i, v := range x {
		v *= drive
		x[i] = v / (1 + max(v, -v)) * back
	}
}

func peak(x []float32) float32 {
	var p float32
	for _, v := range x {
		p = max(p, v, -v)
	}
	return p
}

// amplifier is an instrument's amplifier: treble is raised, the sum bent by a hyperbolic tangent, and a
// cabinet lets the middle through. The bend is not oversampled: what folds back at these drives lies
// mostly above the cabinet's range.
type amplifier struct {
	drive   float32 // level of the active signal where 1 is the tangent's knee
	bias    float32 // 0: symmetric
	treble  float32 // share of the treble added before the bend
	cabinet bool
	low     float64 // Hz, of the cabinet
	middle  float64 // Hz, where it rings
	ring    float64 // dB
	high    float64 // Hz
}

// play keeps the energy of x. level is the root mean square of x where it is active.
func (a amplifier) play(x []float32, level, rate float64) {
	before := energy(x)
	if before < 1e-12 || level < 1e-7 {
		return
	}
	drive := a.drive / float32(level)
	zero := bend(a.bias)
	smooth := float32(1 - math.Exp(-2*math.Pi*720/rate)) // the corner of a valve stage's cathode, 720 Hz
	var low float32
	for i, v := range x {
		v *= drive
		low += smooth*(v-low) + still
		x[i] = bend(v+a.treble*(v-low)+a.bias) - zero
	}
	if a.cabinet {
		pair(highAt(a.low/rate, 0.9), peakAt(a.middle/rate, a.ring, 0.9), x)
		pair(lowAt(a.high/rate, 0.54), lowAt(a.high/rate, 1.3), x) // a Butterworth filter of the 4th order
	} else {
		highAt(20/rate, math.Sqrt2/2).run(x) // the bias leaves a direct current
	}
	if after := energy(x); after > 0 {
		scale(x, float32(math.Sqrt(before/after)))
	}
}

// bend is a hyperbolic tangent to 2.5 %: the first convergents of its continued fraction, which reach 1 at 3.
func bend(v float32) float32 {
	v = max(-3, min(3, v))
	return v * (27 + v*v) / (27 + 9*v*v)
}

// doubling is a second voice that lags behind the first, and is out of tune with it as far as its lag changes.
type doubling struct {
	lag   float64 // s, at first
	drift float64 // of the lag, s/s: −0.003 is 5 cents sharp
	depth float64 // s, by which the lag swings besides …
	speed float64 // … at so many hertz
	gain  float32
}

// play adds the second voice. dry is as long as x, and is overwritten.
func (d doubling) play(x, dry []float32, rate float64) {
	copy(dry, x)
	// The swing runs straight between points grain samples apart.
	lagAt := func(i int) float64 {
		t := float64(i) / rate
		return max(2, (d.lag+d.drift*t+d.depth*math.Sin(2*math.Pi*d.speed*t))*rate)
	}
	next := lagAt(0)
	for at := 0; at < len(x); at += grain {
		lag := next
		next = lagAt(at + grain)
		step := (next - lag) / grain
		for i := at; i < min(at+grain, len(x)); i++ {
			pos := float64(i) - lag
			lag += step
			if pos < 1 {
				continue
			}
			j := int(pos)
			x[i] += d.gain * hermite(float32(pos-float64(j)), dry[j-1], dry[j], dry[j+1], dry[j+2])
		}
	}
}

// hermite interpolates at 0 ≤ f < 1 between b and c, a cubic through both with the slopes of their neighbours.
func hermite(f, a, b, c, d float32) float32 {
	return b + 0.5*f*(c-a+f*(2*a-5*b+4*c-d+f*(3*(b-c)+d-a)))
}

// grid is how many samples share a level when highs are replaced by noise.
const grid = 512

// substitute replaces what lies above f, over the rate, by noise with the same level in each grid, as codecs
// of low rates do: noise, which is white, is filtered to be as high. high is scratch.
func substitute(x, noise, high []float32, f float64) {
	copy(high, x)
	lowpass(x, f)
	highpass(high, f)
	var last float32
	for at := 0; at < len(x); at += grid {
		n := min(grid, len(x)-at)
		// The noise's own level is that of all, so that the same noise stays in step in mixture and target.
		next := float32(math.Sqrt(energy(high[at:at+n]) / float64(n)))
		step := (next - last) / grid
		for i, v := range noise[at : at+n] {
			x[at+i] += v * last
			last += step
		}
		last = next
	}
}

// white fills x with noise of level 1: uniform, from a generator of Knuth's (MMIX).
func white(r *rand.Rand, x []float32) {
	s := r.Uint64()
	for i := range x {
		s = s*6364136223846793005 + 1442695040888963407
		x[i] = float32(int32(s>>32)) * (1.7320508 / (1 << 31))
	}
}
