package bsseval

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// bases are those of all references together, and of each alone.
type bases struct {
	all  *basis
	each []*basis
}

func newBases(refs *waves, taps int) *bases {
	b := &bases{all: newBasis(refs, taps), each: make([]*basis, refs.sources)}
	for j := range b.each {
		if refs.sources == 1 {
			b.each[j] = b.all
		} else {
			b.each[j] = b.all.only(j)
		}
	}
	return b
}

// pair is an estimate held against a reference.
type pair struct{ ref, est int }

// projector projects estimates on their references by filters found before.
type projector struct {
	taps, channels int
	fft            *fourier.FFT
	all            [][]complex128          // [channel of any reference × channel of any estimate]
	each           map[pair][][]complex128 // [channel of the reference × channel of the estimate]

	// Working memory of measure.
	waves           [][]float64    // [channel of any reference][sample]
	spectra         [][]complex128 // of waves
	mixed           []complex128
	y, onAll, onOwn []float64
}

// fit finds the filters for estimates over the whole stretch; windows are what they will be used on,
// in samples. It returns nil where they cannot be found.
func (b *bases) fit(ests *waves, pairs []pair, window int) *projector {
	taps, channels, q := b.all.taps, ests.channels, ests.count()
	c := correlate(b.all.refs, ests, taps)
	p := &projector{taps: taps, channels: channels, each: map[pair][][]complex128{}}
	n := blockSize(taps, window+taps-1)
	p.fft = fourier.NewFFT(n)
	p.spectra, p.mixed = newSpectra(b.all.refs.count(), n/2+1), make([]complex128, n/2+1)
	p.waves = make([][]float64, len(p.spectra))
	for i := range p.waves {
		p.waves[i] = make([]float64, n)
	}
	p.y, p.onAll, p.onOwn = make([]float64, n-(taps-1)), make([]float64, n), make([]float64, n)
	h := b.all.filters(c, q)
	if h == nil {
		return nil
	}
	p.all = p.transform(h)
	for _, pr := range pairs {
		sub := make([][]float64, taps)
		for d := range sub {
			for i := range channels {
				row := c[d][(pr.ref*channels+i)*q:]
				sub[d] = append(sub[d], row[pr.est*channels:(pr.est+1)*channels]...)
			}
		}
		h := b.each[pr.ref].filters(sub, channels)
		if h == nil {
			return nil
		}
		p.each[pr] = p.transform(h)
	}
	return p
}

// transform takes filters [delay][i] to [i][bin], with the scale of the way back in them.
func (p *projector) transform(h [][]float64) [][]complex128 {
	n := p.fft.Len()
	s := newSpectra(len(h[0]), n/2+1)
	x := make([]float64, n)
	for i := range s {
		clear(x)
		for d := range h {
			x[d] = h[d][i] / float64(n)
		}
		p.fft.Coefficients(s[i], x)
	}
	return s
}

// energies are sums of squares over all channels: of the reference s, the estimate's projection on it p,
// that on all references a, the estimate y, and differences.
type energies struct {
	s, p, a            float64
	ys, ps, ap, ya, yp float64 // of y−s, p−s, a−p, y−a, y−p
}

// measure decomposes each pair's estimate over a stretch (Vincent, Gribonval & Févotte, "Performance
// measurement in blind audio source separation", IEEE Trans. ASLP 14(4), 2006, section III.B; for
// several channels Vincent et al., "The signal separation evaluation campaign (2007–2010)", 2012).
func (p *projector) measure(refs, ests *waves, pairs []pair) map[pair]energies {
	before := p.taps - 1
	step := p.fft.Len() - before
	result := make(map[pair]energies, len(pairs))
	for at := 0; at < refs.samples+before; at += step {
		for i := range p.waves {
			refs.read(p.waves[i], i, at-before)
			p.fft.Coefficients(p.spectra[i], p.waves[i])
		}
		for e := range ests.sources {
			for c := range p.channels {
				column := e*p.channels + c
				ests.read(p.y, column, at)
				p.project(p.onAll, p.spectra, p.all[column:], ests.count())
				for _, pr := range pairs {
					if pr.est != e {
						continue
					}
					first := pr.ref * p.channels
					if refs.sources == 1 {
						copy(p.onOwn, p.onAll)
					} else {
						p.project(p.onOwn, p.spectra[first:first+p.channels], p.each[pr][c:], p.channels)
					}
					r := result[pr]
					r.add(p.waves[first+c][before:], p.onOwn[before:], p.onAll[before:], p.y)
					result[pr] = r
				}
			}
		}
	}
	return result
}

// project writes to x the sum of the spectra through every stride-th filter.
func (p *projector) project(x []float64, spectra, filters [][]complex128, stride int) {
	clear(p.mixed)
	for i, s := range spectra {
		h := filters[i*stride]
		for f, v := range s {
			p.mixed[f] += v * h[f]
		}
	}
	p.fft.Sequence(x, p.mixed)
}

func (r *energies) add(s, p, a, y []float64) {
	for i, y := range y {
		s, p, a := s[i], p[i], a[i]
		r.s += s * s
		r.p += p * p
		r.a += a * a
		r.ys += (y - s) * (y - s)
		r.ps += (p - s) * (p - s)
		r.ap += (a - p) * (a - p)
		r.ya += (y - a) * (y - a)
		r.yp += (y - p) * (y - p)
	}
}

// ratios are SDR, ISR, SIR and SAR in dB, in the form of bss_eval_images or of bss_eval_sources, which
// counts any filtering of the source as no distortion and has no ISR.
func (r energies) ratios(sources bool) (sdr, isr, sir, sar float64) {
	sir, sar = decibels(r.p, r.ap), decibels(r.a, r.ya)
	if sources {
		return decibels(r.p, r.yp), math.NaN(), sir, sar
	}
	return decibels(r.s, r.ys), decibels(r.s, r.ps), sir, sar
}

// limit is the ratio beyond which one part is the rounding error of the other: samples of 24 bits hold no more.
const limit = 1e14

// decibels is 10·log₁₀ of a ratio of energies, NaN where either is nothing, or nothing but rounding.
func decibels(num, den float64) float64 {
	if !(num > 0 && den > 0 && num < limit*den && den < limit*num) {
		return math.NaN()
	}
	return 10 * math.Log10(num/den)
}
