package dataset

import (
	"math"
	"math/rand/v2"
)

// desk is what one example is mixed on: the memory of all effects, and their dice.
type desk struct {
	rate               float64 // Hz
	stem, spare, curve []float32
	room               *room
	pcg                *rand.PCG
	die                *rand.Rand // of pcg
	seed               uint64     // of the example
}

// chance numbers what is drawn, so that each has dice of its own.
type chance uint64

const (
	place chance = iota
	resampling
	double
	amplify
	saturation
	equaliser
	shelf
	bass
	tilting
	compress
	riding
	ownRoom
	polarity
	commonRoom
	noise
	mains
	dust
	bus
	treble
	codec
)

// whole is the number of the mixture among the stems.
const whole = 1 << 20

func newDesk(rate int) *desk {
	d := &desk{rate: float64(rate), room: newRoom(rate), pcg: rand.NewPCG(0, 0)}
	d.die = rand.New(d.pcg)
	return d
}

// borrow returns a desk for n samples, which goes back by giveBack. Draw may be called from several goroutines.
func (s *Set) borrow(n int) *desk {
	s.mu.Lock()
	var d *desk
	if k := len(s.desks); k > 0 {
		d, s.desks = s.desks[k-1], s.desks[:k-1]
	}
	s.mu.Unlock()
	if d == nil {
		d = newDesk(s.Rate)
	}
	if cap(d.stem) < n {
		d.stem, d.spare, d.curve = make([]float32, n), make([]float32, n), make([]float32, n)
	}
	d.stem, d.spare, d.curve = d.stem[:n], d.spare[:n], d.curve[:n]
	return d
}

func (s *Set) giveBack(d *desk) {
	s.mu.Lock()
	s.desks = append(s.desks, d)
	s.mu.Unlock()
}

// roll tells, with probability p, that something happens to a stem, and gives the dice to draw it by.
func (d *desk) roll(p float64, stem int, c chance) (r *rand.Rand, happens bool) {
	d.pcg.Seed(d.seed, (uint64(stem)<<8|uint64(c))*0x9E3779B97F4A7C15)
	return d.die, d.die.Float64() < p
}

// colour changes stem number k as players, rooms, microphones and desks do.
func (d *desk) colour(a *Augmentation, k int, family string, level float64) {
	x, g := d.stem, &strengths
	if r, ok := d.roll(a.Double*doubled[family], k, double); ok {
		v := doubling{lag: g.lag.draw(r), gain: float32(decibels(g.second.draw(r)))}
		drift := 1 - math.Pow(2, g.cents.draw(r)/1200)
		if r.IntN(2) == 0 {
			v.drift = drift
		} else { // a chorus, which is that much out of tune at most
			v.speed = span{0.3, 3}.log(r)
			v.depth = drift / (2 * math.Pi * v.speed)
		}
		v.play(x, d.spare, d.rate)
	}
	if r, ok := d.roll(a.Amplifier*amplified[family], k, amplify); ok {
		v := amplifier{
			drive: float32(g.drive.log(r)), bias: float32(g.bias.draw(r)), treble: float32(g.treble.draw(r)),
			low: g.cabinetLow.log(r), middle: g.middle.log(r), ring: g.ring.draw(r), high: g.cabinetHigh.log(r),
		}
		switch p := r.Float64(); family {
		case "guitar":
			v.cabinet = p < 0.85
		case "bass":
			v.cabinet = p < 0.5
		default:
			v.cabinet = p < 0.15
		}
		v.play(x, level, d.rate)
	}
	if r, ok := d.roll(a.Saturate, k, saturation); ok {
		saturate(x, float32(g.bend.draw(r)))
	}
	d.equalise(a, k)
	if r, ok := d.roll(a.Compress, k, compress); ok {
		d.compressor(r, g.threshold, level).curve(d.curve, x, d.rate)
		multiply(x, d.curve)
	}
	if r, ok := d.roll(a.Ride, k, riding); ok {
		ride(r, x, d.rate, g.ride.draw(r))
	}
	if r, ok := d.roll(a.Room, k, ownRoom); ok {
		d.room.draw(r, d.rate, g.rt60.log(r), g.wet.draw(r), g.damping.draw(r))
		d.room.play(x, d.spare)
	}
}

func (d *desk) equalise(a *Augmentation, k int) {
	x, g := d.stem, &strengths
	if r, ok := d.roll(a.Equalise, k, equaliser); ok {
		f := peakAt(g.peak.log(r)/d.rate, r.NormFloat64()*4, g.peakQ.draw(r))
		if r.IntN(2) == 0 {
			f.run(x)
		} else {
			pair(f, peakAt(g.peak.log(r)/d.rate, r.NormFloat64()*4, g.peakQ.draw(r)), x)
		}
	}
	if r, ok := d.roll(a.Shelf, k, shelf); ok {
		low, high := lowShelf(g.lowShelf.log(r)/d.rate, g.shelf.draw(r)), highShelf(g.highShelf.log(r)/d.rate, g.shelf.draw(r))
		switch r.IntN(3) {
		case 0:
			low.run(x)
		case 1:
			high.run(x)
		default:
			pair(low, high, x)
		}
	}
	if r, ok := d.roll(a.Highpass, k, bass); ok {
		highAt(g.highpass.log(r)/d.rate, math.Sqrt2/2).run(x)
	}
	if r, ok := d.roll(a.Tilt, k, tilting); ok {
		tilt(x, float32(g.tilt.draw(r)))
	}
}

// compressor draws one, its threshold relative to a level.
func (d *desk) compressor(r *rand.Rand, threshold span, level float64) compressor {
	g := &strengths
	c := compressor{decibels(threshold.draw(r)) * level, g.ratio.log(r), g.attack.log(r), g.release.log(r), 0}
	if r.IntN(4) == 0 {
		c.threshold, c.ratio, c.attack, c.ahead = decibels(g.limit.draw(r))*level, 20, 0.0001, 2*grain
	}
	return c
}

// master finishes a mixture and, alike where it is linear, its target.
func (d *desk) master(a *Augmentation, mix, target []float32) {
	g, n := &strengths, float64(len(mix))
	if energy(mix) == 0 {
		return
	}
	both := [][]float32{mix, target}
	if energy(target) == 0 { // is left exactly silent
		both = both[:1]
	}
	if r, ok := d.roll(a.CommonRoom, whole, commonRoom); ok {
		d.room.draw(r, d.rate, g.rt60.log(r), g.commonWet.draw(r), g.damping.draw(r))
		for _, x := range both {
			d.room.play(x, d.spare)
		}
	}
	level := math.Sqrt(energy(mix) / n)
	if r, ok := d.roll(a.Noise, whole, noise); ok {
		hiss(r, mix, d.spare, level*decibels(g.floor.draw(r)))
	}
	if r, ok := d.roll(a.Hum, whole, mains); ok {
		hum(r, mix, level*decibels(g.floor.draw(r)), d.rate)
	}
	if r, ok := d.roll(a.Crackle, whole, dust); ok {
		crackle(r, mix, level*decibels(g.floor.draw(r)), d.rate)
	}
	if r, ok := d.roll(a.Bus, whole, bus); ok {
		d.compressor(r, g.busThreshold, level).curve(d.curve, mix, d.rate)
		for _, x := range both {
			multiply(x, d.curve)
		}
	}
	if r, ok := d.roll(a.Lowpass, whole, treble); ok {
		f := g.lowpass.log(r)
		for _, x := range both {
			lowpass(x, f/d.rate)
		}
	}
	if r, ok := d.roll(a.Codec, whole, codec); ok {
		d.codec(r, both)
	}
}

// codec cuts off the highs at 96 dB an octave and, every other time, has noise below that.
func (d *desk) codec(r *rand.Rand, both [][]float32) {
	g := &strengths
	top, f := g.codec.log(r)/d.rate, g.substitute.log(r)/d.rate
	if r.IntN(2) == 0 && f < nyquist {
		white(r, d.curve)
		highpass(d.curve, f)
		scale(d.curve, float32(math.Sqrt(float64(len(d.curve))/(energy(d.curve)+1e-9))))
		for _, x := range both {
			substitute(x, d.curve, d.spare, f)
		}
	}
	for _, x := range both {
		lowpass(x, top)
		lowpass(x, top)
	}
}

// decibels is the factor of so many.
func decibels(db float64) float64 { return math.Pow(10, db/20) }
