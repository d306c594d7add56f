package render

import (
	"math"
	"math/rand/v2"
	"strings"
)

var pianoSources = []string{"splendid-grand", "splendid-grand", "salamander-discordgm", "freepats-old-piano-fb", "vcsl-upright-discordgm", "berklee-olpc-piano"}

// renderPiano comps, or plays arpeggios or octaves, on an acoustic piano.
func renderPiano(lib *Library, s *score, n int, r *rand.Rand) ([]float32, []Credit) {
	src := lib.source(pick(r, pianoSources))
	if src == nil {
		return nil, nil
	}
	p := newPlayer(src, r, func(n string) bool { return !strings.Contains(n, "chord") && !strings.Contains(n, "hit") })
	if p == nil {
		return nil, nil
	}
	out := make([]float32, n)
	keyboard(s, p, out, "piano", r)
	if chance(r, 0.5) {
		compress(out, uniform(r, -3, 3), uniform(r, 2, 5), 0.005, 0.2, 1)
	}
	if chance(r, 0.8) {
		addRoom(out, randomRoom(r), uniform(r, -24, -8), r)
	}
	return out, []Credit{src.credit}
}

// keyboard plays chords in a rhythm, the left hand below.
func keyboard(s *score, p *player, out []float32, part string, r *rand.Rand) {
	lag := uniform(r, -0.005, 0.01)
	for _, sec := range s.sections {
		if !sec.plays[part] {
			continue
		}
		pr := rand.New(rand.NewPCG(uint64(sec.hook), 17))
		kind := pick(pr, []string{"quarters", "pattern", "hold", "arpeggio", "eighths", "pattern", "melody"})
		pattern := strumPattern(s, pr)
		if kind == "melody" {
			for _, nt := range s.line(r, sec, 60, 84, 0.4) {
				t := s.at(nt.pos) + lag + 0.005*r.NormFloat64()
				p.play(out, strike{at: t, dur: max(0.1, s.at(nt.pos+nt.dur)-t), fade: 0.12, pitch: nt.pitch + s.tuning, vel: nt.vel, gain: 0.5 + 0.5*nt.vel})
			}
			kind = "hold"
		}
		prev := 60
		for b := range sec.bars {
			c := sec.chords[b]
			start := float64((sec.bar + b) * s.meter)
			var right []int
			for _, t := range c.tones {
				right = append(right, inOctave(c.root+t, prev-5))
			}
			prev = min(max(right[0], 55), 67)
			left := inOctave(c.root, 36)
			play := func(pos, dur, vel float64, notes ...int) {
				for _, q := range notes {
					t := s.at(start+pos) + lag + 0.005*r.NormFloat64()
					p.play(out, strike{at: t, dur: max(0.05, s.at(start+pos+dur)-t), fade: 0.1, pitch: float64(q) + s.tuning, vel: vel, gain: (0.4 + 0.6*vel) * dB(uniform(r, -2, 1))})
				}
			}
			if chance(r, 0.9) {
				play(0, float64(s.meter), 0.6, left)
				if chance(r, 0.4) {
					play(float64(s.meter)/2, float64(s.meter)/2, 0.55, left+pick(r, []int{0, 7, 12}))
				}
			}
			switch kind {
			case "quarters":
				for i := range s.meter {
					play(float64(i), 0.9, 0.65, right...)
				}
			case "eighths":
				for i := range 2 * s.meter {
					play(float64(i)/2, 0.45, 0.7-0.15*float64(i%2), right...)
				}
			case "hold":
				play(0, float64(s.meter), 0.6, right...)
			case "arpeggio":
				for i := range 2 * s.meter {
					play(float64(i)/2, 1.5, 0.55+0.1*r.NormFloat64(), right[i%len(right)]+12*((i/len(right))%2))
				}
			default:
				for i := range 4 * s.meter {
					if pattern[i%len(pattern)] {
						play(float64(i)/4, 0.5, 0.65+0.1*r.NormFloat64(), right...)
					}
				}
			}
		}
	}
}

// renderOther plays what is neither drums, bass, guitar, piano nor voice: electric piano, organ,
// strings, saxophone, synthesiser.
func renderOther(lib *Library, s *score, n int, r *rand.Rand) ([]float32, []Credit) {
	out := make([]float32, n)
	player := func(source string, keep func(string) bool) *player {
		if src := lib.source(source); src != nil {
			return newPlayer(src, r, keep)
		}
		return nil
	}
	var p *player2
	switch pick(r, []string{"epiano", "organ", "organ", "strings", "sax", "sax", "synth"}) {
	case "epiano":
		num := pick(r, []string{"003-", "005-"})
		p = &player2{player("epianos-discordgm", func(n string) bool { return strings.HasPrefix(n, num) })}
		if p.player != nil {
			keyboard(s, p.player, out, "other", r)
			if chance(r, 0.4) {
				tremolo(out, uniform(r, 3, 7), uniform(r, 0.2, 0.6))
			}
			if chance(r, 0.3) {
				randomAmp(r, uniform(r, 0, 0.4)).process(out)
			}
		}
	case "strings":
		kind := pick(r, []string{"Tremolo", "Pizzicato"})
		p = &player2{player("strings-sitar-discordgm", func(n string) bool { return strings.Contains(n, kind) })}
		if p.player != nil {
			keyboard(s, p.player, out, "other", r)
		}
	case "sax":
		p = &player2{player("weresax", nil)}
		if p.player != nil {
			for _, sec := range s.sections {
				if !sec.plays["other"] || chance(r, 0.3) {
					continue
				}
				for _, nt := range s.line(r, sec, 53, 76, 0.4) {
					t := s.at(nt.pos) + 0.01*r.NormFloat64()
					d := max(0.08, s.at(nt.pos+nt.dur)-t)
					k := strike{at: t, dur: d, fade: 0.06, pitch: nt.pitch + s.tuning, vel: nt.vel, gain: 0.6 + 0.4*nt.vel}
					curves := []func(float64) float64{vibrato(uniform(r, 4.5, 6), uniform(r, 0.05, 0.25), 0.25)}
					if chance(r, 0.3) {
						curves = append(curves, slide(pick(r, []float64{-1, -2, 1}), 0.08))
					}
					k.bend = sum(curves...)
					p.player.play(out, k)
				}
			}
		}
	case "organ":
		organ(s, out, r)
	case "synth":
		synth(s, out, r)
	}
	var credits []Credit
	if p != nil && p.player != nil {
		credits = []Credit{p.player.src.credit}
	} else if p != nil {
		organ(s, out, r)
	}
	if credits == nil {
		credits = []Credit{{Source: "synthesised", Author: "this program", Licence: "no recording"}}
	}
	if chance(r, 0.7) {
		addRoom(out, randomRoom(r), uniform(r, -20, -6), r)
	}
	return out, credits
}

type player2 struct{ player *player }

// organ is additive: nine drawbars a note, a rotating loudspeaker after them.
func organ(s *score, out []float32, r *rand.Rand) {
	ratios := [9]float64{0.5, 1.5, 1, 2, 3, 4, 5, 6, 8}
	var bars [9]float64
	for i := range bars {
		if chance(r, 0.6) || i == 2 {
			bars[i] = uniform(r, 0.2, 1) / (1 + 0.12*float64(i))
		}
	}
	var phase [128][9]float64
	tone := func(at, dur float64, key int) {
		if key < 0 || key > 127 {
			return
		}
		from, n := int(at*Rate), int(dur*Rate)
		for h, a := range bars {
			f := midiHz(float64(key)+s.tuning) * ratios[h]
			if a == 0 || f > 12000 {
				continue
			}
			w := 2 * math.Pi * f / Rate
			// A rotated phasor is cheaper than a sine a sample.
			re, im := math.Cos(phase[key][h]), math.Sin(phase[key][h])
			cr, ci := math.Cos(w), math.Sin(w)
			g := a * 0.1
			for i := range n + 400 {
				e := 1.0
				if i < 150 {
					e = float64(i) / 150
				} else if i > n {
					e = 1 - float64(i-n)/400
				}
				if j := from + i; j >= 0 && j < len(out) {
					out[j] += float32(g * e * im)
				}
				re, im = re*cr-im*ci, re*ci+im*cr
			}
		}
	}
	for _, sec := range s.sections {
		if !sec.plays["other"] {
			continue
		}
		pr := rand.New(rand.NewPCG(uint64(sec.hook), 19))
		kind := pr.IntN(3)
		if kind == 2 {
			for _, nt := range s.line(r, sec, 60, 82, 0.4) {
				t := s.at(nt.pos)
				tone(t, s.at(nt.pos+nt.dur)-t-0.02, int(nt.pitch))
			}
			continue
		}
		pattern := strumPattern(s, pr)
		for b := range sec.bars {
			c := sec.chords[b]
			start := float64((sec.bar + b) * s.meter)
			for _, t := range c.tones {
				key := inOctave(c.root+t, 57)
				if kind == 0 {
					tone(s.at(start), s.at(start+float64(s.meter))-s.at(start)-0.03, key)
					continue
				}
				for i := range 4 * s.meter {
					if pattern[i%len(pattern)] {
						tone(s.at(start+float64(i)/4), 0.4*60/s.bpm, key)
					}
				}
			}
		}
	}
	if chance(r, 0.8) {
		hz := pick(r, []float64{0.8, 6.6})
		modulate(out, 0.002, 0.0006, hz, 0.7)
		tremolo(out, hz, uniform(r, 0.1, 0.35))
	}
	if chance(r, 0.5) {
		a := randomAmp(r, uniform(r, 0.05, 0.5))
		a.tight, a.top = 60, uniform(r, 4000, 7000)
		a.process(out)
	}
}

// synth is a detuned sawtooth pad or lead through a moving low pass.
func synth(s *score, out []float32, r *rand.Rand) {
	detune := uniform(r, 0.03, 0.2)
	saw := func(at, dur, key float64) {
		from, n := int(at*Rate), int(dur*Rate)
		for _, d := range []float64{-detune, 0, detune} {
			w := midiHz(key+d+s.tuning) / Rate
			ph := r.Float64()
			for i := range n {
				e := min(1, float64(i)/800, float64(n-i)/2000)
				if j := from + i; j >= 0 && j < len(out) {
					v := 2*ph - 1
					// PolyBLEP softens the jump (Välimäki and Huovilainen 2007).
					if ph < w {
						x := ph / w
						v -= x + x - x*x - 1
					} else if ph > 1-w {
						x := (ph - 1) / w
						v -= x*x + x + x + 1
					}
					out[j] += float32(0.08 * e * v)
				}
				if ph += w; ph >= 1 {
					ph--
				}
			}
		}
	}
	for _, sec := range s.sections {
		if !sec.plays["other"] {
			continue
		}
		if chance(r, 0.4) {
			for _, nt := range s.line(r, sec, 57, 81, 0.5) {
				t := s.at(nt.pos)
				saw(t, s.at(nt.pos+nt.dur)-t, nt.pitch)
			}
			continue
		}
		for b := range sec.bars {
			start := float64((sec.bar + b) * s.meter)
			for _, t := range sec.chords[b].tones {
				saw(s.at(start), s.at(start+float64(s.meter))-s.at(start), float64(inOctave(sec.chords[b].root+t, 52)))
			}
		}
	}
	for range 2 {
		lowPass(logUniform(r, 700, 6000), uniform(r, 0.6, 1.5), Rate).process(out)
	}
	if chance(r, 0.4) {
		modulate(out, 0.012, 0.004, uniform(r, 0.2, 1), 0.5)
	}
}
