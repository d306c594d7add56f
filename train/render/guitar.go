package render

import (
	"math"
	"math/rand/v2"
	"strings"
)

// guitarist plays rhythm or lead on one instrument through one chain of effects.
type guitarist struct {
	p      *player
	strums *source // ready strummed chords instead of single notes
	power  *source // ready power chords
}

func pickedOnly(n string) bool {
	return !strings.HasPrefix(n, "noises") && !strings.Contains(n, "chord")
}

var electricSources = []string{"emilyguitar", "shinyguitar-electric", "emilyguitar", "shinyguitar-electric", "berklee"}
var acousticSources = []string{"allan764-steel-acoustic", "shinyguitar-acoustic", "martin-steel-discordgm", "allan764-steel-acoustic", "shinyguitar-acoustic"}

func newGuitarist(lib *Library, names []string, r *rand.Rand) *guitarist {
	for range 6 {
		if src := lib.source(pick(r, names)); src != nil {
			if p := newPlayer(src, r, pickedOnly); p != nil {
				return &guitarist{p: p}
			}
		}
	}
	for _, src := range lib.family("guitar") {
		if p := newPlayer(src, r, pickedOnly); p != nil {
			return &guitarist{p: p}
		}
	}
	return nil
}

// voicing spreads a chord over the strings, low to high, root at or above lo.
func voicing(c chord, lo int, power bool) []int {
	root := inOctave(c.root, lo)
	if power {
		return []int{root, root + 7, root + 12}
	}
	third, top := 4, 12
	if c.minor {
		third = 3
	}
	v := []int{root, root + 7, root + top, root + 12 + third, root + 19, root + 24}
	if len(c.tones) > 3 {
		v[2] = root + c.tones[3]
	}
	return v
}

// strum plays the notes of a chord one after the other over spread seconds; negative: upwards.
func (g *guitarist) strum(dst []float32, notes []int, t, dur, spread, vel, gain, decay, tuning float64, r *rand.Rand) {
	for i, n := range notes {
		k := float64(i)
		if spread < 0 {
			k = float64(len(notes) - 1 - i)
		}
		g.p.play(dst, strike{at: t + k*math.Abs(spread) + 0.001*r.NormFloat64(), dur: dur, fade: 0.04, pitch: float64(n) + tuning + 0.03*r.NormFloat64(), vel: vel, gain: gain * (0.5 + 0.5*vel) * dB(uniform(r, -3, 1)) / 2, decay: decay})
	}
}

// renderGuitars plays one to three guitars of the score into n samples.
func renderGuitars(lib *Library, s *score, n int, r *rand.Rand) ([]float32, []Credit) {
	out := make([]float32, n)
	used := map[*source]bool{}
	var credits []Credit
	credit := func(src *source) {
		if src != nil && !used[src] {
			used[src] = true
			credits = append(credits, src.credit)
		}
	}
	heat := uniform(r, s.style.heat[0], s.style.heat[1])
	acoustic := chance(r, s.style.acoustic)
	parts := 1
	if chance(r, 0.45) {
		parts = 2
	}
	for part := range parts {
		if part > 0 && chance(r, 0.35) {
			acoustic, heat = !acoustic, uniform(r, s.style.heat[0], s.style.heat[1])
		}
		track := make([]float32, n)
		g := rhythmGuitar(lib, s, track, heat, acoustic, r, credit)
		if g == nil {
			continue
		}
		if !acoustic && part == 0 && chance(r, 0.3) && heat > 0.3 { // double tracking: played again
			second := make([]float32, n)
			rhythmGuitar(lib, s, second, heat, acoustic, r, credit)
			randomAmp(r, heat).process(second)
			levelTo(second, 0.1*dB(uniform(r, -4, 0)))
			addScaled(out, second, 1)
		}
		effects(track, s, heat, acoustic, r)
		levelTo(track, 0.1*dB(uniform(r, -4, 0)))
		addScaled(out, track, 1)
	}
	if chance(r, 0.5) {
		track := make([]float32, n)
		names, h := electricSources, min(1, heat+uniform(r, 0, 0.3))
		ac := acoustic && chance(r, 0.5)
		if ac {
			names = acousticSources
		}
		if g := newGuitarist(lib, names, r); g != nil {
			credit(g.p.src)
			leadGuitar(s, g, track, r)
			effects(track, s, h, ac, r)
			if chance(r, 0.4) {
				echo(track, uniform(r, 0.12, 0.5), uniform(r, 0.1, 0.45), uniform(r, 0.1, 0.4))
			}
			levelTo(track, 0.1*dB(uniform(r, -4, 3)))
			addScaled(out, track, 1)
		}
	}
	if len(credits) == 0 {
		return nil, nil
	}
	return out, credits
}

// hum adds what single coils and preamplifiers add: mains hum and hiss, level in dB relative to the
// active level before the gain.
func hum(x []float32, level float64, r *rand.Rand) {
	a := activeRMS(x) * dB(level)
	if a == 0 {
		return
	}
	hz := pick(r, []float64{50, 60})
	mains := uniform(r, 0, 1)
	w := 2 * math.Pi * hz / Rate
	for i := range x {
		v := r.Float64()*3.4 - 1.7
		if mains > 0.3 {
			v += mains * (math.Sin(w*float64(i)) + 0.7*math.Sin(3*w*float64(i)))
		}
		x[i] += float32(a * v)
	}
}

func levelTo(x []float32, level float64) {
	if a := activeRMS(x); a > 0 {
		scale(x, float32(level/a))
	}
}

// effects is the chain from the pickup to the microphone.
func effects(x []float32, s *score, heat float64, acoustic bool, r *rand.Rand) {
	if acoustic {
		if chance(r, 0.5) {
			compress(x, uniform(r, -3, 3), uniform(r, 2, 4), 0.005, 0.15, 1)
		}
		highPass(uniform(r, 60, 160), 0.7, Rate).process(x)
		colour(x, r, 5)
		if chance(r, 0.7) {
			addRoom(x, randomRoom(r), uniform(r, -22, -8), r)
		}
		return
	}
	if chance(r, 0.12) {
		f := 0.0
		if chance(r, 0.4) {
			f = uniform(r, 0.3, 3)
		}
		wah(x, f)
	}
	if heat < 0.5 && chance(r, 0.4) {
		compress(x, uniform(r, -5, 2), uniform(r, 2, 6), 0.004, 0.2, 1)
	}
	if heat > 0.02 || chance(r, 0.8) {
		if chance(r, 0.4) {
			hum(x, uniform(r, -75, -50), r)
		}
		randomAmp(r, heat).process(x)
	}
	switch y := r.Float64(); {
	case y < 0.12:
		modulate(x, uniform(r, 0.006, 0.015), uniform(r, 0.001, 0.003), uniform(r, 0.2, 1.5), 0.5)
	case y < 0.17:
		modulate(x, 0.0022, 0.0018, uniform(r, 0.08, 0.5), 0.5)
	case y < 0.25 || s.style.name == "surf" && y < 0.5:
		tremolo(x, uniform(r, 3, 8), uniform(r, 0.3, 0.8))
	}
	switch {
	case s.style.name == "surf" || chance(r, 0.12): // a spring tank
		addRoom(x, room{seconds: uniform(r, 1.2, 2.6), size: uniform(r, 0.5, 0.9), damp: uniform(r, 2500, 4000), pre: 0.03, early: 0.2}, uniform(r, -12, -3), r)
	case chance(r, 0.6):
		addRoom(x, randomRoom(r), uniform(r, -24, -8), r)
	}
	if chance(r, 0.15) {
		echo(x, uniform(r, 0.08, 0.45), uniform(r, 0, 0.4), uniform(r, 0.1, 0.35))
	}
	if chance(r, 0.5) {
		colour(x, r, 4)
	}
}

func rhythmGuitar(lib *Library, s *score, track []float32, heat float64, acoustic bool, r *rand.Rand, credit func(*source)) *guitarist {
	names := electricSources
	if acoustic {
		names = acousticSources
	}
	g := newGuitarist(lib, names, r)
	if g == nil {
		return nil
	}
	if src := lib.source("belofilms-GuitarStrums"); src != nil && heat < 0.5 && chance(r, 0.3) {
		g.strums = src
	}
	if src := lib.source("axgrinder-power-chords"); src != nil && heat > 0.5 && !acoustic && chance(r, 0.28) {
		g.power = src
	}
	switch {
	case g.strums != nil:
		credit(g.strums)
	case g.power != nil:
		credit(g.power)
	default:
		credit(g.p.src)
	}
	lag := uniform(r, -0.006, 0.010)
	lo := 40 // E2
	if s.style.name == "metal" && chance(r, 0.5) {
		lo = 36
	} else if heat < 0.5 && chance(r, 0.3) {
		lo = 45
	}
	for _, sec := range s.sections {
		if !sec.plays["guitar"] {
			continue
		}
		pr := rand.New(rand.NewPCG(uint64(sec.hook), 13+uint64(1000*heat)))
		kind := guitarKind(s, heat, pr)
		power := heat > 0.45 && pr.Float64() < 0.9
		pattern := strumPattern(s, pr)
		riff := make([]int, 8)
		for i := range riff {
			riff[i] = pick(pr, []int{0, 0, 0, 3, 5, 7, 10, 12, 6, 1})
		}
		for b := range sec.bars {
			c := sec.chords[b]
			notes := voicing(c, lo, power)
			start := float64((sec.bar + b) * s.meter)
			hit := func(pos, dur, vel, spread, decay float64, notes []int) {
				t := s.at(start+pos) + lag + 0.004*r.NormFloat64()
				d := max(0.03, s.at(start+pos+dur)-s.at(start+pos))
				if g.strums != nil && len(notes) > 1 {
					g.playStrum(track, c, t, d, vel, spread < 0, decay, s.tuning, r)
					return
				}
				if g.power != nil && len(notes) > 1 {
					g.playPower(track, notes[0], t, d, vel, decay > 0, s.tuning)
					return
				}
				g.strum(track, notes, t, d, spread, vel, 1, decay, s.tuning, r)
			}
			steps := 4 * s.meter
			switch kind {
			case "hold":
				hit(0, float64(s.meter)-0.02, 0.9, uniform(r, 0.003, 0.02), 0, notes)
				if chance(r, 0.3) {
					hit(float64(s.meter)-1, 1, 0.8, 0.01, 0, notes)
				}
			case "chug":
				for i := 0; i < steps; i += 2 {
					if i == 0 || chance(pr, 0.12) {
						hit(float64(i)/4, 0.5, 0.95, 0.004, 0, notes)
					} else {
						hit(float64(i)/4, 0.5, 0.7+0.1*r.NormFloat64(), 0.002, uniform(r, 0.05, 0.09), notes[:2])
					}
				}
			case "gallop":
				for i := range steps {
					if i%4 == 1 {
						continue
					}
					hit(float64(i)/4, 0.25, 0.8, 0.002, 0.07, notes[:min(3, len(notes))])
				}
			case "eighths":
				for i := 0; i < steps; i += 2 {
					sp := 0.005
					if i%4 == 2 && chance(r, 0.5) {
						sp = -0.005
					}
					hit(float64(i)/4, 0.5, 0.75+0.15*float64(btoi(i%4 == 0)), sp, 0, notes)
				}
			case "riff":
				for i := 0; i < 2*s.meter; i++ {
					v := riff[i%8]
					if v == 1 {
						continue
					}
					root := inOctave(s.key, lo)
					nn := []int{root + v}
					if power && pr.Float64() < 0.6 {
						nn = []int{root + v, root + v + 7}
					}
					dec := 0.0
					if v == 0 && i%2 == 1 {
						dec = 0.08
					}
					hit(float64(i)/2, 0.5, 0.85, 0.002, dec, nn)
				}
			case "arpeggio":
				order := []int{0, 2, 3, 4, 3, 2, 4, 3}
				for i := range 2 * s.meter {
					k := order[i%8] % len(notes)
					hit(float64(i)/2, float64(s.meter)-float64(i)/2, 0.6+0.2*float64(btoi(i == 0))+0.08*r.NormFloat64(), 0, 0, notes[k:k+1])
				}
			case "offbeat":
				for i := 2; i < steps; i += 4 {
					top := notes[len(notes)/2:]
					hit(float64(i)/4, 0.22, 0.8, 0.006, 0.1, top)
				}
			case "stabs":
				for i := range steps {
					if pattern[i%len(pattern)] {
						hit(float64(i)/4, 0.2, 0.7+0.1*r.NormFloat64(), 0.003*float64(1-2*(i%2)), 0.08, notes[len(notes)/2:])
					} else if chance(pr, 0.3) { // a muted scratch
						hit(float64(i)/4, 0.08, 0.3, 0.002, 0.012, notes[len(notes)/2:])
					}
				}
			case "boogie":
				root := notes[0]
				for i := range 2 * s.meter {
					hit(float64(i)/2, 0.48, 0.85-0.15*float64(i%2), 0.003, uniform(r, 0.12, 0.3), []int{root, root + []int{7, 7, 9, 9}[i%4]})
				}
			case "twobeat":
				for i := range s.meter {
					if i%2 == 0 {
						hit(float64(i), 0.9, 0.8, 0, 0, notes[:1])
					} else {
						hit(float64(i), 0.8, 0.75, 0.008, 0, notes[1:])
					}
				}
			default: // strummed by pattern, down on the beat, up between
				for i := range steps {
					if !pattern[i%len(pattern)] {
						continue
					}
					end := 1
					for i+end < steps && !pattern[(i+end)%len(pattern)] {
						end++
					}
					sp := uniform(r, 0.004, 0.014)
					nn := notes
					if i%4 == 2 || s.style.feel16 && i%2 == 1 {
						sp, nn = -sp, notes[len(notes)/3:]
					}
					v := 0.65 + 0.25*float64(btoi(i%8 == 4)) + 0.08*r.NormFloat64()
					hit(float64(i)/4, float64(end)/4, v, sp, 0, nn)
				}
			}
		}
	}
	end := s.at(float64(s.bars * s.meter))
	if last := len(s.sections) - 1; last >= 0 {
		g.strum(track, voicing(s.sections[last].chords[0], lo, heat > 0.5), end+lag, 3, 0.012, 0.9, 1, 0, s.tuning, r)
	}
	return g
}

func guitarKind(s *score, heat float64, r *rand.Rand) string {
	switch s.style.name {
	case "metal":
		return pick(r, []string{"chug", "gallop", "riff", "chug", "hold"})
	case "hard rock":
		return pick(r, []string{"chug", "riff", "hold", "eighths", "strum"})
	case "punk":
		return pick(r, []string{"eighths", "eighths", "chug", "strum"})
	case "country":
		return pick(r, []string{"twobeat", "strum", "arpeggio", "strum"})
	case "shuffle", "slow blues":
		return pick(r, []string{"boogie", "strum", "stabs", "riff"})
	case "funk", "disco":
		return pick(r, []string{"stabs", "stabs", "strum"})
	case "reggae":
		return "offbeat"
	case "ballad":
		return pick(r, []string{"arpeggio", "strum", "hold"})
	case "surf":
		return pick(r, []string{"eighths", "strum", "arpeggio", "chug"})
	}
	if heat > 0.5 {
		return pick(r, []string{"chug", "strum", "hold", "eighths", "riff"})
	}
	return pick(r, []string{"strum", "strum", "arpeggio", "eighths", "riff", "hold"})
}

// strumPattern is one bar of sixteenths.
func strumPattern(s *score, r *rand.Rand) []bool {
	n := 4 * s.meter
	p := make([]bool, n)
	p[0] = true
	for i := 1; i < n; i++ {
		switch {
		case i%4 == 0:
			p[i] = r.Float64() < 0.75
		case i%2 == 0:
			p[i] = r.Float64() < 0.6
		default:
			p[i] = (s.style.feel16 || s.bpm < 90) && r.Float64() < 0.35
		}
	}
	return p
}

// playStrum plays the recorded strum nearest to the chord.
func (g *guitarist) playStrum(dst []float32, c chord, t, dur, vel float64, up bool, decay, tuning float64, r *rand.Rand) {
	var near []*sound
	best := 99
	shift := 0
	for _, sd := range g.strums.sounds {
		class, minor, dim, ok := strumOf(sd.name)
		if !ok || dim || minor != c.minor {
			continue
		}
		d := (c.root-class+18)%12 - 6
		upper := strings.ToUpper(sd.name)
		if up != strings.Contains(upper, "_UP") {
			continue
		}
		if abs(d) < best {
			best, near, shift = abs(d), near[:0], d
		}
		if abs(d) == best && d == shift {
			near = append(near, sd)
		}
	}
	if len(near) == 0 {
		return
	}
	x := pick(r, near).samples()
	playSound(dst, x, float64(shift)+tuning, strike{at: t, dur: dur, fade: 0.05, gain: 0.4 + 0.6*vel, decay: decay})
}

// playPower plays the recorded power chord nearest to the root.
func (g *guitarist) playPower(dst []float32, root int, t, dur, vel float64, muted bool, tuning float64) {
	var best *sound
	dist := math.Inf(1)
	for _, sd := range g.power.sounds {
		if math.IsNaN(sd.pitch) || strings.HasSuffix(sd.name, "pmute") != muted {
			continue
		}
		d := float64(root) - sd.sounding()
		d -= 12 * math.Round(d/12)
		if math.Abs(d) < math.Abs(dist) {
			best, dist = sd, d
		}
	}
	if best == nil {
		return
	}
	playSound(dst, best.samples(), dist+tuning, strike{at: t, dur: dur, fade: 0.03, gain: 0.5 + 0.5*vel})
}

// leadGuitar plays melodies with bends, slides and vibrato in some of the sections.
func leadGuitar(s *score, g *guitarist, track []float32, r *rand.Rand) {
	vib := uniform(r, 4.5, 6.5)
	depth := uniform(r, 0.1, 0.6)
	for i, sec := range s.sections {
		if !sec.plays["guitar"] || i > 0 && !chance(r, 0.6) {
			continue
		}
		for _, nt := range s.line(r, sec, 55, 79, 0.5) {
			t := s.at(nt.pos) + 0.006*r.NormFloat64()
			d := max(0.05, s.at(nt.pos+nt.dur)-t-uniform(r, 0, 0.03))
			k := strike{at: t, dur: d, fade: 0.04, pitch: nt.pitch + s.tuning, vel: nt.vel, gain: 0.5 + 0.5*nt.vel}
			var curves []func(float64) float64
			switch x := r.Float64(); {
			case x < 0.2:
				curves = append(curves, slide(pick(r, []float64{-2, -1, -2}), uniform(r, 0.06, 0.25)))
			case x < 0.3:
				curves = append(curves, slide(pick(r, []float64{-5, 3, -7, 2}), uniform(r, 0.04, 0.1)))
			}
			if d > 0.35 && chance(r, 0.7) {
				curves = append(curves, vibrato(vib, depth, uniform(r, 0.1, 0.3)))
			}
			if len(curves) > 0 {
				k.bend = sum(curves...)
			}
			g.p.play(track, k)
			if chance(r, 0.06) { // double stop
				k.pitch += pick(r, []float64{-5, -3, -4, 5})
				g.p.play(track, k)
			}
		}
	}
}
