package dataset

import (
	"math"
	"math/rand/v2"
)

// hiss adds noise of a level, white or falling towards the treble as that of tape, air and amplifiers does.
// noise is as long as x, and is overwritten.
func hiss(r *rand.Rand, x, noise []float32, level float64) {
	white(r, noise)
	if r.IntN(2) == 0 {
		smooth := float32(0.02 + 0.3*r.Float64())
		var low float32
		for i, v := range noise {
			low += smooth * (v - low)
			noise[i] = low
		}
	}
	gain := float32(level / math.Sqrt(energy(noise)/float64(len(noise))+1e-30))
	for i, v := range noise {
		x[i] += gain * v
	}
}

// hum adds the mains, 50 or 60 Hz, with harmonics that fall off, at a level.
func hum(r *rand.Rand, x []float32, level, rate float64) {
	f := 50. + 10*float64(r.IntN(2))
	var amplitudes [8]float64
	var sum float64
	for k := range amplitudes {
		amplitudes[k] = r.Float64() / float64(k+1)
		sum += amplitudes[k] * amplitudes[k] / 2
	}
	for k, a := range amplitudes {
		if f*float64(k+1) >= nyquist*rate {
			break
		}
		// A rotating vector, which is cheaper than a sine; it grows by no more than its rounding.
		sin, cos := math.Sincos(2 * math.Pi * f * float64(k+1) / rate)
		im, re := math.Sincos(2 * math.Pi * r.Float64())
		a *= level / math.Sqrt(sum+1e-30)
		im, re = im*a, re*a
		for i := range x {
			x[i] += float32(im)
			re, im = re*cos-im*sin, re*sin+im*cos
		}
	}
}

// crackle adds the clicks of dust and scratches, 3 to 60 a second, each a decaying oscillation of less than two milliseconds
// whose peak is 20 dB above the level or more.
func crackle(r *rand.Rand, x []float32, level, rate float64) {
	each := rate / (3 * math.Pow(20, r.Float64()))
	for at := r.ExpFloat64() * each; at < float64(len(x)); at += 1 + r.ExpFloat64()*each {
		a := level * 10 * (1 + r.ExpFloat64()) * float64(sign(r))
		f, decay := 0.05+0.3*r.Float64(), math.Exp(-1/(rate*(0.0001+0.0002*r.Float64())))
		sin, cos := math.Sincos(2 * math.Pi * f)
		sin, cos = sin*decay, cos*decay
		re, im := a, 0.
		for i := int(at); i < min(len(x), int(at+0.002*rate)); i++ {
			x[i] += float32(re)
			re, im = re*cos-im*sin, re*sin+im*cos
		}
	}
}
