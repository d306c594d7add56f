package dataset

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// room is the sound of a room: a dozen early reflections, and a feedback delay network of eight
// lines for the tail (Jot and Chaigne, "Digital delay networks for designing artificial
// reverberators", AES 1991), with a Householder matrix and a one-pole low-pass in each line.
type room struct {
	early [reflections]struct {
		at   int // samples
		gain float32
	}
	lines [8]line
	tail  float32 // gain of a line's output
	mask  int     // of the lines' memory
}

// line is a delay line with the loss of its length.
type line struct {
	memory  []float32 // a power of two
	delay   int       // samples
	loss    float32   // a pass at 0 Hz
	bright  float32   // of the one-pole, 1: no damping
	in, out float32   // signs, that of in over √8
	state   float32
}

const (
	reflections = 12
	longest     = 0.06 // s, of a delay line
)

func newRoom(rate int) *room {
	r := &room{}
	n := 1 << bits.Len(uint(longest*float64(rate))+1)
	r.mask = n - 1
	for i := range r.lines {
		r.lines[i].memory = make([]float32, n)
	}
	return r
}

// draw builds another room: its tail falls by 60 dB in rt60 s at low frequencies, the energy of its answer to an
// impulse, all that is not the impulse itself, is at db, and damping, 0 … 1, takes the treble away
// faster.
func (m *room) draw(r *rand.Rand, hz, rt60, db, damping float64) {
	size := 0.5 + 0.5*r.Float64() // a room's dimensions, relative to the largest
	var sum float64
	for i := range m.early {
		// From 2 ms on, evenly, and 4 dB less for each 10 ms.
		at := 0.002 + 0.05*size*r.Float64()
		g := math.Pow(10, -at*400/20) * (0.5 + 0.5*r.Float64())
		if r.IntN(2) == 0 {
			g = -g
		}
		m.early[i].at, m.early[i].gain = max(1, int(at*hz)), float32(g)
		sum += g * g
	}
	var kept float64 // of a pass's energy, on average
	for i := range m.lines {
		l := &m.lines[i]
		// Delays are spread over 10 to 60 ms by less than a third of their spacing either way, and odd.
		d := size * 0.0565 * math.Pow(0.35, (7-float64(i))/7) * (1 + 0.04*(2*r.Float64()-1))
		l.delay = max(1, min(int(d*hz)|1, m.mask))
		l.loss = float32(math.Pow(10, -3*float64(l.delay)/(hz*rt60)))
		l.bright = float32(1 - damping*min(1, float64(l.delay)/(longest*hz)))
		l.in, l.out = sign(r)/(2*math.Sqrt2), sign(r)
		kept += float64(l.loss*l.loss) / 8
	}
	wet := math.Pow(10, db/20)
	share := 0.3 + 0.4*r.Float64() // of the energy, for the tail
	for i := range m.early {
		m.early[i].gain *= float32(wet * math.Sqrt((1-share)/max(sum, 1e-12)))
	}
	// A unit of energy at the input comes out of the lines as kept + kept² + kept³ + …
	m.tail = float32(wet * math.Sqrt(share*(1-kept)/max(kept, 1e-12)))
}

func sign(r *rand.Rand) float32 {
	if r.IntN(2) == 0 {
		return -1
	}
	return 1
}

// play adds the room to x. What sounded before is forgotten. dry is as long as x, and is overwritten.
func (m *room) play(x, dry []float32) {
	copy(dry, x)
	for _, e := range m.early {
		if e.at >= len(x) {
			continue
		}
		y := x[e.at:]
		for i, v := range dry[:len(y)] {
			y[i] += e.gain * v
		}
	}
	for i := range m.lines {
		clear(m.lines[i].memory)
		m.lines[i].state = 0
	}
	// A block is at most as long as the shortest delay, so that each line can be read out, filtered
	// and summed before any is written to.
	const most = 256
	block := most
	for i := range m.lines {
		block = min(block, m.lines[i].delay)
	}
	var outs [8][most]float32
	var sum [most]float32
	for at := 0; at < len(x); at += block {
		n := min(block, len(x)-at)
		y, d, s := x[at:at+n], dry[at:at+n], sum[:n]
		clear(s)
		for k := range m.lines {
			l, o := &m.lines[k], outs[k][:n]
			memory, mask, state := l.memory, m.mask, l.state
			from := at - l.delay
			gain := m.tail * l.out
			for i := range o {
				state += l.bright*(l.loss*memory[(from+i)&mask]-state) + still
				o[i] = state
				s[i] += state
				y[i] += gain * state
			}
			l.state = state
		}
		for k := range m.lines {
			l, o := &m.lines[k], outs[k][:n]
			memory, mask := l.memory, m.mask
			for i, v := range o {
				memory[(at+i)&mask] = l.in*d[i] + v - 0.25*s[i]
			}
		}
	}
}
