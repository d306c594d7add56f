package render

import (
	"math"
	"math/rand/v2"
)

// revoice changes a monophonic voice by pitch-synchronous overlap-add (Moulines and Charpentier,
// "Pitch-synchronous waveform processing techniques", 1990): shift semitones in pitch, formant
// semitones in vocal-tract size, stretch in time. The formants move because the result is resampled.
func revoice(x []float32, shift, formant, stretch float64) []float32 {
	if math.Abs(shift) < 0.01 && math.Abs(formant) < 0.01 && math.Abs(stretch-1) < 0.01 {
		return append([]float32(nil), x...)
	}
	f := semis(formant)
	y := psola(x, semis(shift-formant), stretch*f)
	if math.Abs(formant) < 0.01 {
		return y
	}
	out := make([]float32, int(float64(len(y))/f))
	for i := range out {
		out[i] = cubicAt(y, float64(i)*f)
	}
	return out
}

// pitchTrack estimates the period in samples every 10 ms; 0 where unvoiced.
func pitchTrack(x []float32) []float64 {
	const hop = Rate / 100
	const dec = 4
	// Decimated by a moving average of eight: the period of a voice shows in the lowest harmonics.
	low := make([]float32, len(x)/dec)
	for i := range low {
		var s float32
		for k := range 8 {
			if j := i*dec + k - 2; j >= 0 && j < len(x) {
				s += x[j]
			}
		}
		low[i] = s / 8
	}
	n := len(x)/hop + 1
	p := make([]float64, n)
	const minLag, maxLag, win = Rate / dec / 900, Rate / dec / 70, Rate / dec / 40
	var corr [maxLag + 2]float32
	for k := range p {
		from := k*hop/dec - win/2
		if from < 0 {
			from = 0
		}
		if from+win+maxLag+2 > len(low) {
			continue
		}
		a := low[from : from+win+maxLag+2]
		var e0 float32
		for _, v := range a[:win] {
			e0 += v * v
		}
		if e0 < 1e-5*win {
			continue
		}
		var best float32
		e := e0
		for lag := 1; lag <= maxLag+1; lag++ {
			e += a[lag+win-1]*a[lag+win-1] - a[lag-1]*a[lag-1]
			if lag < minLag-1 {
				continue
			}
			var s float32
			b := a[lag : lag+win]
			for i, v := range a[:win] {
				s += v * b[i]
			}
			corr[lag] = s / float32(math.Sqrt(float64(e0*max(e, 1e-9))))
			if lag >= minLag && lag <= maxLag {
				best = max(best, corr[lag])
			}
		}
		if best < 0.55 {
			continue
		}
		for lag := minLag; lag <= maxLag; lag++ {
			if corr[lag] > 0.9*best && corr[lag] >= corr[lag-1] && corr[lag] >= corr[lag+1] {
				d := corr[lag-1] - 2*corr[lag] + corr[lag+1]
				v := float64(lag)
				if d < 0 {
					v += float64(0.5 * (corr[lag-1] - corr[lag+1]) / d)
				}
				p[k] = v * dec
				break
			}
		}
	}
	// Octave slips of single frames are mended from their neighbours.
	for k := 1; k+1 < n; k++ {
		if a, b := p[k-1], p[k+1]; a > 0 && b > 0 && math.Abs(a/b-1) < 0.15 && (p[k] == 0 || math.Abs(p[k]/a-1) > 0.25) {
			p[k] = (a + b) / 2
		}
	}
	return p
}

func psola(x []float32, pitch, stretch float64) []float32 {
	const hop = Rate / 100
	const rest = 280.0 // samples between marks where there is no pitch
	track := pitchTrack(x)
	period := func(pos float64) (float64, bool) {
		k := int(pos / hop)
		if k < len(track) && track[k] > 0 {
			return track[k], true
		}
		return rest, false
	}
	// Marks: one a period at the waveform's peak, found near where the last one says.
	type mark struct {
		pos, period float64
		voiced      bool
	}
	var marks []mark
	for pos := 0.0; pos < float64(len(x)); {
		t, v := period(pos)
		if v {
			lo, hi := int(pos-0.2*t), int(pos+0.2*t)
			best, at := float32(-1), int(pos)
			for i := max(lo, 0); i < min(hi, len(x)); i++ {
				if x[i] > best {
					best, at = x[i], i
				}
			}
			if len(marks) == 0 || float64(at) > marks[len(marks)-1].pos+0.5*t {
				pos = float64(at)
			}
		}
		marks = append(marks, mark{pos, t, v})
		pos += t
	}
	out := make([]float32, int(float64(len(x))*stretch))
	if len(marks) == 0 {
		return out
	}
	m := 0
	for t := 0.0; t < float64(len(out)); {
		src := t / stretch
		for m+1 < len(marks) && math.Abs(marks[m+1].pos-src) < math.Abs(marks[m].pos-src) {
			m++
		}
		k := marks[m]
		half := int(k.period)
		c, o := int(k.pos), int(t)
		step := math.Pi / float64(half)
		rc, rs := math.Cos(step), math.Sin(step)
		wc, ws := math.Cos(-math.Pi), math.Sin(-math.Pi) // cos(πi/half), advanced by rotation
		for i := -half; i < half; i++ {
			if a, b := c+i, o+i; a >= 0 && a < len(x) && b >= 0 && b < len(out) {
				out[b] += x[a] * float32(0.5+0.5*wc)
			}
			wc, ws = wc*rc-ws*rs, wc*rs+ws*rc
		}
		if k.voiced {
			t += max(16, k.period/pitch)
		} else {
			t += k.period
		}
	}
	return out
}

// vowel is five formants: frequency in Hz, bandwidth in Hz, level in dB (after Klatt 1980 and the
// tables of the Csound manual).
type vowel [5][3]float64

var vowels = []vowel{
	{{650, 80, 0}, {1080, 90, -6}, {2650, 120, -7}, {2900, 130, -8}, {3250, 140, -22}},    // a, tenor
	{{400, 70, 0}, {1700, 80, -14}, {2600, 100, -12}, {3200, 120, -14}, {3580, 120, -20}}, // e
	{{290, 40, 0}, {1870, 90, -15}, {2800, 100, -18}, {3250, 120, -20}, {3540, 120, -30}}, // i
	{{400, 40, 0}, {800, 80, -10}, {2600, 100, -12}, {2800, 120, -12}, {3000, 120, -26}},  // o
	{{350, 40, 0}, {600, 60, -20}, {2700, 100, -17}, {2900, 120, -14}, {3300, 120, -26}},  // u
	{{500, 80, 0}, {1500, 90, -9}, {2500, 120, -10}, {3300, 130, -14}, {3700, 140, -20}},  // schwa
	{{750, 90, 0}, {1400, 90, -5}, {2500, 120, -8}, {3300, 130, -14}, {3700, 140, -20}},   // æ
}

// singSynthetic sings the score's melody with a source-filter voice: glottal pulses and breath
// through formants that glide from vowel to vowel, with bursts and hiss for consonants.
func singSynthetic(s *score, out []float32, r *rand.Rand) {
	tract := uniform(r, 0.92, 1.22)
	lo, hi := 43, 64
	if tract > 1.08 {
		lo, hi = 55, 74
	}
	breath := uniform(r, 0.01, 0.06)
	vib, depth := uniform(r, 4.5, 6.2), uniform(r, 0.1, 0.5)
	rough := uniform(r, 0.003, 0.02) // jitter
	tilt := uniform(r, 0.2, 0.7)
	for _, sec := range s.sections {
		if !sec.plays["vocals"] {
			continue
		}
		prev := 0.0
		prevEnd := -1.0
		v0 := pick(r, vowels)
		for _, nt := range s.line(r, sec, lo, hi, 0.35) {
			t := s.at(nt.pos) + 0.012*r.NormFloat64()
			d := s.at(nt.pos+nt.dur) - t
			if d < 0.08 {
				continue
			}
			from := prev
			if t-prevEnd > 0.1 || from == 0 {
				from = nt.pitch + s.tuning - uniform(r, 0, 2)
			}
			v1 := pick(r, vowels)
			consonant := r.IntN(4) // none, hiss, stop, nasal
			sungNote(out, t, d, from, nt.pitch+s.tuning, 0.4+0.6*nt.vel, v0, v1, tract, breath, vib, depth, rough, tilt, consonant, r)
			prev, prevEnd, v0 = nt.pitch+s.tuning, t+d, v1
		}
	}
}

func sungNote(out []float32, t, d, from, to, gain float64, v0, v1 vowel, tract, breath, vib, depth, rough, tilt float64, consonant int, r *rand.Rand) {
	at, n := int(t*Rate), int(d*Rate)
	const block = 64
	var low, band [5]float32
	ph, jit, lp := 0.0, 0.0, float32(0)
	var hiss float32
	onset := 0
	if consonant > 0 {
		onset = int(uniform(r, 0.03, 0.09) * Rate)
	}
	hissColour := float32(uniform(r, 0.3, 0.9))
	var fc, q, g [5]float32
	var dphi, level float64
	for i := range n {
		if i%block == 0 {
			x := float64(i) / Rate
			glide := min(1, x/0.09)
			glide = glide * glide * (3 - 2*glide)
			p := from + (to-from)*glide
			if x > 0.2 {
				p += depth * min(1, (x-0.2)/0.3) * math.Sin(2*math.Pi*vib*x)
			}
			jit = 0.9*jit + rough*r.NormFloat64()
			dphi = midiHz(p+jit) / Rate
			mix := min(1, x/min(0.15, d))
			for k := range fc {
				hz := (v0[k][0]*(1-mix) + v1[k][0]*mix) * tract
				hz = max(hz, midiHz(p)*float64(btoi(k == 0))) // the first formant follows a high note
				bw := v0[k][1]*(1-mix) + v1[k][1]*mix
				fc[k] = float32(2 * math.Sin(math.Pi*min(hz, 7000)/Rate))
				q[k] = float32(bw / hz)
				g[k] = float32(dB(v0[k][2]*(1-mix) + v1[k][2]*mix))
			}
			level = gain * min(1, x/0.03) * min(1, (d-x)/0.06)
		}
		ph += dphi
		if ph >= 1 {
			ph--
		}
		// Rosenberg's glottal pulse, differentiated: rises over 40 %, falls over 16 % of the period.
		var e float32
		switch {
		case ph < 0.4:
			e = float32(math.Sin(math.Pi*ph/0.4)) * 0.25
		case ph < 0.56:
			e = -float32(math.Sin(math.Pi / 2 * (ph - 0.4) / 0.16))
		}
		lp += float32(1-tilt) * (e - lp)
		noise := float32(r.Float64()*2 - 1)
		e = lp + float32(breath)*noise
		voiced := float32(1)
		if i < onset {
			switch consonant {
			case 1, 2:
				voiced = 0
			case 3:
				voiced = 0.4
			}
		}
		var y float32
		for k := range fc {
			low[k] += fc[k] * band[k]
			high := e*voiced - low[k] - q[k]*band[k]
			band[k] += fc[k] * high
			y += g[k] * q[k] * 3 * band[k]
		}
		if i < onset {
			hiss += hissColour * (noise - hiss)
			switch {
			case consonant == 1:
				y += 0.15 * (noise - hiss)
			case consonant == 2 && i > onset*2/3:
				y += 0.3 * (noise - hiss) * float32(onset-i) / float32(onset)
			}
		}
		if j := at + i; j >= 0 && j < len(out) {
			out[j] += y * float32(level)
		}
	}
}
