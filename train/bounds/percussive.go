package bounds

import (
	"math"

	"soloist/model/ordered"
	"soloist/stft"
)

// Lengths of the medians, both odd: of 9 to 43, those that served drums best in recorded songs.
const (
	along  = 17 // frames, 0.4 s: what lasts for more than half of it is harmonic
	across = 31 // bins, 330 Hz: what fills more than half of it is percussive
)

// Percussive returns the percussive part of mix[channel][sample], rate in Hz, by Fitzgerald's
// "Harmonic/percussive separation using median filtering" (DAFx 2010) with the soft mask of
// exponent 2. Each channel is treated alone. It panics unless all channels are equally long.
func Percussive(rate int, mix [][]float32) [][]float32 {
	mustMatch(mix, mix)
	pair := window(rate)
	y := make([][]float32, len(mix))
	for c := range mix {
		y[c] = transform(pair, mix[c:c+1], 1, along/2, newMedians(pair).step)[0]
	}
	return y
}

// medians are the last frames of one channel, and what the medians need of them. Powers stand in for
// magnitudes: their medians are the squares that the mask is made of.
type medians struct {
	frame    int                // of the slots below: the oldest, which the next frame replaces
	spectrum [along][]complex64 // [slot][bin]
	power    [along][]float32   // [slot][bin]
	sorted   [][]float32        // [bin], the powers of all slots, ascending
	column   []float32          // the powers of neighbouring bins, ascending
}

func newMedians(pair stft.Pair) *medians {
	m := &medians{sorted: make([][]float32, pair.Bins()), column: make([]float32, across)}
	for i := range along {
		m.spectrum[i], m.power[i] = make([]complex64, pair.Bins()), make([]float32, pair.Bins())
	}
	for k := range m.sorted {
		m.sorted[k] = make([]float32, along)
	}
	return m
}

// step takes the next frame src[0] and writes to dst[0] the percussive part of the frame along/2 before.
func (m *medians) step(dst, src [][]complex64) {
	newest := m.power[m.frame]
	copy(m.spectrum[m.frame], src[0])
	for k, x := range src[0] {
		p := min(power(x), math.MaxFloat32)
		if math.IsNaN(p) { // as after a sample that is not finite: it has no place in an order
			p = 0
		}
		ordered.Replace(m.sorted[k], newest[k], float32(p))
		newest[k] = float32(p)
	}
	m.frame = (m.frame + 1) % along
	centre := (m.frame + along/2) % along
	p, x := m.power[centre], m.spectrum[centre]
	// Beyond its first and last bin a real signal's spectrum goes on as its mirror image.
	last := len(p) - 1
	at := func(k int) float32 {
		k = max(k, -k)
		return p[min(k, 2*last-k)]
	}
	clear(m.column)
	for k := -across / 2; k <= across/2; k++ {
		ordered.Replace(m.column, 0, at(k))
	}
	for k := range p {
		harmonic, percussive := float64(m.sorted[k][along/2]), float64(m.column[across/2])
		dst[0][k] = 0
		if percussive > 0 {
			dst[0][k] = x[k] * complex(float32(percussive/(percussive+harmonic)), 0)
		}
		ordered.Replace(m.column, at(k-across/2), at(k+across/2+1))
	}
}
