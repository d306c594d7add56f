package render

import (
	"math"
	"math/rand/v2"
)

func dB(x float64) float64     { return math.Pow(10, x/20) }
func semis(s float64) float64  { return math.Pow(2, s/12) }
func midiHz(m float64) float64 { return 440 * math.Pow(2, (m-69)/12) }

func uniform(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

func pick[T any](r *rand.Rand, s []T) T { return s[r.IntN(len(s))] }

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// logUniform draws between lo and hi, every octave equally likely.
func logUniform(r *rand.Rand, lo, hi float64) float64 {
	return lo * math.Pow(hi/lo, r.Float64())
}

// cubicAt is x at the fractional position p by Catmull–Rom interpolation; zero outside.
func cubicAt(x []float32, p float64) float32 {
	i := int(p)
	if p < 0 || i >= len(x) {
		return 0
	}
	t := float32(p - float64(i))
	var a, b, c, d float32
	b = x[i]
	if i > 0 {
		a = x[i-1]
	}
	if i+1 < len(x) {
		c = x[i+1]
	}
	if i+2 < len(x) {
		d = x[i+2]
	}
	return b + 0.5*t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// mixAt adds src, played at the given rate (1 = as recorded) and gain, to dst from sample at on.
// It lasts dur samples of dst at most and then fades over fade samples. The recording's own end is
// faded over 5 ms so that a cut tail never clicks.
func mixAt(dst, src []float32, at int, rate, gain float64, dur, fade int) {
	if len(src) == 0 || rate <= 0 {
		return
	}
	n := int(float64(len(src)-2) / rate)
	if dur+fade < n {
		n = dur + fade
	} else {
		fade = min(n, 220)
		dur = n - fade
	}
	fadeStep := float32(0)
	if fade > 0 {
		fadeStep = float32(gain) / float32(fade)
	}
	g := float32(gain)
	pos := 0.0
	for i := range n {
		if i >= dur {
			g -= fadeStep
			if g < 0 {
				break
			}
		}
		k := at + i
		if k >= len(dst) {
			return
		}
		if k >= 0 {
			dst[k] += g * cubicAt(src, pos)
		}
		pos += rate
	}
}

func addScaled(dst, src []float32, g float32) {
	for i, v := range src[:min(len(src), len(dst))] {
		dst[i] += g * v
	}
}

func scale(x []float32, g float32) {
	for i := range x {
		x[i] *= g
	}
}

func peak(x []float32) float64 {
	var m float32
	for _, v := range x {
		m = max(m, v, -v)
	}
	return float64(m)
}

// activeRMS is the level of x where it sounds: over frames of 50 ms within 40 dB of the loudest.
// It is 0 for silence.
func activeRMS(x []float32) float64 {
	const frame = Rate / 20
	var e []float64
	var loudest float64
	for i := 0; i+frame <= len(x); i += frame {
		var s float64
		for _, v := range x[i : i+frame] {
			s += float64(v) * float64(v)
		}
		e = append(e, s/frame)
		loudest = max(loudest, s/frame)
	}
	var sum float64
	var n int
	for _, v := range e {
		if v > loudest*1e-4 && v > 1e-12 {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(sum / float64(n))
}

func rms(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return math.Sqrt(s / float64(max(len(x), 1)))
}
