package render

import (
	"math"
	"math/rand/v2"
)

// chord is a root pitch class with semitones above it.
type chord struct {
	root  int
	tones []int // above the root, root included
	minor bool
}

var (
	major    = []int{0, 4, 7}
	minorTri = []int{0, 3, 7}
	dom7     = []int{0, 4, 7, 10}
	min7     = []int{0, 3, 7, 10}
	maj7     = []int{0, 4, 7, 11}
)

// style is a way of playing that sets the odds of everything else.
type style struct {
	name         string
	lo, hi       float64 // beats a minute
	swing        [2]float64
	minor        float64    // odds of a minor key
	heat         [2]float64 // amplifier heat of the rhythm guitar, 0 … 1
	acoustic     float64    // odds that the rhythm guitar is acoustic
	seventh      float64    // odds of seventh chords
	progressions [][]int    // scale degrees in semitones, one a bar; +100 marks minor, +200 dominant
	grooves      []string
	feel16       bool // funk: sixteenth-note playing
}

const (
	mi = 100
	d7 = 200
)

var rockProgs = [][]int{{0, 5, 7, 5}, {0, 7, mi + 9, 5}, {mi + 9, 5, 0, 7}, {0, 10, 5, 0}, {0, 0, 5, 7}, {0, 5, 0, 7}, {mi + 2, 5, 0, 0}, {0, mi + 4, 5, 7}}
var minorProgs = [][]int{{mi, 8, 3, 10}, {mi, 10, 8, 10}, {mi, mi + 5, 8, 7}, {mi, 3, 10, mi + 5}, {mi, mi, 8, 10}, {mi, 1, mi, 10}, {mi, mi + 5, mi, 7}}
var bluesProgs = [][]int{
	{d7, d7, d7, d7, d7 + 5, d7 + 5, d7, d7, d7 + 7, d7 + 5, d7, d7 + 7},
	{d7, d7 + 5, d7, d7, d7 + 5, d7 + 5, d7, d7, d7 + 7, d7 + 5, d7, d7},
	{mi, mi, mi, mi, mi + 5, mi + 5, mi, mi, 8, 7, mi, mi},
}

var styles = []style{
	{name: "rock", lo: 95, hi: 150, minor: 0.4, heat: [2]float64{0.25, 0.8}, acoustic: 0.1, seventh: 0.05, progressions: rockProgs, grooves: []string{"rock", "rock", "half", "fourfloor"}},
	{name: "hard rock", lo: 90, hi: 150, minor: 0.6, heat: [2]float64{0.5, 0.9}, seventh: 0, progressions: rockProgs, grooves: []string{"rock", "half", "fourfloor"}},
	{name: "metal", lo: 100, hi: 190, minor: 0.95, heat: [2]float64{0.75, 1}, progressions: minorProgs, grooves: []string{"metal", "half", "punk"}},
	{name: "punk", lo: 150, hi: 200, minor: 0.2, heat: [2]float64{0.55, 0.9}, progressions: rockProgs, grooves: []string{"punk", "punk", "rock"}},
	{name: "pop", lo: 85, hi: 130, minor: 0.4, heat: [2]float64{0, 0.45}, acoustic: 0.35, seventh: 0.2, progressions: rockProgs, grooves: []string{"rock", "pop", "fourfloor", "half"}},
	{name: "country", lo: 90, hi: 180, minor: 0.1, heat: [2]float64{0, 0.35}, acoustic: 0.5, seventh: 0.1, progressions: rockProgs, grooves: []string{"train", "country", "rock"}},
	{name: "shuffle", lo: 80, hi: 150, swing: [2]float64{0.62, 0.68}, minor: 0.25, heat: [2]float64{0.1, 0.6}, acoustic: 0.1, seventh: 0.7, progressions: bluesProgs, grooves: []string{"shuffle"}},
	{name: "slow blues", lo: 50, hi: 75, swing: [2]float64{0.64, 0.68}, minor: 0.4, heat: [2]float64{0.1, 0.6}, acoustic: 0.1, seventh: 0.8, progressions: bluesProgs, grooves: []string{"shuffle", "slow"}},
	{name: "funk", lo: 88, hi: 120, swing: [2]float64{0.5, 0.57}, minor: 0.6, heat: [2]float64{0, 0.3}, seventh: 0.8, progressions: [][]int{{d7, d7, d7, d7}, {mi, mi, mi + 5, mi + 5}, {d7, d7 + 5, d7, d7 + 5}, {mi, 10, mi, 10}}, grooves: []string{"funk"}, feel16: true},
	{name: "ballad", lo: 58, hi: 84, minor: 0.4, heat: [2]float64{0, 0.4}, acoustic: 0.5, seventh: 0.3, progressions: rockProgs, grooves: []string{"ballad", "half"}},
	{name: "surf", lo: 140, hi: 175, minor: 0.6, heat: [2]float64{0.05, 0.3}, progressions: minorProgs, grooves: []string{"surf", "rock"}},
	{name: "reggae", lo: 65, hi: 90, swing: [2]float64{0.5, 0.6}, minor: 0.5, heat: [2]float64{0, 0.2}, seventh: 0.2, progressions: [][]int{{0, 5, 0, 5}, {mi, mi + 5, mi, mi + 5}, {0, 7, mi + 9, 5}, {mi, 10, mi, 10}}, grooves: []string{"onedrop"}},
	{name: "disco", lo: 108, hi: 128, minor: 0.6, heat: [2]float64{0, 0.25}, seventh: 0.5, progressions: minorProgs, grooves: []string{"disco"}, feel16: true},
	{name: "indie", lo: 105, hi: 170, minor: 0.4, heat: [2]float64{0.1, 0.6}, acoustic: 0.15, seventh: 0.1, progressions: rockProgs, grooves: []string{"rock", "indie", "fourfloor"}},
}

// section is a stretch of bars played alike.
type section struct {
	bar, bars int
	energy    float64 // 0 … 1
	chords    []chord // one a bar
	plays     map[string]bool
	groove    string
	hook      int // seed of its figures; sections with the same hook repeat them
}

// score is what the whole band agrees on.
type score struct {
	style    style
	bpm      float64
	key      int // pitch class of the tonic
	minor    bool
	swing    float64
	meter    int     // beats a bar
	tuning   float64 // semitones the whole band is off concert pitch
	beat     []float64
	sections []section
	bars     int
}

// newScore draws a song of about the given length. A key of 0–11 is kept, −1 is drawn.
func newScore(r *rand.Rand, seconds float64, key, minorKey int) *score {
	s := &score{style: pick(r, styles), meter: 4}
	st := s.style
	s.bpm = uniform(r, st.lo, st.hi)
	s.key = r.IntN(12)
	if key >= 0 {
		s.key = key
	}
	s.minor = chance(r, st.minor)
	if minorKey >= 0 {
		s.minor = minorKey == 1
	}
	s.swing = 0.5
	if st.swing[1] > 0 {
		s.swing = uniform(r, st.swing[0], st.swing[1])
	} else if chance(r, 0.1) {
		s.swing = uniform(r, 0.52, 0.6)
	}
	if (st.name == "ballad" || st.name == "country") && chance(r, 0.2) {
		s.meter = 3
	}
	if chance(r, 0.5) {
		s.tuning = uniform(r, -0.25, 0.25)
	}
	s.bars = max(4, int(math.Round(seconds*s.bpm/60/float64(s.meter))))
	// Time: a slow drift of tempo as without a click, or nearly none.
	drift := 0.0015
	if chance(r, 0.5) {
		drift = 0.006
	}
	t, dev := uniform(r, 0.05, 0.4), 0.0
	for range s.bars*s.meter + 9 {
		s.beat = append(s.beat, t)
		dev = 0.92*dev + drift*r.NormFloat64()
		t += 60 / s.bpm * (1 + dev)
	}
	s.layOut(r)
	return s
}

func (s *score) layOut(r *rand.Rand) {
	progs := s.style.progressions
	if s.minor && s.style.progressions[0][0] == 0 {
		progs = minorProgs
	}
	type part struct {
		prog   []int
		groove string
		hook   int
	}
	parts := make([]part, 2+r.IntN(2))
	for i := range parts {
		parts[i] = part{prog: pick(r, progs), groove: pick(r, s.style.grooves), hook: r.IntN(1 << 30)}
		if i > 0 && chance(r, 0.4) {
			parts[i].groove = parts[0].groove
		}
	}
	bar := 0
	for n := 0; bar < s.bars; n++ {
		p := parts[n%len(parts)]
		bars := 4
		if len(p.prog) > 4 {
			bars = len(p.prog)
		} else if chance(r, 0.45) {
			bars = 8
		}
		bars = min(bars, s.bars-bar)
		sec := section{bar: bar, bars: bars, energy: uniform(r, 0.3, 1), groove: p.groove, hook: p.hook, plays: map[string]bool{}}
		for _, f := range families {
			sec.plays[f] = true
		}
		// Parts that drop out: an intro or a break in about a quarter of the sections.
		if chance(r, 0.2) {
			for range 1 + r.IntN(2) {
				sec.plays[pick(r, []string{"drums", "bass", "guitar", "piano", "other", "vocals", "vocals"})] = false
			}
		}
		for b := range bars {
			deg := p.prog[b%len(p.prog)]
			c := chord{root: (s.key + deg%100) % 12, tones: major}
			switch {
			case deg >= d7:
				c.tones = dom7
				if !chance(r, 0.5+s.style.seventh) {
					c.tones = major
				}
			case deg >= mi:
				c.minor, c.tones = true, minorTri
				if chance(r, s.style.seventh) {
					c.tones = min7
				}
			default:
				if chance(r, s.style.seventh*0.5) {
					c.tones = maj7
				}
			}
			sec.chords = append(sec.chords, c)
		}
		s.sections = append(s.sections, sec)
		bar += bars
	}
}

// at is the time in seconds of a position in beats from the start, with the swing.
func (s *score) at(pos float64) float64 {
	b := int(pos)
	f := pos - float64(b)
	if s.swing != 0.5 {
		if s.style.feel16 {
			h := math.Floor(f * 2)
			f = (h + bend(f*2-h, s.swing)) / 2
		} else {
			f = bend(f, s.swing)
		}
	}
	if b+1 >= len(s.beat) {
		return s.beat[len(s.beat)-1] + (pos-float64(len(s.beat)-1))*60/s.bpm
	}
	return s.beat[b] + f*(s.beat[b+1]-s.beat[b])
}

func bend(f, swing float64) float64 {
	if f < 0.5 {
		return f * 2 * swing
	}
	return swing + (f-0.5)*2*(1-swing)
}

// scaleTones are the notes a melody may use: minor pentatonic, major pentatonic or the full scale.
func (s *score) scaleTones(r *rand.Rand) []int {
	switch {
	case s.minor && chance(r, 0.5), s.style.seventh >= 0.7:
		return []int{0, 3, 5, 7, 10}
	case s.minor:
		return []int{0, 2, 3, 5, 7, 8, 10}
	case chance(r, 0.5):
		return []int{0, 2, 4, 7, 9}
	}
	return []int{0, 2, 4, 5, 7, 9, 11}
}

// melody is a line of notes over some bars: positions in beats, lengths in beats, MIDI pitches.
type note struct {
	pos, dur float64
	pitch    float64
	vel      float64
}

// line improvises a melody over a section in phrases with rests between them.
func (s *score) line(r *rand.Rand, sec section, lo, hi int, density float64) []note {
	scale := s.scaleTones(r)
	var allowed []int
	for p := lo; p <= hi; p++ {
		for _, t := range scale {
			if (p-s.key+120)%12 == t {
				allowed = append(allowed, p)
			}
		}
	}
	if len(allowed) == 0 {
		return nil
	}
	k := len(allowed)/3 + r.IntN(max(1, len(allowed)/3))
	var out []note
	pos := float64(sec.bar * s.meter)
	end := float64((sec.bar + sec.bars) * s.meter)
	for pos < end {
		pos += pick(r, []float64{0, 0.5, 1, 1, 2, 3}) // breath
		phrase := uniform(r, 2, 7)
		stop := min(pos+phrase, end)
		for pos < stop {
			d := pick(r, []float64{0.5, 0.5, 0.5, 1, 1, 1.5, 2})
			if chance(r, density) {
				d = pick(r, []float64{0.25, 0.5, 0.5})
			}
			if stop-pos < 1.2 {
				d = uniform(r, 1, 3) // the last note of a phrase is held
			}
			k = min(max(k+pick(r, []int{-2, -1, -1, -1, 0, 1, 1, 1, 2, 3, -3}), 0), len(allowed)-1)
			p := allowed[k]
			// Long and strong notes settle on the chord.
			if d >= 1 {
				c := sec.chords[min(int(pos)/s.meter-sec.bar, len(sec.chords)-1)]
				p = nearestTone(p, c)
			}
			out = append(out, note{pos: pos, dur: d, pitch: float64(p), vel: uniform(r, 0.5, 1)})
			pos += d
		}
	}
	return out
}

func nearestTone(p int, c chord) int {
	best, dist := p, 99
	for q := p - 4; q <= p+4; q++ {
		for _, t := range c.tones {
			if (q-c.root-t+240)%12 == 0 && abs(q-p) < dist {
				best, dist = q, abs(q-p)
			}
		}
	}
	return best
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}

// inOctave is the pitch class as a MIDI note at or above lo.
func inOctave(class, lo int) int { return lo + ((class-lo)%12+12)%12 }
