package render

import (
	"math/rand/v2"
	"strings"
)

// bassSources lists how the bass libraries may be used: which files, and how often each is drawn.
var bassSources = []struct {
	name   string
	weight int
	keep   func(string) bool
}{
	{"swagbass", 4, nil},
	{"growlybass", 4, func(n string) bool { return strings.HasPrefix(n, "sustain") }},
	{"growlybass", 2, func(n string) bool { return strings.HasPrefix(n, "staccato") }},
	{"killerbass-discordgm", 4, nil},
	{"meatbass-pizz", 1, nil},
}

// renderBass plays the bass line of the score into n samples.
func renderBass(lib *Library, s *score, hits []hit, n int, r *rand.Rand) ([]float32, []Credit) {
	var bag []int
	for i, b := range bassSources {
		if lib.source(b.name) != nil {
			for range b.weight {
				bag = append(bag, i)
			}
		}
	}
	var p *player
	if len(bag) > 0 {
		b := bassSources[pick(r, bag)]
		p = newPlayer(lib.source(b.name), r, b.keep)
	} else {
		for _, src := range lib.family("bass") {
			if p = newPlayer(src, r, nil); p != nil {
				break
			}
		}
	}
	if p == nil {
		return nil, nil
	}
	out := make([]float32, n)
	lag := uniform(r, -0.005, 0.010)
	lo := 28 + r.IntN(6) // from E1: players differ in how far up they start
	if s.style.name == "metal" && chance(r, 0.6) {
		lo = 23
	}
	kicks := map[int]bool{}
	for _, h := range hits {
		if h.role == kick {
			kicks[int(h.pos*4+0.5)] = true
		}
	}
	mute := 0.0
	if chance(r, 0.2) {
		mute = uniform(r, 0.12, 0.35)
	}
	for _, sec := range s.sections {
		if !sec.plays["bass"] {
			continue
		}
		pr := rand.New(rand.NewPCG(uint64(sec.hook), 11))
		kind := bassKind(s, pr)
		for b := range sec.bars {
			c := sec.chords[b]
			next := c
			if b+1 < sec.bars {
				next = sec.chords[b+1]
			}
			root := inOctave(c.root, lo)
			if root > lo+9 && pr.Float64() < 0.3 {
				root -= 12
				if root < 23 {
					root += 12
				}
			}
			start := float64((sec.bar + b) * s.meter)
			put := func(pos, dur float64, pitch int, vel float64) {
				t := s.at(start+pos) + lag + 0.003*r.NormFloat64()
				end := s.at(start + pos + dur)
				k := strike{at: t, dur: max(0.04, end-t-uniform(r, 0, 0.03)), fade: 0.03, pitch: float64(pitch) + s.tuning, vel: vel, gain: 0.55 + 0.45*vel, decay: mute}
				if chance(r, 0.04) {
					k.bend = slide(pick(r, []float64{-2, -3, 2, -5}), 0.09)
				}
				p.play(out, k)
			}
			steps := 4 * s.meter
			switch kind {
			case "eighths":
				for i := 0; i < steps; i += 2 {
					q := root
					if i == steps-2 && chance(r, 0.2) {
						q = root + pick(r, []int{7, 5, 12, -1, 2})
					}
					v := 0.7
					if i%4 == 0 {
						v = 0.85
					}
					put(float64(i)/4, 0.5, q, v+0.08*r.NormFloat64())
				}
			case "sixteenths":
				for i := range steps {
					if kicks[int(start*4)+i] || i%4 == 0 {
						put(float64(i)/4, 0.25, root, 0.8)
					}
				}
			case "kick":
				on := []int{0}
				for i := 1; i < steps; i++ {
					if kicks[int(start*4)+i] || chance(r, 0.06) {
						on = append(on, i)
					}
				}
				for j, i := range on {
					end := steps
					if j+1 < len(on) {
						end = on[j+1]
					}
					q := root
					if j > 0 && chance(r, 0.25) {
						q += pick(r, []int{7, 12, -5, 5})
					}
					put(float64(i)/4, float64(end-i)/4*uniform(r, 0.7, 1), q, 0.8+0.08*r.NormFloat64())
				}
			case "two":
				put(0, 1, root, 0.85)
				if s.meter == 3 {
					put(1, 1, root+7, 0.6)
					put(2, 1, root+7, 0.6)
				} else {
					put(2, 1, root-5+12*btoi(root-5 < lo-2), 0.75)
					if chance(r, 0.2) {
						put(3, 1, nearestStep(next.root, root), 0.7)
					}
				}
			case "walk":
				third := 4
				if c.minor {
					third = 3
				}
				line := []int{root, root + third, root + 7, nearestStep(next.root, root+7)}
				if chance(r, 0.4) {
					line = []int{root, root + 7, root + 9, root + 10}
				} else if chance(r, 0.3) {
					line = []int{root + 12, root + 7, root + third, nearestStep(next.root, root+third)}
				}
				for i := range s.meter {
					put(float64(i), 1, line[i%4], 0.75+0.08*r.NormFloat64())
					if chance(r, 0.12) {
						put(float64(i)+0.5, 0.5, line[i%4], 0.5)
					}
				}
			case "boogie":
				line := []int{0, 0, 4, 4, 7, 7, 9, 7}
				if c.minor {
					line = []int{0, 0, 3, 3, 7, 7, 10, 7}
				}
				for i := range 2 * s.meter {
					put(float64(i)/2, 0.5, root+line[i%8], 0.8-0.15*float64(i%2))
				}
			case "funk":
				for i := range steps {
					q, v := root, 0.8
					switch {
					case i == 0:
					case chance(pr, 0.28):
						q += pick(pr, []int{0, 12, 10, 7, 12, 5})
					case chance(pr, 0.1):
						v = 0.3
					default:
						continue
					}
					put(float64(i)/4, pick(pr, []float64{0.15, 0.2, 0.4}), q, v+0.08*r.NormFloat64())
				}
			case "octaves":
				for i := range 2 * s.meter {
					put(float64(i)/2, 0.4, root+12*(i%2), 0.8-0.1*float64(i%2))
				}
			default: // long
				put(0, float64(s.meter), root, 0.8)
				if chance(r, 0.4) {
					put(float64(s.meter)-0.5, 0.5, root+pick(r, []int{7, 12, 2, -2}), 0.6)
				}
			}
		}
	}
	if s.bars > 0 { // the last chord rings
		end := s.at(float64(s.bars * s.meter))
		last := s.sections[len(s.sections)-1].chords[0]
		if end < float64(n)/Rate-0.4 {
			p.play(out, strike{at: end, dur: float64(n)/Rate - end - 0.3, fade: 0.3, pitch: float64(inOctave(last.root, lo)) + s.tuning, vel: 0.8, gain: 0.9})
		}
	}
	if chance(r, 0.7) {
		compress(out, uniform(r, -6, 2), uniform(r, 2, 8), uniform(r, 0.003, 0.03), uniform(r, 0.08, 0.3), 1)
	}
	switch x := r.Float64(); {
	case x < 0.3: // an amplifier, clean to growling, with or without the direct signal
		a := randomAmp(r, uniform(r, 0, 0.55))
		a.tight, a.low, a.top = uniform(r, 25, 60), uniform(r, 50, 90), logUniform(r, 1800, 5500)
		di := append([]float32(nil), out...)
		a.process(out)
		if chance(r, 0.5) {
			addScaled(out, di, float32(uniform(r, 0.3, 1)))
		}
	case x < 0.6:
		saturate(out, uniform(r, 0.2, 1.2))
	}
	// Most real bass tracks have little above 1 kHz: flat strings, the tone control rolled off.
	switch x := r.Float64(); {
	case x < 0.35:
		lowPass(logUniform(r, 250, 900), 0.7, Rate).process(out)
		lowPass(logUniform(r, 900, 2500), 0.7, Rate).process(out)
	case x < 0.8:
		lowPass(logUniform(r, 500, 3500), 0.7, Rate).process(out)
		if chance(r, 0.5) {
			lowPass(logUniform(r, 1000, 5000), 0.7, Rate).process(out)
		}
	}
	if chance(r, 0.6) {
		lowShelf(uniform(r, 90, 180), uniform(r, 0, 8), Rate).process(out)
	}
	if chance(r, 0.06) {
		modulate(out, 0.008, 0.003, uniform(r, 0.3, 1.2), 0.4)
	}
	if chance(r, 0.2) {
		addRoom(out, randomRoom(r), uniform(r, -24, -14), r)
	}
	return out, []Credit{p.src.credit}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// nearestStep is a semitone below or above the pitch class next, near p: the note that leads there.
func nearestStep(next, p int) int {
	q := inOctave(next, p-6)
	if q > p {
		return q - 1
	}
	return q + 1
}

func bassKind(s *score, r *rand.Rand) string {
	switch s.style.name {
	case "country":
		return pick(r, []string{"two", "two", "walk", "eighths"})
	case "shuffle", "slow blues":
		return pick(r, []string{"walk", "boogie", "kick", "two"})
	case "funk":
		return pick(r, []string{"funk", "funk", "kick"})
	case "disco":
		return pick(r, []string{"octaves", "funk", "eighths"})
	case "metal", "hard rock", "punk":
		return pick(r, []string{"eighths", "eighths", "sixteenths", "kick"})
	case "ballad", "reggae":
		return pick(r, []string{"long", "kick", "two", "kick"})
	}
	return pick(r, []string{"eighths", "eighths", "kick", "kick", "long", "octaves"})
}
