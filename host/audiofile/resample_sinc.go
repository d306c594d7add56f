//go:build !cgo || nosoxr

package audiofile

import "math"

// The filter of the pure-Go resampler, frequencies as fractions of half the lower rate.
const (
	sincPass        = 0.91
	sincStop        = 1.0
	sincAttenuation = 125.0 // dB, outside the pass band
	sincMostCoefs   = 1 << 19
	sincPhases      = 2048 // phases an input sample of an interpolated table, at equal rates
	sincBlock       = 2048 // samples that the buffers hold besides the filter's
)

// resampleEngine is a polyphase filter bank: a windowed sine cardinal, held for every phase that
// the ratio of the rates has, or, where they are too many, for enough to interpolate linearly.
type resampleEngine struct {
	half     int         // of the taps, of which there are twice as many
	table    [][]float64 // [phase][tap]
	row      []float64   // the coefficients between two phases
	interp   bool
	up, down int // rates without their common factor

	// The state. A stream starts with half-1 samples of silence in buf.
	buf   [][]float64 // [channel]
	pos   int         // in buf, of the first tap of the next output
	have  int         // samples in buf
	phase int         // of the next output, in 1/up samples of the input
}

func newResampleEngine(channels, inRate, outRate int) (*resampleEngine, error) {
	g := commonRate(inRate, outRate)
	e := &resampleEngine{up: outRate / g, down: inRate / g}
	// Kaiser's estimate of the length, in samples of the input.
	scale := min(1, float64(outRate)/float64(inRate))
	length := (sincAttenuation - 7.95) / (2.285 * math.Pi * (sincStop - sincPass) * scale)
	e.half = int(math.Ceil(length / 2))
	phases := e.up
	if e.interp = phases*2*e.half > sincMostCoefs; e.interp {
		phases = max(8, int(sincPhases*scale))
		e.row = make([]float64, 2*e.half)
	}
	e.table = make([][]float64, phases+1)
	cut, width := scale*(sincPass+sincStop)/2, length/2
	const beta = 0.1102 * (sincAttenuation - 8.7)
	for p := range e.table {
		row := make([]float64, 2*e.half)
		sum := 0.0
		for j := range row {
			t := float64(j-e.half+1) - float64(p)/float64(phases)
			if u := t / width; u > -1 && u < 1 {
				row[j] = sinc(cut*t) * bessel0(beta*math.Sqrt(1-u*u))
			}
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum // 0 dB at 0 Hz, whatever the phase
		}
		e.table[p] = row
	}
	e.buf = make([][]float64, channels)
	for c := range e.buf {
		e.buf[c] = make([]float64, 4*e.half+sincBlock)
	}
	return e, e.reset()
}

func (e *resampleEngine) process(dst, src [][]float32) (consumed, produced int, err error) {
	taps := 2 * e.half
	for produced < len(dst[0]) {
		if e.pos+taps > e.have {
			if consumed == len(src[0]) {
				break
			}
			consumed += e.take(src, consumed)
			continue
		}
		row := e.coefs()
		for c := range dst {
			dst[c][produced] = float32(sincDot(row, e.buf[c][e.pos:e.pos+taps]))
		}
		produced++
		e.phase += e.down
		e.pos += e.phase / e.up
		e.phase %= e.up
	}
	return consumed, produced, nil
}

// take moves input into the buffers, whose used samples it drops where room is short.
func (e *resampleEngine) take(src [][]float32, from int) int {
	if n := min(len(src[0])-from, sincBlock); e.have+n > len(e.buf[0]) {
		for c := range e.buf {
			copy(e.buf[c], e.buf[c][e.pos:e.have])
		}
		e.have -= e.pos
		e.pos = 0
	}
	n := min(len(src[0])-from, len(e.buf[0])-e.have)
	for c := range e.buf {
		to := e.buf[c][e.have : e.have+n]
		for i, v := range src[c][from : from+n] {
			to[i] = float64(v)
		}
	}
	e.have += n
	return n
}

func (e *resampleEngine) coefs() []float64 {
	if !e.interp {
		return e.table[e.phase]
	}
	at := float64(e.phase) * float64(len(e.table)-1) / float64(e.up)
	p := min(int(at), len(e.table)-2)
	f := at - float64(p)
	a, b := e.table[p][:len(e.row)], e.table[p+1][:len(e.row)]
	for j := range e.row {
		e.row[j] = a[j] + f*(b[j]-a[j])
	}
	return e.row
}

func (e *resampleEngine) reset() error {
	e.pos, e.phase, e.have = 0, 0, e.half-1
	for c := range e.buf {
		clear(e.buf[c][:e.have])
	}
	return nil
}

func (e *resampleEngine) close() { e.table, e.buf = nil, nil }

// sincDot is the sum of products; four sums at once hide the latency of adding.
func sincDot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return s0 + s1 + (s2 + s3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel0 is the modified Bessel function of the first kind and order 0.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-17*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}
