package dataset

import (
	"math"
	"math/rand/v2"
)

// presence is how likely a family joins the target in a mixture of stems of different songs.
var presence = map[string]float64{"drums": 0.85, "bass": 0.8, "guitar": 0.8, "piano": 0.25, "vocals": 0.6, "other": 0.3}

// Draw fills mix and target, equally long, with a random example for the target family: stems of
// one song or of several at random levels, each with a random resampling (pitch and tempo),
// polarity, equalisation and saturation. Now and then the target plays alone or is absent. The
// example depends on nothing but the set and the state of r.
func (s *Set) Draw(r *rand.Rand, family string, mix, target []float32) {
	clear(mix)
	clear(target)
	stem := make([]float32, len(mix))
	add := func(c *Clip, at, speed, db float64) {
		c.cut(stem, at, speed)
		colour(r, stem, float64(s.Rate))
		// Relative to the clip's own active level, so that stems meet as equals.
		gain := float32(math.Pow(10, db/20) * 0.1 / c.Level)
		if r.IntN(2) == 0 {
			gain = -gain
		}
		for i, v := range stem {
			mix[i] += gain * v
		}
		if c.Family == family {
			for i, v := range stem {
				target[i] += gain * v
			}
		}
	}
	speed := func() float64 {
		if r.Float64() < 0.4 {
			return 1
		}
		return math.Pow(2, (r.Float64()*2-1)*0.25) // ± 3 semitones
	}
	level := func() float64 { return max(-12, min(8, r.NormFloat64()*4.5)) }

	kind := r.Float64()
	absent, alone := kind < 0.04, kind > 0.97
	if own := s.byFamily[family]; len(own) > 0 && !absent {
		c := own[weighted(r, own)]
		if song := s.songOf(c); song != nil && r.Float64() < 0.3 && !alone && !s.hides(song, family) {
			v := speed()
			at := c.active(r, len(mix), v)
			for i := range song.Clips {
				if r.Float64() < 0.92 || song.Clips[i].Family == family {
					add(&song.Clips[i], at, v, level()*0.7)
				}
			}
			s.finish(r, mix, target)
			return
		}
		v := speed()
		add(c, c.active(r, len(mix), v), v, level())
	}
	if !alone {
		backed := false
		if backing := s.byFamily["backing"]; len(backing) > 0 && family == "vocals" && r.Float64() < 0.25 {
			c := backing[weighted(r, backing)]
			v := speed()
			add(c, c.active(r, len(mix), v), v, level()+2)
			backed = true
		}
		for _, f := range s.families {
			if f == family || f == "backing" || backed && (f == "drums" || f == "bass") || r.Float64() >= presence[f] {
				continue
			}
			clips := s.byFamily[f]
			c := clips[weighted(r, clips)]
			v := speed()
			add(c, c.active(r, len(mix), v), v, level())
		}
	}
	s.finish(r, mix, target)
}

// finish cuts off the example's treble now and then, as old recordings and low rates do, and brings it
// to a random level.
func (s *Set) finish(r *rand.Rand, mix, target []float32) {
	if r.Float64() < 0.2 {
		f := 3500 * math.Pow(2, 2.2*r.Float64()) // 3.5 to 16 kHz
		lowpass(mix, f/float64(s.Rate))
		lowpass(target, f/float64(s.Rate))
	}
	gain := float32(math.Pow(10, (r.Float64()*24-18)/20))
	for i := range mix {
		mix[i] *= gain
		target[i] *= gain
	}
}

// hides tells whether a song has a stem in which the family may sound unseen.
func (s *Set) hides(song *Song, family string) bool {
	for _, c := range song.Clips {
		if c.Family == "backing" && family != "vocals" {
			return true
		}
	}
	return false
}

func (s *Set) songOf(c *Clip) *Song {
	for i := range s.Songs {
		for j := range s.Songs[i].Clips {
			if &s.Songs[i].Clips[j] == c {
				return &s.Songs[i]
			}
		}
	}
	return nil
}

// weighted draws a clip with a chance that grows as the root of its length, so that a few long songs
// do not drown many short ones.
func weighted(r *rand.Rand, clips []*Clip) int {
	total := 0.
	for _, c := range clips {
		total += math.Sqrt(float64(len(c.Samples)))
	}
	x := r.Float64() * total
	for i, c := range clips {
		if x -= math.Sqrt(float64(len(c.Samples))); x < 0 {
			return i
		}
	}
	return len(clips) - 1
}

// active draws a place where n samples read at a speed are not silent: the best of a few tries.
func (c *Clip) active(r *rand.Rand, n int, speed float64) float64 {
	best, at := -1., 0.
	for range 4 {
		try := r.Float64() * max(0, float64(len(c.Samples))-float64(n)*speed)
		var p float64
		count := 0
		for i := int(try); i < min(len(c.Samples), int(try+float64(n)*speed)); i += 16 {
			p += float64(c.Samples[i]) * float64(c.Samples[i])
			count++
		}
		p = math.Sqrt(p/float64(max(count, 1))) / (1 << 15)
		if p > best {
			best, at = p, try
		}
		if p > 0.2*c.Level {
			break
		}
	}
	return at
}

// cut reads len(dst) samples from at on, speed samples apart, by cubic Hermite interpolation (its
// images lie where stems have little; a stem is not played at more than 1.2 times its pitch). What
// lies outside the clip is silence.
func (c *Clip) cut(dst []float32, at, speed float64) {
	x := c.Samples
	if speed == 1 {
		start := int(at)
		for i := range dst {
			if j := start + i; j < len(x) {
				dst[i] = float32(x[j]) * (1. / (1 << 15))
			} else {
				dst[i] = 0
			}
		}
		return
	}
	for i := range dst {
		pos := at + float64(i)*speed
		j := int(pos)
		if j < 1 || j+2 >= len(x) {
			dst[i] = 0
			continue
		}
		f := float32(pos - float64(j))
		a, b, cc, d := float32(x[j-1]), float32(x[j]), float32(x[j+1]), float32(x[j+2])
		dst[i] = (b + 0.5*f*(cc-a+f*(2*a-5*b+4*cc-d+f*(3*(b-cc)+d-a)))) * (1. / (1 << 15))
	}
}

// colour changes a stem as rooms, microphones and desks do: up to two peaking filters, a tilt, and
// now and then a soft saturation.
func colour(r *rand.Rand, x []float32, rate float64) {
	if r.Float64() < 0.6 {
		for range 1 + r.IntN(2) {
			f := 80 * math.Pow(2, r.Float64()*7) // 80 Hz … 10 kHz
			peaking(x, f/rate, r.NormFloat64()*4, 0.5+r.Float64())
		}
	}
	if r.Float64() < 0.4 {
		tilt(x, float32((r.Float64()*2-1)*0.5))
	}
	if r.Float64() < 0.15 {
		var peak float32
		for _, v := range x {
			peak = max(peak, max(v, -v))
		}
		if peak > 0 {
			drive := float32(1+3*r.Float64()) / peak
			for i, v := range x {
				v *= drive
				x[i] = v / (1 + max(v, -v)) / drive
			}
		}
	}
}

// peaking is the peaking equaliser of Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter
// coefficients"; f is the frequency over the rate, db the gain at it.
func peaking(x []float32, f, db, q float64) {
	if f >= 0.45 {
		return
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	a, alpha := math.Pow(10, db/40), sin/(2*q)
	n := 1 + alpha/a
	b0, b1, b2 := float32((1+alpha*a)/n), float32(-2*cos/n), float32((1-alpha*a)/n)
	a2 := float32((1 - alpha/a) / n)
	var s1, s2 float32
	for i, v := range x {
		y := b0*v + s1
		s1 = b1*v - b1*y + s2
		s2 = b2*v - a2*y
		x[i] = y
	}
}

// lowpass is a Butterworth filter of the 8th order, as four of Bristow-Johnson's low-pass sections; f is
// the frequency over the rate.
func lowpass(x []float32, f float64) {
	if f >= 0.45 {
		return
	}
	sin, cos := math.Sincos(2 * math.Pi * f)
	for k := range 4 {
		alpha := sin * math.Cos(math.Pi*float64(2*k+1)/16) // sin/(2Q), Q = 1/(2cos θ)
		n := 1 + alpha
		b0, a1, a2 := float32((1-cos)/2/n), float32(-2*cos/n), float32((1-alpha)/n)
		var s1, s2 float32
		for i, v := range x {
			y := b0*v + s1
			s1 = 2*b0*v - a1*y + s2
			s2 = b0*v - a2*y
			x[i] = y
		}
	}
}

// tilt mixes in a share of the signal's difference (brighter, share > 0) or its running mean (darker).
func tilt(x []float32, share float32) {
	var low float32
	for i, v := range x {
		low += 0.15 * (v - low)
		if share > 0 {
			x[i] = v + share*2*(v-low)
		} else {
			x[i] = v + share*(v-low)
		}
	}
}
