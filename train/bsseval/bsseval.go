// Package bsseval scores separated sources against the true ones, as the field does: BSS-Eval v3 and
// v4, SI-SDR and the plain SDR of the Music Demixing Challenge.
//
// A score that has no value is NaN, never infinite: where a signal is silent, where there is nothing
// to tell apart (the interference of a single source), and where a ratio is beyond 140 dB, which is
// rounding.
package bsseval

import (
	"fmt"
	"math"
)

// Options choose among the forms of BSS-Eval. The zero value is that of version 3, over the whole signal.
type Options struct {
	Taps     int  // of the distortion filters; 0 for 512
	Window   int  // samples; 0 or more than there are for one window over the whole signal
	Hop      int  // samples from window to window; 0 for Window
	PerFrame bool // find the filters anew for each window, as version 3 does, instead of once for all
	Sources  bool // the criteria of bss_eval_sources instead of bss_eval_images
	Permute  bool // look for the order of estimates with the highest mean SIR
}

// Scores are in dB by source and window, NaN where undefined.
type Scores struct {
	SDR, ISR, SIR, SAR [][]float64
	// Order tells which estimate is that of a source in a window, −1 where the window is undefined.
	Order [][]int
}

// V4 are the options of BSS-Eval v4 as museval has them: filters over the whole signal, windows of a second.
func V4(rate int) Options { return Options{Window: rate, Hop: rate} }

const (
	defaultTaps = 512
	// maxPermuted is how many sources are permuted: 40,320 orders.
	maxPermuted = 8
)

// Evaluator scores estimates of one set of references, one after the other.
type Evaluator struct {
	refs           Signals
	o              Options
	all            *bases // over the whole signal; nil if PerFrame
	sources, chans int
	samples        int
}

// New prepares to score estimates of refs.
func New(refs Signals, o Options) (*Evaluator, error) {
	e := &Evaluator{refs: refs, o: o}
	e.sources, e.chans, e.samples = refs.Shape()
	if e.sources < 1 || e.chans < 1 {
		return nil, fmt.Errorf("bsseval: want at least one source of one channel, found %d of %d", e.sources, e.chans)
	}
	if o.Taps < 0 || o.Window < 0 || o.Hop < 0 {
		return nil, fmt.Errorf("bsseval: want positive lengths, found %d taps, window %d, hop %d", o.Taps, o.Window, o.Hop)
	}
	if o.Permute && e.sources > maxPermuted {
		return nil, fmt.Errorf("bsseval: want at most %d sources to permute, found %d", maxPermuted, e.sources)
	}
	if o.Taps == 0 {
		e.o.Taps = defaultTaps
	}
	if o.Window == 0 || o.Window >= e.samples {
		e.o.Window, e.o.Hop = e.samples, e.samples
	}
	if e.o.Hop == 0 {
		e.o.Hop = e.o.Window
	}
	if !o.PerFrame && e.samples > 0 {
		e.all = newBases(stretch(refs, 0, e.samples), e.o.Taps)
	}
	return e, nil
}

// Eval scores estimates: ests[j] is that of refs[j]. Both must have the same shape.
func Eval(refs, ests Signals, o Options) (Scores, error) {
	e, err := New(refs, o)
	if err != nil {
		return Scores{}, err
	}
	return e.Score(ests)
}

// Score scores estimates, which must have the shape of the references.
func (e *Evaluator) Score(ests Signals) (Scores, error) {
	if s, c, n := ests.Shape(); s != e.sources || c != e.chans || n != e.samples {
		return Scores{}, fmt.Errorf("bsseval: want estimates of %d sources, %d channels and %d samples as the references, found %d, %d and %d",
			e.sources, e.chans, e.samples, s, c, n)
	}
	if e.samples == 0 {
		return newScores(e.sources, 0), nil
	}
	var pairs []pair
	for j := range e.sources {
		for k := range e.sources {
			if j == k || e.o.Permute {
				pairs = append(pairs, pair{j, k})
			}
		}
	}
	var whole *projector
	if !e.o.PerFrame {
		whole = e.all.fit(stretch(ests, 0, e.samples), pairs, e.o.Window)
	}
	windows := 1 + (e.samples-e.o.Window)/e.o.Hop
	found := make([]map[pair]energies, windows) // nil where undefined
	for w := range found {
		from := w * e.o.Hop
		to := from + e.o.Window
		refs, ests := stretch(e.refs, from, to), stretch(ests, from, to)
		if refs.silent() || ests.silent() {
			continue
		}
		p := whole
		if e.o.PerFrame {
			p = newBases(refs, e.o.Taps).fit(ests, pairs, e.o.Window)
		}
		if p != nil {
			found[w] = p.measure(refs, ests, pairs)
		}
	}
	return e.arrange(found), nil
}

// arrange puts the ratios of each window under the sources, in the best order of estimates.
func (e *Evaluator) arrange(found []map[pair]energies) Scores {
	scores := newScores(e.sources, len(found))
	orders := [][]int{identity(e.sources)}
	if e.o.Permute {
		orders = permutations(e.sources)
	}
	order := e.bestOrder(orders, found)
	for w, r := range found {
		if e.o.PerFrame {
			order = e.bestOrder(orders, found[w:w+1])
		}
		for j := range e.sources {
			if r == nil {
				scores.Order[j][w] = -1
				continue
			}
			scores.Order[j][w] = order[j]
			scores.SDR[j][w], scores.ISR[j][w], scores.SIR[j][w], scores.SAR[j][w] = r[pair{j, order[j]}].ratios(e.o.Sources)
		}
	}
	return scores
}

// bestOrder is the first of the orders with the highest mean SIR.
func (e *Evaluator) bestOrder(orders [][]int, found []map[pair]energies) []int {
	best, order := math.Inf(-1), orders[0]
	for _, o := range orders {
		sum, n := 0., 0
		for _, r := range found {
			if r == nil {
				continue
			}
			for j, k := range o {
				if _, _, sir, _ := r[pair{j, k}].ratios(e.o.Sources); !math.IsNaN(sir) {
					sum += sir
					n++
				}
			}
		}
		if n > 0 && sum/float64(n) > best {
			best, order = sum/float64(n), o
		}
	}
	return order
}

func newScores(sources, windows int) Scores {
	table := func() [][]float64 {
		t := make([][]float64, sources)
		for j := range t {
			t[j] = make([]float64, windows)
			for w := range t[j] {
				t[j][w] = math.NaN()
			}
		}
		return t
	}
	s := Scores{SDR: table(), ISR: table(), SIR: table(), SAR: table(), Order: make([][]int, sources)}
	for j := range s.Order {
		s.Order[j] = make([]int, windows)
	}
	return s
}

func identity(n int) []int {
	o := make([]int, n)
	for i := range o {
		o[i] = i
	}
	return o
}

// permutations are all orders of n, in lexicographic order.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for first := range n {
		for _, rest := range permutations(n - 1) {
			o := []int{first}
			for _, v := range rest {
				if v >= first {
					v++
				}
				o = append(o, v)
			}
			all = append(all, o)
		}
	}
	return all
}
