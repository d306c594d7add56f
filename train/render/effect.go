package render

import (
	"math"
	"math/rand/v2"
)

// biquad is a second-order section in transposed direct form II; coefficients after Robert
// Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients".
type biquad struct {
	b0, b1, b2, a1, a2 float32
	z1, z2             float32
}

func (f *biquad) process(x []float32) {
	b0, b1, b2, a1, a2, z1, z2 := f.b0, f.b1, f.b2, f.a1, f.a2, f.z1, f.z2
	for i, v := range x {
		y := b0*v + z1
		z1 = b1*v - a1*y + z2
		z2 = b2*v - a2*y
		x[i] = y
	}
	f.z1, f.z2 = z1+1e-20, z2
}

func newBiquad(b0, b1, b2, a0, a1, a2 float64) *biquad {
	return &biquad{b0: float32(b0 / a0), b1: float32(b1 / a0), b2: float32(b2 / a0), a1: float32(a1 / a0), a2: float32(a2 / a0)}
}

func omega(hz, rate float64) (cos, sin float64) {
	w := 2 * math.Pi * min(hz, 0.48*rate) / rate
	return math.Cos(w), math.Sin(w)
}

func lowPass(hz, q, rate float64) *biquad {
	c, s := omega(hz, rate)
	al := s / (2 * q)
	return newBiquad((1-c)/2, 1-c, (1-c)/2, 1+al, -2*c, 1-al)
}

func highPass(hz, q, rate float64) *biquad {
	c, s := omega(hz, rate)
	al := s / (2 * q)
	return newBiquad((1+c)/2, -(1 + c), (1+c)/2, 1+al, -2*c, 1-al)
}

func peaking(hz, q, gain, rate float64) *biquad { //nolint:unparam // like the other filters
	c, s := omega(hz, rate)
	al, a := s/(2*q), math.Pow(10, gain/40)
	return newBiquad(1+al*a, -2*c, 1-al*a, 1+al/a, -2*c, 1-al/a)
}

func lowShelf(hz, gain, rate float64) *biquad {
	c, s := omega(hz, rate)
	a := math.Pow(10, gain/40)
	r := 2 * math.Sqrt(a) * s / 2 * math.Sqrt2
	return newBiquad(a*((a+1)-(a-1)*c+r), 2*a*((a-1)-(a+1)*c), a*((a+1)-(a-1)*c-r),
		(a+1)+(a-1)*c+r, -2*((a-1)+(a+1)*c), (a+1)+(a-1)*c-r)
}

func highShelf(hz, gain, rate float64) *biquad {
	c, s := omega(hz, rate)
	a := math.Pow(10, gain/40)
	r := 2 * math.Sqrt(a) * s / 2 * math.Sqrt2
	return newBiquad(a*((a+1)+(a-1)*c+r), -2*a*((a-1)+(a+1)*c), a*((a+1)+(a-1)*c-r),
		(a+1)-(a-1)*c+r, 2*((a-1)-(a+1)*c), (a+1)-(a-1)*c-r)
}

// colour is a microphone and a console at random: two or three broad peaking bands of up to ±depth
// dB and sometimes a tilted top.
func colour(x []float32, r *rand.Rand, depth float64) {
	for range 2 + r.IntN(2) {
		peaking(logUniform(r, 80, 9000), uniform(r, 0.5, 1.8), uniform(r, -depth, depth), Rate).process(x)
	}
	if chance(r, 0.5) {
		highShelf(logUniform(r, 2500, 9000), uniform(r, -depth, depth), Rate).process(x)
	}
}

// tanhApprox is a rational tanh, exact in slope at 0 and saturated at ±1 beyond ±3.
func tanhApprox(x float32) float32 {
	if x > 3 {
		return 1
	}
	if x < -3 {
		return -1
	}
	x2 := x * x
	return x * (27 + x2) / (27 + 9*x2)
}

// saturate drives x, brought to the given active level first, into a soft clip and restores the
// level.
func saturate(x []float32, drive float64) {
	a := activeRMS(x)
	if a == 0 {
		return
	}
	in := float32(drive / a)
	for i, v := range x {
		x[i] = tanhApprox(v * in)
	}
	if b := activeRMS(x); b > 0 {
		scale(x, float32(a/b))
	}
}

// compress is a feed-forward compressor with a soft knee of none, detecting the smoothed absolute
// value: threshold in dB relative to the active level, ratio, attack and release in seconds. Mix is
// the share of the compressed signal (parallel compression below 1).
func compress(x []float32, threshold, ratio, attack, release, mix float64) {
	level := activeRMS(x)
	if level == 0 {
		return
	}
	thr := float32(level * dB(threshold))
	at := float32(1 - math.Exp(-1/(attack*Rate)))
	rt := float32(1 - math.Exp(-1/(release*Rate)))
	exp := 1/ratio - 1
	var env float32
	gain, ramp := float32(1), float32(0)
	m := float32(mix)
	for i, v := range x {
		a := max(v, -v)
		if a > env {
			env += at * (a - env)
		} else {
			env += rt * (a - env)
		}
		if i&15 == 0 { // a new gain every 0.36 ms, reached by a ramp: steps would be heard
			target := float32(1)
			if env > thr {
				target = float32(math.Pow(float64(env/thr), exp))
			}
			ramp = (target - gain) / 16
		}
		gain += ramp
		x[i] = v * (1 - m + m*gain)
	}
	if b := activeRMS(x); b > 0 {
		scale(x, float32(level/b))
	}
}

// room is a feedback delay network of eight lines after a cluster of early reflections (Jot and
// Chaigne, "Digital delay networks for designing artificial reverberators", 1991).
type room struct {
	seconds float64 // reverberation time RT60
	size    float64 // 0.2 (a booth) … 2 (a hall): scales all delays
	damp    float64 // Hz, where the tail darkens
	pre     float64 // seconds before the first reflection
	early   float64 // gain of the early reflections relative to the tail
}

func randomRoom(r *rand.Rand) room {
	size := logUniform(r, 0.25, 1.6)
	return room{seconds: logUniform(r, 0.15, 0.6) * (0.6 + size), size: size, damp: logUniform(r, 2500, 12000), pre: uniform(r, 0.001, 0.025) * (0.5 + size), early: uniform(r, 0.2, 1.2)}
}

// wet returns the room's answer to x, without x.
func (rm room) wet(x []float32, r *rand.Rand) []float32 {
	y := make([]float32, len(x))
	for range 8 { // early reflections
		d := int((rm.pre + uniform(r, 0.002, 0.030)*rm.size) * Rate)
		g := float32(rm.early * uniform(r, -0.35, 0.35))
		for i := d; i < len(x); i++ {
			y[i] += g * x[i-d]
		}
	}
	base := [8]float64{1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617}
	var line [8][]float32
	var pos [8]int
	var gain, lp [8]float32
	for k := range line {
		n := max(32, int(base[k]*rm.size*uniform(r, 0.9, 1.1)))
		line[k] = make([]float32, n)
		gain[k] = float32(math.Pow(10, -3*float64(n)/(rm.seconds*Rate)))
	}
	a := float32(1 - math.Exp(-2*math.Pi*rm.damp/Rate))
	pre := int(rm.pre * Rate)
	const norm = 0.35355339 // 1/√8 makes the Hadamard matrix orthogonal
	for i := range y {
		var in float32
		if i >= pre {
			in = x[i-pre]
		}
		var o [8]float32
		for k := range o {
			lp[k] += a * (line[k][pos[k]] - lp[k])
			o[k] = lp[k] * gain[k]
		}
		y[i] += 0.35 * (o[0] - o[1] + o[2] - o[3] + o[4] - o[5] + o[6] - o[7])
		for s := 1; s < 8; s *= 2 {
			for k := 0; k < 8; k += 2 * s {
				for j := k; j < k+s; j++ {
					o[j], o[j+s] = o[j]+o[j+s], o[j]-o[j+s]
				}
			}
		}
		for k := range o {
			line[k][pos[k]] = o[k]*norm + in + 1e-18
			if pos[k]++; pos[k] == len(line[k]) {
				pos[k] = 0
			}
		}
	}
	highPass(120, 0.7, Rate).process(y)
	return y
}

// addRoom mixes the room at the given level in dB relative to the dry active level.
func addRoom(x []float32, rm room, level float64, r *rand.Rand) {
	w := rm.wet(x, r)
	a, b := activeRMS(x), activeRMS(w)
	if a == 0 || b == 0 {
		return
	}
	addScaled(x, w, float32(a/b*dB(level)))
}

// echo adds a feedback delay, darker at each turn.
func echo(x []float32, seconds, feedback, level float64) {
	n := int(seconds * Rate)
	if n < 1 || n >= len(x) {
		return
	}
	line := make([]float32, n)
	var lp float32
	p := 0
	fb, g := float32(feedback), float32(level)
	for i, v := range x {
		d := line[p]
		lp += 0.35 * (d - lp)
		line[p] = v + fb*lp
		x[i] = v + g*lp
		if p++; p == n {
			p = 0
		}
	}
}

// modulate is a chorus, flanger or vibrato: a delay of centre ± depth seconds swept at hz, mixed at
// the given share.
func modulate(x []float32, centre, depth, hz, mix float64) {
	n := int((centre+depth)*Rate) + 4
	src := append([]float32(nil), x...)
	m := float32(mix)
	w := 2 * math.Pi * hz / Rate
	for i := n; i < len(x); i++ {
		d := (centre + depth*math.Sin(w*float64(i))) * Rate
		x[i] = (1-m)*src[i] + m*cubicAt(src, float64(i)-d)
	}
}

// tremolo swings the level at hz by depth 0…1.
func tremolo(x []float32, hz, depth float64) {
	w := 2 * math.Pi * hz / Rate
	for i := range x {
		x[i] *= float32(1 - depth*(0.5+0.5*math.Sin(w*float64(i))))
	}
}

// wah sweeps a resonant band pass with the signal's own level (or at hz when hz > 0).
func wah(x []float32, hz float64) {
	level := activeRMS(x)
	if level == 0 {
		return
	}
	var low, band, env float32
	inv := float32(0.4 / level)
	for i, v := range x {
		a := max(v, -v) * inv
		if a > env {
			env += 0.01 * (a - env)
		} else {
			env += 0.0004 * (a - env)
		}
		s := env
		if hz > 0 {
			s = float32(0.5 + 0.5*math.Sin(2*math.Pi*hz*float64(i)/Rate))
		}
		f := 0.06 + 0.25*min(s, 1) // 2·sin(π·fc/rate): about 420 Hz … 2.2 kHz
		low += f * band
		high := v - low - 0.35*band
		band += f * high
		x[i] = 0.8*band + 0.25*v
	}
}

// halfBand is a 31-tap linear-phase half-band low pass (Hamming), centre tap 0.5; only the odd taps
// of one side are stored.
var halfBand = func() (h [8]float32) {
	for k := range h {
		n := float64(2*k + 1)
		h[k] = float32(math.Sin(math.Pi*n/2) / (math.Pi * n) * (0.54 + 0.46*math.Cos(math.Pi*n/16)))
	}
	return
}()

// upsample2 doubles the rate; downsample2 undoes it, both with the half-band filter.
func upsample2(x []float32) []float32 {
	y := make([]float32, 2*len(x))
	for i, v := range x {
		y[2*i] = v
		var s float32
		for k, h := range halfBand {
			a, b := i-k, i+k+1
			if a >= 0 {
				s += h * x[a]
			}
			if b < len(x) {
				s += h * x[b]
			}
		}
		y[2*i+1] = 2 * s
	}
	return y
}

func downsample2(dst, y []float32) {
	for i := range dst {
		c := 2 * i
		s := 0.5 * y[c]
		for k, h := range halfBand {
			d := 2*k + 1
			if c-d >= 0 {
				s += h * y[c-d]
			}
			if c+d < len(y) {
				s += h * y[c+d]
			}
		}
		dst[i] = s
	}
}

// amp is a guitar or bass amplifier with its cabinet and the microphone before it.
type amp struct {
	drive    float64 // gain into the first stage, relative to the active level
	stages   int     // clipping stages, 1 or 2
	bias     float64 // asymmetry, 0 … 0.5
	tight    float64 // Hz, high pass before the clipping
	bright   float64 // dB at 2.5 kHz before the clipping
	sag      float64 // 0 … 1, compression of the supply
	low      float64 // Hz, cabinet resonance
	top      float64 // Hz, where the loudspeaker gives up
	presence float64 // dB at 2–4 kHz
	scoop    float64 // dB at 500–900 Hz
	fuzz     bool
}

// randomAmp draws an amplifier; heat from 0 (clean) to 1 (as hot as it gets).
func randomAmp(r *rand.Rand, heat float64) amp {
	a := amp{
		drive:    0.25 * math.Pow(160, heat) * uniform(r, 0.7, 1.4),
		stages:   1,
		bias:     uniform(r, 0, 0.4),
		tight:    logUniform(r, 60, 100+500*heat),
		bright:   uniform(r, -2, 8),
		sag:      uniform(r, 0, 0.7),
		low:      uniform(r, 80, 140),
		top:      logUniform(r, 3500, 6500),
		presence: uniform(r, -1, 8),
		scoop:    uniform(r, -9, 4),
	}
	if heat > 0.5 {
		a.stages = 2
	}
	a.fuzz = heat > 0.6 && chance(r, 0.15)
	return a
}

func (a amp) process(x []float32) {
	level := activeRMS(x)
	if level == 0 {
		return
	}
	highPass(a.tight, 0.7, Rate).process(x)
	peaking(2500, 0.6, a.bright, Rate).process(x)
	in := activeRMS(x)
	if in == 0 {
		return
	}
	if a.sag > 0 {
		compress(x, -3, 1+2*a.sag, 0.005, 0.15, 1)
	}
	scale(x, float32(a.drive/in))
	y := upsample2(x)
	bias := float32(a.bias)
	off := tanhApprox(bias)
	for s := range a.stages {
		if s > 0 {
			highPass(90, 0.7, 2*Rate).process(y)
			lowPass(9000, 0.7, 2*Rate).process(y)
			scale(y, float32(1+a.drive*0.25))
		}
		if a.fuzz {
			for i, v := range y {
				y[i] = tanhApprox(3*v+bias) - tanhApprox(bias)
				if y[i] < -0.6 {
					y[i] = -0.6
				}
			}
			continue
		}
		for i, v := range y {
			y[i] = tanhApprox(v+bias) - off
		}
	}
	downsample2(x, y)
	// Cabinet: closed-back resonance, loudspeaker roll-off of 24 dB an octave, a notch or two.
	highPass(a.low*0.75, 0.9, Rate).process(x)
	peaking(a.low, 1.2, 4, Rate).process(x)
	peaking(650, 0.7, a.scoop, Rate).process(x)
	peaking(2900, 0.9, a.presence, Rate).process(x)
	lowPass(a.top, 0.9, Rate).process(x)
	lowPass(a.top*1.15, 0.6, Rate).process(x)
	peaking(a.top*0.6, 4, -5, Rate).process(x)
	if b := activeRMS(x); b > 0 {
		scale(x, float32(level/b))
	}
}
