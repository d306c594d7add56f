package layerwise

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"soloist/model/feature"
	"soloist/stft"
	"soloist/train/dataset"
)

// Draw makes n examples of the recipe's source from the songs: x = |α·s̃ + Σ αᵢ·ṽᵢ|/γ over the context and
// |α·s̃|/γ, s̃ being the spectra of an excerpt of the source and ṽᵢ those of excerpts of each other family, from
// any song and place, relative to their stems' levels, and each α a random gain (Uhlich et al. 2015, section
// 3.1). Sums are taken before magnitudes. Everything is computed as in use: by the same analyzer and front-end.
// An example is the same whatever n is.
func Draw(r *Recipe, set *dataset.Set, n int, seed uint64) (Examples, error) {
	families, err := families(set, r.Model.Source)
	if err != nil {
		return Examples{}, err
	}
	bins := r.Model.STFT.Pair().Bins()
	e := NewExamples(n, r.Model.Feature.Width(bins), r.Model.Feature.Bands(bins))
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for i := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			d := newDrawer(r, families)
			for row := i * n / workers; row < (i+1)*n/workers; row++ {
				d.draw(e.X.Data[row*e.X.Stride:][:e.X.Cols], e.S.Data[row*e.S.Stride:][:e.S.Cols], rand.New(rand.NewPCG(seed, uint64(row))))
			}
		}()
	}
	wg.Wait()
	return e, nil
}

// families are the clips of each family, those of the source first. What may hide the source is left out.
func families(set *dataset.Set, source string) ([][]*dataset.Clip, error) {
	var all [][]*dataset.Clip
	place := map[string]int{source: 0}
	all = append(all, nil)
	for _, f := range set.Families() {
		if _, ok := place[f]; !ok && f != "backing" {
			place[f] = len(all)
			all = append(all, nil)
		}
	}
	for i := range set.Songs {
		for j := range set.Songs[i].Clips {
			c := &set.Songs[i].Clips[j]
			if at, ok := place[c.Family]; ok {
				all[at] = append(all[at], c)
			}
		}
	}
	if len(all[0]) == 0 || len(all) < 2 {
		return nil, fmt.Errorf("layerwise: want %s and other instruments, the material holds %v", source, set.Families())
	}
	return all, nil
}

// drawer makes one example after another.
type drawer struct {
	recipe      *Recipe
	families    [][]*dataset.Clip
	pair        stft.Pair
	middle      int // the hop of an excerpt whose spectrum is to be estimated
	front       *feature.FrontEnd
	analyzers   [2]*stft.Analyzer
	mix, source []float32
	spectrum    []complex64
	power       []float32
}

func newDrawer(r *Recipe, families [][]*dataset.Clip) *drawer {
	pair, f := r.Model.STFT.Pair(), r.Model.Feature
	first := 0
	for _, o := range f.Context {
		first = min(first, o)
	}
	// The first hops fill the analyzer's frame.
	hops := pair.K/pair.H - 1 - first + 1 + f.Lookahead()
	return &drawer{
		recipe: r, families: families, pair: pair, middle: hops - 1 - f.Lookahead(),
		front: feature.NewFrontEnd(f, pair.Bins(), 1), analyzers: [2]*stft.Analyzer{stft.NewAnalyzer(pair), stft.NewAnalyzer(pair)},
		mix: make([]float32, hops*pair.H), source: make([]float32, hops*pair.H),
		spectrum: make([]complex64, pair.Bins()), power: make([]float32, pair.Bins()),
	}
}

// audible is the γ, for stems at −20 dB, from which on a mixture is no silence: that of noise at about −80 dB.
const audible = 0.02

// draw writes one example.
func (d *drawer) draw(x, s []float32, r *rand.Rand) {
	for range 20 { // a mixture of pauses is no example
		d.excerpt(r)
		d.front.Reset()
		for _, a := range d.analyzers {
			a.Reset()
		}
		for hop := range len(d.mix) / d.pair.H {
			at := hop * d.pair.H
			d.analyzers[1].Analyze(d.spectrum, d.source[at:at+d.pair.H])
			if hop == d.middle {
				for k, z := range d.spectrum {
					d.power[k] = real(z)*real(z) + imag(z)*imag(z)
				}
				d.front.Bands().Pool(s, d.power)
			}
			d.analyzers[0].Analyze(d.spectrum, d.mix[at:at+d.pair.H])
			d.front.Features(x, d.spectrum, 0)
		}
		if d.front.Level(0) > audible {
			break
		}
	}
	for i, p := range s {
		s[i] = float32(math.Sqrt(float64(p))) / d.front.Level(0)
	}
}

// excerpt mixes one of each family.
func (d *drawer) excerpt(r *rand.Rand) {
	low, high := d.recipe.Plan.Gain[0], d.recipe.Plan.Gain[1]
	clear(d.mix)
	for i, clips := range d.families {
		c := clips[pick(r, clips)]
		at := r.IntN(max(1, len(c.Samples)-len(d.mix)))
		gain := float32((low + (high-low)*r.Float64()) * 0.1 / c.Level / (1 << 15))
		for j := range d.mix {
			v := float32(0)
			if at+j < len(c.Samples) {
				v = gain * float32(c.Samples[at+j])
			}
			d.mix[j] += v
			if i == 0 {
				d.source[j] = v
			}
		}
	}
}

// pick draws a clip with a chance that grows with its length.
func pick(r *rand.Rand, clips []*dataset.Clip) int {
	total := 0
	for _, c := range clips {
		total += len(c.Samples)
	}
	at := r.IntN(max(1, total))
	for i, c := range clips {
		if at -= len(c.Samples); at < 0 {
			return i
		}
	}
	return len(clips) - 1
}
