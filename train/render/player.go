package render

import (
	"math"
	"math/rand/v2"
	"sort"
)

// player plays notes on one pitched source.
type player struct {
	src   *source
	notes []pitched // by pitch, then level
	r     *rand.Rand
	last  *sound
}

type pitched struct {
	s     *sound
	pitch float64
}

// newPlayer takes the sounds of src that keep says; nil when none has a pitch.
func newPlayer(src *source, r *rand.Rand, keep func(name string) bool) *player {
	p := &player{src: src, r: r}
	for _, s := range src.sounds {
		if math.IsNaN(s.pitch) || keep != nil && !keep(s.name) {
			continue
		}
		p.notes = append(p.notes, pitched{s, s.tuned()})
	}
	if len(p.notes) == 0 {
		return nil
	}
	sort.SliceStable(p.notes, func(i, j int) bool { return p.notes[i].pitch < p.notes[j].pitch })
	return p
}

// choose returns the recording nearest in pitch that suits the velocity.
func (p *player) choose(pitch, vel float64) pitched {
	best := math.Inf(1)
	for _, n := range p.notes {
		best = min(best, math.Abs(n.pitch-pitch))
	}
	var near []pitched
	for _, n := range p.notes {
		if math.Abs(n.pitch-pitch) < best+0.1 && len(n.s.samples()) > 0 {
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		return p.notes[0]
	}
	sort.SliceStable(near, func(i, j int) bool { return near[i].s.level < near[j].s.level })
	i := min(max(int(vel*float64(len(near))+0.7*p.r.NormFloat64()), 0), len(near)-1)
	if near[i].s == p.last && len(near) > 1 {
		i = (i + 1) % len(near)
	}
	p.last = near[i].s
	return pitched{near[i].s, near[i].s.sounding()}
}

// strike is one note as it is played.
type strike struct {
	at    float64 // seconds
	dur   float64 // seconds until released
	fade  float64 // seconds of release
	pitch float64 // MIDI
	vel   float64 // 0 … 1: chooses the recording
	gain  float64
	decay float64                      // seconds to fall by 1/e when damped; 0 rings freely
	bend  func(t float64) (st float64) // semitones at t seconds into the note; nil none
}

func (p *player) play(dst []float32, k strike) {
	n := p.choose(k.pitch, k.vel)
	playSound(dst, n.s.samples(), k.pitch-n.pitch, k)
}

// playSound plays src shifted by the given semitones as k says.
func playSound(dst, src []float32, shift float64, k strike) {
	at := int(k.at*Rate) - Rate*3/1000
	rate := semis(shift)
	if k.bend == nil && k.decay == 0 {
		mixAt(dst, src, at, rate, k.gain, int(k.dur*Rate), int(k.fade*Rate))
		return
	}
	total := int((k.dur + k.fade) * Rate)
	g := float32(k.gain)
	fadeStart := int(k.dur * Rate)
	fadeStep := g / float32(max(1, int(k.fade*Rate)))
	var mul float32 = 1
	if k.decay > 0 {
		mul = float32(math.Exp(-1 / (k.decay * Rate)))
		fadeStep = g / float32(max(1, int(k.fade*Rate)))
	}
	pos, step := 0.0, rate
	for i := range total {
		if i&31 == 0 && k.bend != nil {
			step = rate * semis(k.bend(float64(i)/Rate))
		}
		if i >= fadeStart {
			if g -= fadeStep; g <= 0 {
				return
			}
		}
		if left := float64(len(src)) - 2 - pos; left < 220 {
			if left <= 0 {
				return
			}
			if j := at + i; j >= 0 && j < len(dst) {
				dst[j] += g * float32(left/220) * cubicAt(src, pos)
			}
			pos += step
			continue
		}
		if j := at + i; j >= len(dst) {
			return
		} else if j >= 0 {
			dst[j] += g * cubicAt(src, pos)
		}
		g *= mul
		pos += step
	}
}

// vibrato is a pitch curve that sets in after delay seconds.
func vibrato(hz, depth, delay float64) func(float64) float64 {
	return func(t float64) float64 {
		if t < delay {
			return 0
		}
		return depth * min(1, (t-delay)/0.25) * math.Sin(2*math.Pi*hz*(t-delay))
	}
}

func sum(fs ...func(float64) float64) func(float64) float64 {
	return func(t float64) (s float64) {
		for _, f := range fs {
			if f != nil {
				s += f(t)
			}
		}
		return
	}
}

// slide starts the given semitones off and arrives after seconds.
func slide(from, seconds float64) func(float64) float64 {
	return func(t float64) float64 {
		if t >= seconds {
			return 0
		}
		x := t / seconds
		return from * (1 - x*x*(3-2*x))
	}
}
