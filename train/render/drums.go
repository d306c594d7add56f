package render

import (
	"math"
	"math/rand/v2"
	"sort"
)

// piece is one drum or cymbal with its strokes, soft to hard.
type piece struct {
	strokes []*sound
	gain    float64
	rate    float64
	last    int
}

// drumKit is what one drummer sits behind for a song.
type drumKit struct {
	pieces  [numRoles][]*piece
	credits []Credit
}

// acousticKits are the sources complete enough to be the main kit, with how often each is drawn.
var kitWeight = map[string]int{
	"avl-black-pearl": 4, "avl-red-zeppelin": 4, "gogodze2-closemix": 5, "gogodze2-room": 2, "gogodze2-retro": 2,
	"hydrogen-BJA_Pacific": 4, "hydrogen-rumpf_kit_z01": 1, "sonic-pi-drums": 2,
	"hydrogen ColomboAcousticDrumkit": 3, "hydrogen ForzeeStereo": 5, "hydrogen Millo-Drums_v.1": 3,
	"hydrogen Millo_MultiLayered2": 4, "hydrogen Millo_MultiLayered3": 4, "hydrogen The Black Pearl 1.0": 3,
	"hydrogen ElectricEmpireKit": 1, "hydrogen VariBreaks": 1, "hydrogen HardElectro1": 1,
}

// loudness of each role in a mix, in dB relative to the snare.
var roleGain = [numRoles]float64{kick: 1, snare: 0, sideStick: -6, hatClosed: -13, hatHalf: -11, hatOpen: -10, hatPedal: -16, ride: -11, rideBell: -9, crash: -6, china: -7, splash: -9, tomHigh: -2, tomMid: -2, tomLow: -1, clap: -5, tambourine: -11, cowbell: -11, shaker: -16, handDrum: -6}

// substitute is the role that stands in when no kit has the wanted one.
var substitute = map[role]role{hatHalf: hatOpen, hatOpen: hatHalf, hatPedal: hatClosed, rideBell: ride, ride: hatClosed, china: crash, splash: crash, tomHigh: tomMid, tomMid: tomLow, sideStick: snare, tomLow: tomMid}

// strokesOf collects the strokes of one role by piece, in a stable order.
func strokesOf(src *source, rl role) [][]*sound {
	byPiece := map[string][]*sound{}
	var names []string
	for _, s := range src.sounds {
		if s.role != rl {
			continue
		}
		if byPiece[s.piece] == nil {
			names = append(names, s.piece)
		}
		byPiece[s.piece] = append(byPiece[s.piece], s)
	}
	sort.Strings(names)
	var out [][]*sound
	for _, n := range names {
		out = append(out, byPiece[n])
	}
	return out
}

// buildKit draws a main kit and completes it: roles it lacks come from others, and now and then a
// snare or the cymbals are swapped, as drummers do.
func buildKit(lib *Library, r *rand.Rand) *drumKit {
	var names []string
	for _, s := range lib.family("drums") {
		for range kitWeight[s.name] {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		for _, s := range lib.family("drums") {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	main := lib.source(pick(r, names))
	k := &drumKit{}
	used := map[*source]bool{}
	other := func(rl role) *source {
		for range 40 {
			if s := lib.source(pick(r, names)); len(strokesOf(s, rl)) > 0 {
				return s
			}
		}
		for _, s := range lib.family("drums") {
			if len(strokesOf(s, rl)) > 0 {
				return s
			}
		}
		return nil
	}
	cymbals := main
	if chance(r, 0.3) {
		cymbals = lib.source(pick(r, names))
	}
	spread := uniform(r, 1, 4) // how unevenly this kit is miked, dB
	for rl := kick; rl < numRoles; rl++ {
		src := main
		switch rl {
		case crash, ride, rideBell, china, splash:
			src = cymbals
		case snare:
			if fs := lib.source("frankensnare"); fs != nil && chance(r, 0.3) {
				src = fs
			} else if chance(r, 0.15) {
				src = other(snare)
			}
		case kick:
			if chance(r, 0.12) {
				src = other(kick)
			}
		}
		if src == nil || len(strokesOf(src, rl)) == 0 {
			if _, ok := substitute[rl]; ok && (rl != crash) && len(strokesOf(main, substitute[rl])) > 0 && rl != ride {
				continue
			}
			src = other(rl)
		}
		if src == nil {
			continue
		}
		groups := strokesOf(src, rl)
		var rich [][]*sound // drums recorded at more than one strength, if there are any
		for _, g := range groups {
			if len(g) > 1 {
				rich = append(rich, g)
			}
		}
		if len(rich) > 0 {
			groups = rich
		}
		count := 1
		if rl == crash {
			count = min(2, len(groups))
		}
		for _, g := range r.Perm(len(groups))[:count] {
			p := &piece{strokes: groups[g], gain: dB(roleGain[rl] + uniform(r, -spread, spread)), rate: semis(uniform(r, -2, 2)), last: -1}
			if chance(r, 0.4) {
				p.rate = semis(uniform(r, -0.5, 0.5))
			}
			k.pieces[rl] = append(k.pieces[rl], p)
			if !used[src] {
				used[src] = true
				k.credits = append(k.credits, src.credit)
			}
		}
	}
	return k
}

func (k *drumKit) piece(rl role, n int) *piece {
	for range 3 {
		if ps := k.pieces[rl]; len(ps) > 0 {
			return ps[n%len(ps)]
		}
		s, ok := substitute[rl]
		if !ok {
			return nil
		}
		rl = s
	}
	return nil
}

// stroke chooses a recording for a velocity 0 … 1: by the layers that the names give, by measured
// loudness otherwise, never twice the same in a row if there is a choice.
func (p *piece) stroke(vel float64, r *rand.Rand) *sound {
	n := len(p.strokes)
	if p.last == -1 {
		layered := true
		for _, s := range p.strokes {
			s.samples()
			layered = layered && s.layer > 0
		}
		sort.SliceStable(p.strokes, func(i, j int) bool {
			a, b := p.strokes[i], p.strokes[j]
			if layered && a.layer != b.layer {
				return a.layer < b.layer
			}
			return a.level < b.level
		})
		// Recordings that came out empty must not be played.
		kept := p.strokes[:0]
		for _, s := range p.strokes {
			if len(s.pcm) > 0 {
				kept = append(kept, s)
			}
		}
		p.strokes = kept
		n = len(kept)
		p.last = 0
	}
	if n == 0 {
		return nil
	}
	i := int(vel*float64(n) + 0.6*r.NormFloat64())
	i = min(max(i, 0), n-1)
	if i == p.last && n > 2 {
		if i == 0 || i < n-1 && chance(r, 0.5) {
			i++
		} else {
			i--
		}
	}
	p.last = i
	return p.strokes[i]
}

// hit is a stroke in time.
type hit struct {
	pos  float64 // beats
	role role
	vel  float64
	n    int // which of several such pieces
}

// grooves are drum patterns of one bar in sixteenths (twelve to a bar of shuffle): x a stroke,
// X an accent, g a ghost, o open, h half open, r rim.
var grooves = map[string][][3]string{ // kick, snare, hat or ride
	"rock": {
		{"X.......X.......", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X.......X.X.....", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X.....x.X.......", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X..x....X.x.....", "....X..g.g..X...", "X.x.X.x.X.x.X.x."},
		{"X.x.....X.....x.", "....X.......X..g", "X.x.X.x.X.x.X.o."},
		{"X.....x..xX.....", "....X..g....X...", "X.x.X.x.X.x.X.x."},
		{"X.......x.X...x.", "....X.......X...", "X...X...X...X..."},
		{"X.X.....X.X.....", "....X.......X...", "o.o.o.o.o.o.o.o."},
	},
	"half": {
		{"X.........x.....", "........X.......", "X.x.X.x.X.x.X.x."},
		{"X.x...........x.", "........X.......", "X...X...X...X..."},
		{"X..x......x..x..", "........X.....g.", "X.x.X.x.X.x.X.x."},
	},
	"fourfloor": {
		{"X...X...X...X...", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X...X...X...X...", "....X.......X...", "..o...o...o...o."},
	},
	"pop": {
		{"X.....x.x.......", "....X.......X...", "XxxxXxxxXxxxXxxx"},
		{"X.......X.....x.", "....X..g.g..X..g", "XxxxXxxxXxxxXxox"},
	},
	"indie": {
		{"X..x..x.X..x..x.", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X...X...X...X...", "....X..x....X...", "XxxxXxxxXxxxXxxx"},
		{"X.x...x.X.x.....", "....X.......X...", "..o...o...o...o."},
	},
	"punk": {
		{"X.....X.X.....X.", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X...X...X...X...", "..X...X...X...X.", "X.x.X.x.X.x.X.x."},
		{"X.....x.X.x.....", "....X.......X...", "o.o.o.o.o.o.o.o."},
	},
	"metal": {
		{"XxXxXxXxXxXxXxXx", "....X.......X...", "X...X...X...X..."},
		{"X.xxX.xxX.xxX.xx", "....X.......X...", "X...X...X...X..."},
		{"X.x.x.xxX.x.x.xx", "........X.......", "o...o...o...o..."},
		{"X.X.X.X.X.X.X.X.", ".X.X.X.X.X.X.X.X", "X.X.X.X.X.X.X.X."},
	},
	"train": {
		{"X...X...X...X...", "xxXxxxXxxxXxxxXx", "................"},
		{"X...X...X...X...", "gxXggxXggxXggxXx", "....x.......x..."},
	},
	"country": {
		{"X.......X.......", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X.....x.X.......", "....r.......r...", "X.x.X.x.X.x.X.x."},
		{"X.......X.......", "..x...x...x...x.", "X.x.X.x.X.x.X.x."},
	},
	"shuffle": {
		{"X.......X.......", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X.....x.X.......", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X...X...X...X...", "..g.X.g...g.X.g.", "X.x.X.x.X.x.X.x."},
		{"X.....x.X.....x.", "g.g.X.g.g.g.X.g.", "X...X...X...X..."},
	},
	"slow": {
		{"X.......X.....x.", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X.......x.......", "....r.......r...", "X...X.x.X...X.x."},
	},
	"funk": {
		{"X..x..x...x.....", "....X..g.g..X..g", "XxxxXxxxXxxxXxxx"},
		{"X.x.......x..x..", "....X..g.gg.X...", "X.x.X.x.X.x.X.o."},
		{"X..X..X..x......", "....X.g..g..X.gg", "X.xxX.xxX.xxX.xx"},
		{"X.......x.xx....", "....X..X.g..X..X", "X.x.X.x.Xoo.X.x."},
	},
	"ballad": {
		{"X.......X.......", "....X.......X...", "X.x.X.x.X.x.X.x."},
		{"X.......X.x.....", "....r.......r...", "X.x.X.x.X.x.X.x."},
		{"X......xX.......", "........X.......", "XxxxXxxxXxxxXxxx"},
	},
	"surf": {
		{"X.......X.......", "....X.X.....X...", "X.x.X.x.X.x.X.x."},
		{"X.....X.X.......", "....X.X.....X.X.", "X.x.X.x.X.x.X.x."},
		{"X...X...X...X...", "..x.X.xx..x.X.xx", "X.x.X.x.X.x.X.x."},
	},
	"onedrop": {
		{"........X.......", "........r.......", "..x...x...x...x."},
		{"X.......X.......", "....r.......r...", "X.x.X.x.X.x.X.xx"},
		{"X...X...X...X...", "........r..r....", "..x...o...x...o."},
	},
	"disco": {
		{"X...X...X...X...", "....X.......X...", "x.o.x.o.x.o.x.o."},
		{"X...X...X...X...", "....X.......X..g", "xxoxxxoxxxoxxxox"},
	},
}

var waltz = [][3]string{
	{"X...........", "....X...X...", "X.x.X.x.X.x."},
	{"X.........x.", "....r...r...", "X...X...X..."},
	{"X.....x.....", "........X...", "X.x.X.x.X.x."},
}

// playDrums writes the drum part of a score.
func playDrums(s *score, r *rand.Rand) []hit {
	var hits []hit
	add := func(pos float64, rl role, vel float64, n int) {
		hits = append(hits, hit{pos, rl, min(max(vel, 0.05), 1), n})
	}
	lastFill := false
	for si, sec := range s.sections {
		pr := rand.New(rand.NewPCG(uint64(sec.hook), 7))
		pool := grooves[sec.groove]
		if s.meter == 3 {
			pool = waltz
		}
		pat := pick(pr, pool)
		surface := hatClosed
		switch x := pr.Float64(); {
		case x < 0.25 || sec.energy > 0.8 && x < 0.45:
			surface = ride
		case sec.energy > 0.75 && x < 0.65:
			surface = hatHalf
		case x > 0.95:
			surface = crash
		case x > 0.9:
			surface = hatOpen
		case x > 0.87:
			surface = tomLow
		}
		extra, extraEvery := noRole, 0
		if pr.Float64() < 0.2 {
			extra = pick(pr, []role{tambourine, shaker, cowbell, clap, handDrum})
			extraEvery = pick(pr, []int{2, 4, 4, 8})
			if extra == clap {
				extraEvery = 8
			}
		}
		dyn := 0.55 + 0.4*sec.energy
		crashes := chance(r, 0.75)
		for b := range sec.bars {
			bar := sec.bar + b
			start := float64(bar * s.meter)
			last := b == sec.bars-1
			fillLen := 0
			if last && chance(r, 0.75) || b%4 == 3 && chance(r, 0.3) {
				fillLen = pick(r, []int{2, 4, 4, 8, 8, 12, 16})
				fillLen = min(fillLen, 4*s.meter)
			}
			if !sec.plays["drums"] {
				if last && si+1 < len(s.sections) && s.sections[si+1].plays["drums"] && chance(r, 0.6) {
					fillLen = max(fillLen, 4)
				} else {
					lastFill = false
					if chance(r, 0.3) { // only the foot keeps time
						for q := range s.meter {
							add(start+float64(q), hatPedal, 0.4, 0)
						}
					}
					continue
				}
			}
			steps := 4 * s.meter
			for i := range steps {
				pos := start + float64(i)/4
				fill := i >= steps-fillLen
				if fill || !sec.plays["drums"] {
					continue
				}
				if c := pat[0][i%len(pat[0])]; c != '.' {
					if c == 'X' || !chance(r, 0.08) {
						add(pos, kick, dyn*map[byte]float64{'X': 0.95, 'x': 0.8}[c]+0.05*r.NormFloat64(), 0)
					}
				} else if i%2 == 0 && i > 2 && chance(r, 0.04) {
					add(pos, kick, dyn*0.75, 0)
				}
				switch c := pat[1][i%len(pat[1])]; c {
				case 'X':
					add(pos, snare, dyn*1.0+0.04*r.NormFloat64(), 0)
				case 'x':
					add(pos, snare, dyn*0.6+0.08*r.NormFloat64(), 0)
				case 'g':
					if chance(r, 0.8) {
						add(pos, snare, 0.12+0.1*r.Float64(), 0)
					}
				case 'r':
					add(pos, sideStick, dyn*0.8, 0)
				default:
					if s.style.name != "metal" && chance(r, 0.02) {
						add(pos, snare, 0.15, 0)
					}
				}
				if c := pat[2][i%len(pat[2])]; c != '.' {
					rl := surface
					v := dyn * 0.6
					switch {
					case c == 'o' && surface == hatClosed:
						rl, v = hatOpen, dyn*0.8
					case c == 'X':
						v = dyn * 0.85
						if rl == ride && chance(r, 0.05) {
							rl = rideBell
						}
					}
					if rl == crash && i%4 != 0 {
						continue
					}
					if rl == tomLow {
						v *= 0.9
					}
					add(pos, rl, v+0.08*r.NormFloat64(), 0)
				} else if surface == hatClosed && i%8 == 6 && chance(r, 0.03) {
					add(pos, hatOpen, dyn*0.7, 0)
				}
				if surface == ride && i%8 == 4 {
					add(pos, hatPedal, 0.45, 0)
				}
				if extra != noRole && i%extraEvery == 4%extraEvery {
					v := 0.6
					if i%8 == 4 {
						v = 0.9
					}
					add(pos, extra, v+0.08*r.NormFloat64(), 0)
				}
			}
			if b == 0 && crashes || lastFill && chance(r, 0.8) || chance(r, 0.04) {
				rl := crash
				if chance(r, 0.08) {
					rl = pick(r, []role{china, splash})
				}
				add(start, rl, 0.7+0.3*sec.energy, r.IntN(2))
				add(start, kick, dyn, 0)
			}
			lastFill = fillLen > 0
			fillIn(r, add, start+float64(steps-fillLen)/4, fillLen, dyn)
		}
	}
	// The end: a last crash on the bar after.
	if len(s.sections) > 0 {
		add(float64(s.bars*s.meter), crash, 0.95, 0)
		add(float64(s.bars*s.meter), kick, 0.95, 0)
	}
	return hits
}

// fillIn plays n sixteenths of fill from pos.
func fillIn(r *rand.Rand, add func(float64, role, float64, int), pos float64, n int, dyn float64) {
	if n == 0 {
		return
	}
	toms := []role{snare, tomHigh, tomMid, tomLow}
	kind := r.IntN(6)
	for i := range n {
		p := pos + float64(i)/4
		v := dyn * (0.6 + 0.4*float64(i)/float64(n))
		if i%4 == 0 {
			v += 0.12
		}
		switch kind {
		case 0: // down the toms
			add(p, toms[min(i*4/n, 3)], v, 0)
		case 1: // snare roll
			add(p, snare, v*0.9, 0)
			if i%2 == 1 && chance(r, 0.3) {
				add(p+0.125, snare, v*0.6, 0)
			}
		case 2: // triplets of hand, hand, foot
			switch i % 3 {
			case 2:
				add(p, kick, v, 0)
			default:
				add(p, toms[1+(i/3)%3], v, 0)
			}
		case 3: // sparse
			if i%2 == 0 || chance(r, 0.3) {
				add(p, pick(r, toms), v, 0)
			}
		case 4: // around the kit at random
			if !chance(r, 0.15) {
				add(p, pick(r, toms), v, 0)
			}
		case 5: // accents with cymbals
			if i%2 == 0 {
				add(p, snare, v, 0)
				if chance(r, 0.3) {
					add(p, crash, v*0.9, i/2)
				}
			} else {
				add(p, kick, v*0.9, 0)
			}
		}
		if i%4 == 0 && chance(r, 0.4) {
			add(p, pick(r, []role{kick, hatPedal}), dyn*0.8, 0)
		}
	}
}

// renderDrums plays hits on a kit into n samples; when gives the second of a position. The human touch is a common lag of the player and
// ±10 ms at most of each hand.
func renderDrums(k *drumKit, when func(pos float64) float64, hits []hit, n int, r *rand.Rand) []float32 {
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].pos < hits[j].pos })
	loose := uniform(r, 0.001, 0.005)
	lag := uniform(r, -0.006, 0.006)
	gamma := uniform(r, 0.8, 1.6) // how much louder hard strokes are
	var bus [numRoles][]float32
	track := func(rl role) []float32 {
		if bus[rl] == nil {
			bus[rl] = make([]float32, n)
		}
		return bus[rl]
	}
	nextHat := make([]int, len(hits)) // when the next stroke on the hi-hat silences this one
	next := math.MaxInt
	for i := len(hits) - 1; i >= 0; i-- {
		nextHat[i] = next
		switch hits[i].role {
		case hatClosed, hatHalf, hatOpen, hatPedal:
			next = int(when(hits[i].pos) * Rate)
		}
	}
	for i, h := range hits {
		p := k.piece(h.role, h.n)
		if p == nil {
			continue
		}
		st := p.stroke(h.vel, r)
		if st == nil {
			continue
		}
		dev := min(max(loose*r.NormFloat64(), -0.010), 0.010)
		at := int((when(h.pos)+lag+dev)*Rate) - Rate*3/1000
		g := p.gain * math.Pow(h.vel, gamma) * dB(uniform(r, -0.8, 0.8))
		dur, fade := n, 0
		switch h.role {
		case hatClosed, hatHalf, hatOpen:
			if nextHat[i] != math.MaxInt {
				dur, fade = max(nextHat[i]-at, 400), 900
			}
		}
		mixAt(track(h.role), st.samples(), at, p.rate*semis(0.05*r.NormFloat64()), g, dur, fade)
	}
	out := make([]float32, n)
	for rl := role(1); rl < numRoles; rl++ {
		b := bus[rl]
		if b == nil {
			continue
		}
		switch rl { // close microphones are treated one by one
		case kick:
			if chance(r, 0.6) {
				peaking(uniform(r, 50, 90), 1, uniform(r, -2, 6), Rate).process(b)
				peaking(uniform(r, 250, 500), 1, uniform(r, -8, 0), Rate).process(b)
				peaking(uniform(r, 2500, 5000), 1, uniform(r, -4, 8), Rate).process(b)
			}
		case snare:
			if chance(r, 0.6) {
				peaking(uniform(r, 160, 260), 1, uniform(r, -3, 5), Rate).process(b)
				peaking(uniform(r, 700, 1200), 1.2, uniform(r, -5, 2), Rate).process(b)
				peaking(uniform(r, 3500, 7000), 0.8, uniform(r, -3, 6), Rate).process(b)
			}
		case hatClosed, hatHalf, hatOpen, ride, crash, rideBell:
			if chance(r, 0.5) {
				highPass(uniform(r, 150, 500), 0.7, Rate).process(b)
			}
		}
		addScaled(out, b, 1)
	}
	if chance(r, 0.85) {
		rm := randomRoom(r)
		addRoom(out, rm, uniform(r, -22, -6), r)
	}
	if chance(r, 0.6) {
		compress(out, uniform(r, -2, 6), uniform(r, 2, 6), uniform(r, 0.002, 0.03), uniform(r, 0.05, 0.3), uniform(r, 0.3, 1))
	}
	if chance(r, 0.35) {
		saturate(out, uniform(r, 0.1, 0.5))
	}
	if chance(r, 0.6) {
		colour(out, r, 4)
	}
	return out
}
