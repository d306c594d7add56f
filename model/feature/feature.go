// Package feature turns a mixture spectrum into the input of a network: the power of frequency
// bands, compressed, relative to the running level of the signal, with running means, medians or other frames beside it.
package feature

import (
	"fmt"
	"math"

	"soloist/model/kernel"
)

// Compression is how band power is compressed.
type Compression string

// The compressions; p is a band's mean power and g the running mean power of a bin.
const (
	Log       Compression = "log"       // ln(p/g + 10⁻⁶): 60 dB below the running level is the floor
	Magnitude Compression = "magnitude" // √(p/g)
	Power     Compression = "power"     // p/g
)

// Spec describes a front-end. It is part of a model file.
type Spec struct {
	// Q sets the bands: their spacing is one bin up to bin Q, and 1/Q of their centre above. 0 makes
	// every bin a band of its own.
	Q           float64     `json:"q"`
	Compression Compression `json:"compression"`
	// Level is the time constant, in frames, of the running level; 0 means no level normalisation.
	Level float64 `json:"level_frames"`
	// Means are the time constants, in frames, of the running means of the compressed bands that are
	// appended to them: what sustains stands out against what begins.
	Means []float64 `json:"means_frames,omitempty"`
	// Past are lengths in frames, this one included, and Across odd numbers of neighbouring bands, over which medians of
	// the compressed bands are taken and appended: the former hold what sustains, the latter what fills many
	// bands at once, as strokes do (after FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010, but looking at
	// the past only).
	Past   []int `json:"medians_frames,omitempty"`
	Across []int `json:"medians_bands,omitempty"`
	// Context are the frames that are put side by side, relative to the present one, which comes first: those
	// above 0 are future frames and delay the features by the largest. All are then relative to γ, the
	// mean of these frames' Euclidean norms, and to no running level (Uhlich, Giron and Mitsufuji, ICASSP
	// 2015). It goes with Magnitude and with nothing else.
	Context []int `json:"context_frames,omitempty"`
}

// Parts is how many values a band has in a feature vector.
func (s Spec) Parts() int { return max(1, len(s.Context)) + len(s.Means) + len(s.Past) + len(s.Across) }

// Check tells whether the specification makes sense.
func (s Spec) Check() error {
	switch s.Compression {
	case Log, Magnitude, Power:
	default:
		return fmt.Errorf("feature: compression %q, want log, magnitude or power", s.Compression)
	}
	if !(s.Q == 0 || s.Q >= 1 && s.Q <= 1e6) {
		return fmt.Errorf("feature: q is %g, want 0 or 1 to 1e6", s.Q)
	}
	if !(s.Level == 0 || s.Level >= 1 && s.Level <= 1e6) {
		return fmt.Errorf("feature: level_frames is %g, want 0 or 1 to 1e6", s.Level)
	}
	if len(s.Means) > 8 {
		return fmt.Errorf("feature: %d running means, want at most 8", len(s.Means))
	}
	for _, m := range s.Means {
		if !(m >= 1 && m <= 1e6) {
			return fmt.Errorf("feature: a running mean over %g frames, want 1 to 1e6", m)
		}
	}
	if len(s.Past)+len(s.Across) > 8 {
		return fmt.Errorf("feature: %d medians, want at most 8", len(s.Past)+len(s.Across))
	}
	for _, n := range s.Past {
		if n < 2 || n > 256 {
			return fmt.Errorf("feature: a median over %d frames, want 2 to 256", n)
		}
	}
	for _, n := range s.Across {
		if n < 3 || n > 255 || n%2 == 0 {
			return fmt.Errorf("feature: a median over %d bands, want an odd number from 3 to 255", n)
		}
	}
	return s.checkContext()
}

// Width is the length of a feature vector for spectra of so many bins.
func (s Spec) Width(bins int) int {
	n := 1
	for c := 0.; c < float64(bins-1); n++ {
		c = nextCentre(c, float64(bins-1), s.Q)
	}
	return n * s.Parts()
}

// Bands is a bank of triangular bands over the bins of a spectrum: their weights at each bin sum to
// 1, so that a value for each band is interpolated linearly between the bands' centres.
type Bands struct {
	bins   int
	low    []int32   // [bin], the band below or at the bin
	weight []float32 // [bin], of the band low+1; low has 1 − weight
	norm   []float32 // [band], 1/Σ of its weights
}

// nextCentre is the centre, in bins, of the band after the one at c. The last is that of the last bin.
func nextCentre(c, last, q float64) float64 {
	step := 1.
	if q > 0 {
		step = max(1, c/q)
	}
	if c += step; last-c < step/2 {
		c = last
	}
	return c
}

// NewBands returns the bank whose spacing is max(1, centre/q) bins; q = 0 gives a band a bin. It
// panics unless there is a bin.
func NewBands(bins int, q float64) *Bands {
	if bins < 1 {
		panic("feature: NewBands wants one bin at least")
	}
	centres := []float64{0}
	last := float64(bins - 1)
	for c := 0.; c < last; {
		c = nextCentre(c, last, q)
		centres = append(centres, c)
	}
	b := &Bands{bins: bins, low: make([]int32, bins), weight: make([]float32, bins), norm: make([]float32, len(centres))}
	i := 0
	for k := range bins {
		for i+2 < len(centres) && float64(k) >= centres[i+1] {
			i++
		}
		w := 0.
		if len(centres) > 1 {
			w = (float64(k) - centres[i]) / (centres[i+1] - centres[i])
			b.norm[i+1] += float32(w)
		}
		b.low[k], b.weight[k] = int32(i), float32(w)
		b.norm[i] += float32(1 - w)
	}
	for i, s := range b.norm {
		b.norm[i] = 1 / s
	}
	return b
}

// Len is the number of bands.
func (b *Bands) Len() int { return len(b.norm) }

// Pool writes to dst[band] the weighted mean of src[bin] over each band.
func (b *Bands) Pool(dst, src []float32) {
	b.Sum(dst, src)
	for i, n := range b.norm {
		dst[i] *= n
	}
}

// Sum writes to dst[band] the weighted sum of src[bin]: the transpose of Spread.
func (b *Bands) Sum(dst, src []float32) {
	dst, src = dst[:len(b.norm)], src[:b.bins]
	clear(dst)
	if len(dst) == 1 {
		dst[0] = src[0]
		return
	}
	for k, v := range src {
		i, hi := b.low[k], b.weight[k]*v
		dst[i] += v - hi
		dst[i+1] += hi
	}
}

// Spread writes to dst[bin] the values src[band], interpolated linearly.
func (b *Bands) Spread(dst, src []float32) {
	dst, src = dst[:b.bins], src[:len(b.norm)]
	if len(src) == 1 {
		dst[0] = src[0]
		return
	}
	for k := range dst {
		i := b.low[k]
		dst[k] = src[i] + b.weight[k]*(src[i+1]-src[i])
	}
	dst[len(dst)-1] = src[len(src)-1] // the sum above rounds even where the weight is 1
}

// floor keeps powers away from zero: −120 dB of a full-scale sample's, times the gain of a transform.
const floor = 1e-9

// ceiling is a mean power of the bins that no audio reaches: full-scale samples of 32-bit integers,
// 2³¹, give 2⁶² times the square sum of the window, at most 2²⁰, which is 5·10²⁴.
const ceiling = 1e25

// FrontEnd computes feature vectors of a number of streams, one frame after the other.
type FrontEnd struct {
	spec    Spec
	bands   *Bands
	power   []float32   // [bin]
	streams []stream    // [stream]
	levels  []float32   // [stream], what the last features are relative to
	decay   []float64   // [mean]
	column  [][]float32 // [median across bands], working memory
	pooled  []float32   // [band], working memory of a context
	ahead   int         // of a context, in frames
}

type stream struct {
	level, weight float64     // Σ aⁿ·power, Σ aⁿ
	means         [][]float32 // [mean][band]
	weights       []float64   // [mean]
	past          []*past     // [median]
	context       *surroundings
}

// NewFrontEnd returns a front-end for spectra of so many bins. It panics where s.Check fails.
func NewFrontEnd(s Spec, bins, streams int) *FrontEnd {
	if err := s.Check(); err != nil {
		panic(err.Error())
	}
	f := &FrontEnd{
		spec: s, bands: NewBands(bins, s.Q), power: make([]float32, bins),
		streams: make([]stream, streams), levels: make([]float32, streams),
	}
	for _, m := range s.Means {
		f.decay = append(f.decay, math.Exp(-1/m))
	}
	for i := range f.streams {
		st := &f.streams[i]
		st.weights = make([]float64, len(s.Means))
		for range s.Means {
			st.means = append(st.means, make([]float32, f.bands.Len()))
		}
		for _, n := range s.Past {
			st.past = append(st.past, newPast(n, f.bands.Len()))
		}
		if len(s.Context) > 0 {
			st.context = newSurroundings(s, f.bands.Len())
		}
	}
	if len(s.Context) > 0 {
		f.pooled, f.ahead = make([]float32, f.bands.Len()), s.Lookahead()
	}
	for _, n := range s.Across {
		f.column = append(f.column, make([]float32, 0, n))
	}
	return f
}

// Bands returns the bank the features are made of.
func (f *FrontEnd) Bands() *Bands { return f.bands }

// Width is the length of a feature vector: the bands, their running means, then their medians; or those
// of a context's frames.
func (f *FrontEnd) Width() int { return f.bands.Len() * f.spec.Parts() }

// Reset forgets the past of all streams.
func (f *FrontEnd) Reset() {
	clear(f.levels)
	for i := range f.streams {
		st := &f.streams[i]
		st.level, st.weight = 0, 0
		clear(st.weights)
		for _, m := range st.means {
			clear(m)
		}
		for _, p := range st.past {
			p.reset()
		}
		if st.context != nil {
			st.context.reset()
		}
	}
}

// Features writes to dst (Width values) the features of the next spectrum of a stream. A spectrum
// that is not finite, or so large that it is no audio, counts as silence: features are always finite,
// and nothing of it stays in the running level and means.
func (f *FrontEnd) Features(dst []float32, spectrum []complex64, stream int) {
	if len(dst) != f.Width() || len(spectrum) != len(f.power) {
		panic("feature: Features wants Width values and a spectrum of the front-end's bins")
	}
	power := f.power[:len(spectrum)]
	for k, z := range spectrum {
		p := real(z)*real(z) + imag(z)*imag(z)
		power[k] = p
	}
	var t0, t1, t2, t3 float32
	k := 0
	for ; k+4 <= len(power); k += 4 {
		t0 += power[k]
		t1 += power[k+1]
		t2 += power[k+2]
		t3 += power[k+3]
	}
	for ; k < len(power); k++ {
		t0 += power[k]
	}
	total := float64(t0) + float64(t1) + float64(t2) + float64(t3)
	if !(total <= ceiling*float64(len(power))) { // NaN too
		clear(power)
		total = 0
	}

	st := &f.streams[stream]
	gain := float32(1)
	if f.spec.Level > 0 {
		a := math.Exp(-1 / f.spec.Level)
		st.level = a*st.level + total/float64(len(power))
		st.weight = a*st.weight + 1
		level := st.level/st.weight + floor
		gain = float32(1 / level)
		f.levels[stream] = float32(math.Sqrt(level))
	} else {
		f.levels[stream] = 1
	}
	n := f.bands.Len()
	now := dst[:n]
	f.bands.Pool(now, power)
	if st.context != nil {
		copy(f.pooled, now)
		f.levels[stream] = st.context.stack(dst, f.pooled, f.spec.Context, f.ahead)
		return
	}
	switch f.spec.Compression {
	case Log:
		for i := range now {
			now[i] = now[i]*gain + 1e-6
		}
		kernel.Log(now, now)
	case Magnitude:
		kernel.Scale(now, now, gain)
		kernel.Sqrt(now, now)
	case Power:
		kernel.Scale(now, now, gain)
	}
	for m, a := range f.decay {
		st.weights[m] = a*st.weights[m] + 1
		rate := float32(1 / st.weights[m])
		mean, out := st.means[m][:n], dst[(m+1)*n:(m+2)*n]
		for i, v := range now {
			mean[i] += rate * (v - mean[i])
			out[i] = mean[i]
		}
	}
	rest := dst[(1+len(f.decay))*n:]
	for _, p := range st.past {
		p.medians(rest[:n], now)
		rest = rest[n:]
	}
	for _, c := range f.column {
		across(rest[:n], now, c)
		rest = rest[n:]
	}
}

// Level is what the last features of a stream are relative to: the running root-mean-square magnitude of a bin, or
// a context's γ.
func (f *FrontEnd) Level(stream int) float32 { return f.levels[stream] }

// Bands is the number of bands for spectra of so many bins.
func (s Spec) Bands(bins int) int { return NewBands(bins, s.Q).Len() }
