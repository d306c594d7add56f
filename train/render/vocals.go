package render

import (
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
)

var phraseKey = regexp.MustCompile(`^(?:shv|etv)_([a-g])(s|b)?(m|j)?_(\d+)_`)

// phraseKeyOf reads the key that a sung phrase's file name gives: pitch class and whether minor.
func phraseKeyOf(name string) (class int, minor, ok bool) {
	m := phraseKey.FindStringSubmatch(name)
	if m == nil {
		return 0, false, false
	}
	class = noteClass[m[1]]
	switch m[2] {
	case "s":
		class++
	case "b":
		class += 11
	}
	// The house pack's keys are all minor by their long names; the other marks major with a j.
	return class % 12, m[3] != "j", true
}

// vocalPlan is who sings what, decided before the score so that the band plays in the singer's key.
type vocalPlan struct {
	kind    string // "phrases", "notes", "shouts", "mixed"
	phrases []*sound
	class   int
	minor   bool
	shift   float64 // semitones, the same for the whole song
	formant float64 // semitones the vocal tract is scaled by
	key     int     // of the song, or −1
	minorK  int     // 1 minor, 0 major, −1 free
	credits []Credit
}

// planVocals draws a singer.
func planVocals(lib *Library, r *rand.Rand) *vocalPlan {
	v := &vocalPlan{key: -1, minorK: -1}
	x := r.Float64()
	switch {
	case x < 0.62:
		v.kind = "phrases"
		name := "producerspace-house-vocals"
		if chance(r, 0.5) {
			name = "producerspace-trance-vocals"
		}
		src := lib.source(name)
		if src == nil {
			return nil
		}
		keys := map[string][]*sound{}
		var order []string
		for _, s := range src.sounds {
			m := phraseKey.FindString(s.name)
			if m == "" {
				continue
			}
			if keys[m] == nil {
				order = append(order, m)
			}
			keys[m] = append(keys[m], s)
		}
		if len(order) == 0 {
			return nil
		}
		v.phrases = keys[pick(r, order)]
		v.class, v.minor, _ = phraseKeyOf(v.phrases[0].name)
		v.credits = []Credit{src.credit}
		// A third of the songs are sung by a lower, larger voice made from the same singer.
		switch y := r.Float64(); {
		case y < 0.38:
			v.shift, v.formant = float64(-5-r.IntN(7)), uniform(r, -4.5, -2.5)
		case y < 0.5:
			v.shift, v.formant = float64(-3-r.IntN(3)), uniform(r, -2.5, -1)
		default:
			v.shift = float64(r.IntN(7) - 3)
			v.formant = uniform(r, -1.5, 1.5)
		}
		v.key = ((v.class+int(v.shift))%12 + 12) % 12
		v.minorK = btoi(v.minor)
		if v.minor && chance(r, 0.3) { // the relative major has the same notes
			v.key, v.minorK = (v.key+3)%12, 0
		}
	case x < 0.80:
		v.kind = "notes"
		v.shift = float64(r.IntN(7) - 3)
		v.formant = uniform(r, -2, 2)
	case x < 0.90:
		v.kind = "shouts"
		v.shift = uniform(r, -4, 4)
		v.formant = uniform(r, -2.5, 2)
	default:
		v.kind = "synth"
	}
	return v
}

// renderVocals sings the plan into n samples.
func renderVocals(lib *Library, v *vocalPlan, s *score, n int, r *rand.Rand) ([]float32, []Credit) {
	out := make([]float32, n)
	credits := v.credits
	switch v.kind {
	case "phrases":
		v.singPhrases(s, out, r)
		if chance(r, 0.2) {
			back := make([]float32, n)
			if c := singNotes(lib, s, back, r, 1); c != nil {
				levelTo(back, activeRMS(out)*dB(uniform(r, -12, -5)))
				addScaled(out, back, 1)
				credits = append(credits, *c)
			}
		}
	case "notes":
		if c := singNotes(lib, s, out, r, 1+r.IntN(2)); c != nil {
			credits = append(credits, *c)
		}
	case "shouts":
		credits = append(credits, shout(lib, v, s, out, r)...)
	case "synth":
		singSynthetic(s, out, r)
		credits = append(credits, Credit{Source: "synthesised voice", Author: "this program", Licence: "no recording"})
	}
	if activeRMS(out) == 0 {
		return nil, nil
	}
	highPass(uniform(r, 60, 140), 0.7, Rate).process(out)
	if chance(r, 0.8) {
		compress(out, uniform(r, -8, 0), uniform(r, 2, 6), uniform(r, 0.002, 0.015), uniform(r, 0.06, 0.25), 1)
	}
	if chance(r, 0.25) { // a tape, a hot preamplifier, now and then a megaphone
		saturate(out, logUniform(r, 0.2, 2))
		if chance(r, 0.12) {
			highPass(500, 0.8, Rate).process(out)
			lowPass(3500, 0.8, Rate).process(out)
		}
	}
	if chance(r, 0.7) { // presence: microphones for singers have it, and lowered formants need it
		highShelf(logUniform(r, 1200, 4000), uniform(r, 0, 6)-min(0, v.formant)*uniform(r, 0.5, 1.5), Rate).process(out)
	}
	colour(out, r, 4)
	switch x := r.Float64(); {
	case x < 0.25: // dry, close to the microphone
	case x < 0.85:
		addRoom(out, randomRoom(r), uniform(r, -24, -8), r)
	default:
		addRoom(out, room{seconds: uniform(r, 1.2, 2.8), size: uniform(r, 1, 1.8), damp: uniform(r, 3000, 8000), pre: uniform(r, 0.01, 0.05), early: 0.3}, uniform(r, -18, -7), r)
	}
	if chance(r, 0.3) {
		echo(out, pick(r, []float64{60 / s.bpm, 30 / s.bpm, 0.11, 45 / s.bpm}), uniform(r, 0.05, 0.4), uniform(r, 0.06, 0.3))
	}
	return out, credits
}

// singPhrases chains phrases at natural density.
func (v *vocalPlan) singPhrases(s *score, out []float32, r *rand.Rand) {
	end := float64(len(out)) / Rate
	double := chance(r, 0.2)
	cents := uniform(r, 0.05, 0.15)
	stretch := uniform(r, 0.85, 1.25)
	var last *sound
	gap := logUniform(r, 0.5, 2.2)
	for _, sec := range s.sections {
		if !sec.plays["vocals"] {
			continue
		}
		t := s.at(float64(sec.bar*s.meter)) + uniform(r, 0, 2*60/s.bpm)
		stop := min(s.at(float64((sec.bar+sec.bars)*s.meter)), end)
		for t < stop-0.4 {
			ph := pick(r, v.phrases)
			if ph == last && len(v.phrases) > 1 {
				continue
			}
			last = ph
			x := ph.samples()
			if len(x) == 0 {
				t += 0.1
				continue
			}
			y := revoice(x, v.shift+s.tuning, v.formant, stretch)
			g := dB(uniform(r, -3, 2)) / max(peak(y), 1e-3)
			dur := len(y)
			fade := 1500
			if left := int((stop - t + 0.8) * Rate); dur > left {
				dur, fade = left, 8000
			}
			mixAt(out, y, int(t*Rate), 1, g, dur, fade)
			if double {
				z := revoice(x, v.shift+s.tuning+cents, v.formant, stretch)
				mixAt(out, z, int((t+uniform(r, 0.008, 0.03))*Rate), 1, g*0.6, dur, fade)
			}
			t += float64(len(y)) / Rate
			if chance(r, 0.35) {
				t += uniform(r, 0.02, 0.25)
			} else {
				t += gap * logUniform(r, 0.4, 2)
			}
		}
	}
}

// singNotes sings melodies on vowels: the recorded notes of one singer, slid and swung into a line.
// It returns nil when there is no such source.
func singNotes(lib *Library, s *score, out []float32, r *rand.Rand, voices int) *Credit {
	src := lib.source("berklee-olpc-vocals")
	if src == nil {
		return nil
	}
	who := pick(r, []string{"femalevoice_aa", "malevoice_aa", "malevoice_oo", "malevoice_aa", "femalevoice_oo", "malevoices_", "femalevoices_"})
	p := newPlayer(src, r, func(n string) bool { return strings.HasPrefix(n, who) })
	if p == nil {
		return nil
	}
	lo, hi := 57, 76
	if strings.HasPrefix(who, "male") {
		lo, hi = 45, 65
	}
	formant := uniform(r, -2, 2)
	vib, depth := uniform(r, 4.5, 6.3), uniform(r, 0.1, 0.5)
	for _, sec := range s.sections {
		if !sec.plays["vocals"] {
			continue
		}
		line := s.line(r, sec, lo, hi, 0.25)
		prev := 0.0
		for i, nt := range line {
			t := s.at(nt.pos) + 0.015*r.NormFloat64()
			d := s.at(nt.pos+nt.dur) - t
			if d < 0.1 {
				continue
			}
			n := p.choose(nt.pitch, nt.vel)
			x := n.s.samples()
			// Take a stretch of the held note; the attack only after a breath.
			legato := i > 0 && line[i-1].pos+line[i-1].dur > nt.pos-0.01
			from := 0
			if legato {
				from = min(len(x)/4, Rate/5)
			}
			need := int((d + 0.3) * Rate)
			x = x[from:min(len(x), from+2*need)]
			y := revoice(x, nt.pitch+s.tuning-n.pitch, formant, 1)
			k := strike{at: t, dur: d, fade: 0.07, gain: (0.5 + 0.5*nt.vel) / max(peak(y), 1e-3)}
			curves := []func(float64) float64{vibrato(vib+0.3*r.NormFloat64(), depth*uniform(r, 0.5, 1.3), uniform(r, 0.15, 0.4))}
			if legato && prev != 0 {
				curves = append(curves, slide(max(-4, min(4, prev-nt.pitch)), uniform(r, 0.04, 0.12)))
			} else if chance(r, 0.5) {
				curves = append(curves, slide(uniform(r, -2, 0), uniform(r, 0.05, 0.15)))
			}
			k.bend = sum(curves...)
			attack := 0.02
			if legato {
				attack = 0.04
			}
			for j := range min(len(y), int(attack*Rate)) {
				y[j] *= float32(float64(j) / (attack * Rate))
			}
			playSound(out, y, 0, k)
			if voices > 1 {
				k.at += uniform(r, 0.005, 0.03)
				k.gain *= 0.6
				playSound(out, y, uniform(r, -0.12, 0.12)+pick(r, []float64{0, 0, 12, -12, 0}), k)
			}
			prev = nt.pitch
		}
	}
	c := src.credit
	return &c
}

// shout strings shouts, screams, speech and short sung phrases of various people together.
func shout(lib *Library, v *vocalPlan, s *score, out []float32, r *rand.Rand) []Credit {
	var pool []*sound
	var credits []Credit
	for _, name := range []string{"producerspace-shouts", "scratch-vocals", "berklee-olpc-vocals", "sms-tools"} {
		src := lib.source(name)
		if src == nil {
			continue
		}
		var got []*sound
		for _, sd := range src.sounds {
			l := strings.ToLower(sd.name)
			if strings.Contains(l, "beatbox") || strings.Contains(l, "laugh") {
				continue // a mouth playing drums teaches the wrong thing
			}
			if !math.IsNaN(sd.pitch) || strings.Contains(l, "voclong") {
				continue
			}
			got = append(got, sd)
		}
		if len(got) == 0 || name != "producerspace-shouts" && chance(r, 0.4) {
			continue
		}
		pool = append(pool, got...)
		credits = append(credits, src.credit)
	}
	if len(pool) == 0 {
		return nil
	}
	rap := chance(r, 0.5) // dense and rhythmic, or now and then
	for _, sec := range s.sections {
		if !sec.plays["vocals"] {
			continue
		}
		pos := float64(sec.bar * s.meter)
		end := float64((sec.bar + sec.bars) * s.meter)
		for pos < end {
			x := pick(r, pool).samples()
			if len(x) == 0 {
				pos++
				continue
			}
			x = x[:min(len(x), 4*Rate)]
			y := revoice(x, v.shift, v.formant, uniform(r, 0.85, 1.15))
			mixAt(out, y, int(s.at(pos)*Rate), 1, dB(uniform(r, -4, 0))/max(peak(y), 1e-3), len(y), 1500)
			adv := float64(len(y)) / Rate * s.bpm / 60
			if rap {
				pos += math.Ceil(adv*2)/2 + pick(r, []float64{0, 0, 0.5, 1})
			} else {
				pos += math.Ceil(adv) + float64(r.IntN(s.meter+1))
			}
		}
	}
	return credits
}
