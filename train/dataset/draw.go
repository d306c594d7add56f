package dataset

import (
	"math"
	"math/rand/v2"
)

// DefaultPresence is how likely a family joins the target in a mixture of stems of different songs; a backing track, which only
// voices can do with, stands in for drums and bass.
func DefaultPresence() map[string]float64 {
	return map[string]float64{"drums": 0.85, "bass": 0.8, "guitar": 0.8, "piano": 0.25, "vocals": 0.6, "other": 0.3, "backing": 0.25}
}

// Draw fills mix and target, equally long, with a random example for the target family: stems of
// one song or of several at random levels, changed as Augment says. Now and then the target plays
// alone or is absent. The example depends on nothing but the set, its augmentation and the state of r.
func (s *Set) Draw(r *rand.Rand, family string, mix, target []float32) {
	clear(mix)
	clear(target)
	a, d := &s.Augment, s.borrow(len(mix))
	defer s.giveBack(d)
	// What follows from an augmentation has dice of its own; r decides on clips and levels.
	d.seed = r.Uint64()
	stems := 0
	add := func(c *Clip, at, speed, db float64) {
		c.cut(d.stem, at, speed)
		if energy(d.stem) > 0 {
			d.colour(a, stems, c.Family, c.Level)
		}
		// Relative to the clip's own active level, so that stems meet as equals.
		gain := float32(decibels(db) * 0.1 / c.Level)
		if _, ok := d.roll(a.Invert, stems, polarity); ok {
			gain = -gain
		}
		for i, v := range d.stem {
			mix[i] += gain * v
		}
		if c.Family == family {
			for i, v := range d.stem {
				target[i] += gain * v
			}
		}
		stems++
	}
	// cut draws a speed for a clip and a place in it.
	cut := func(c *Clip) (at, speed float64) {
		speed = 1
		if r, ok := d.roll(a.Resample, stems, resampling); ok {
			speed = math.Pow(2, strengths.semitones.draw(r)/12)
		}
		die, _ := d.roll(1, stems, place)
		return c.active(die, len(mix), speed), speed
	}
	alone := func(c *Clip, db float64) {
		at, speed := cut(c)
		add(c, at, speed, db)
	}
	level := func() float64 { return max(-12, min(8, r.NormFloat64()*4.5)) }

	kind, remix := r.Float64(), r.Float64() < a.Remix
	absent := kind < a.Absent
	only := !absent && kind >= 1-a.Alone
	if own := s.byFamily[family]; len(own) > 0 && !absent {
		c := own[weighted(r, own)]
		if song := s.songOf(c); !remix && !only && song.others(family) && !s.hides(song, family) {
			at, speed := cut(c)
			for i := range song.Clips {
				if r.Float64() < 0.92 || song.Clips[i].Family == family {
					add(&song.Clips[i], at, speed, level()*0.7)
				}
			}
			d.finish(r, a, mix, target)
			return
		}
		alone(c, level())
	}
	if !only {
		backed := false
		if backing := s.byFamily["backing"]; len(backing) > 0 && family == "vocals" && r.Float64() < s.Presence["backing"] {
			alone(backing[weighted(r, backing)], level()+2)
			backed = true
		}
		for _, f := range s.families {
			if f == family || f == "backing" || backed && (f == "drums" || f == "bass") || r.Float64() >= s.Presence[f] {
				continue
			}
			clips := s.byFamily[f]
			alone(clips[weighted(r, clips)], level())
		}
	}
	d.finish(r, a, mix, target)
}

// finish brings the example to a random level.
func (d *desk) finish(r *rand.Rand, a *Augmentation, mix, target []float32) {
	d.master(a, mix, target)
	gain := float32(decibels(r.Float64()*24 - 18))
	scale(mix, gain)
	scale(target, gain)
}

// others tells whether a song holds more than the family.
func (s *Song) others(family string) bool {
	for _, c := range s.Clips {
		if c.Family != family {
			return true
		}
	}
	return false
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
		dst[i] = hermite(f, float32(x[j-1]), float32(x[j]), float32(x[j+1]), float32(x[j+2])) * (1. / (1 << 15))
	}
}
