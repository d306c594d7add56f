package bsseval

import (
	"math"
	"runtime"
	"slices"
	"testing"
)

// TestIllConditioned wants a score or NaN, never a panic and never an infinity, whatever the input is.
func TestIllConditioned(t *testing.T) {
	_, some := noise(2, 1, 600)
	other, _ := noise(3, 1, 600)
	zero, dc, impulse, huge, tiny, nan, inf := make([]float32, 600), make([]float32, 600), make([]float32, 600), make([]float32, 600),
		make([]float32, 600), slices.Clone(some[0][0]), slices.Clone(some[0][0])
	for i := range dc {
		dc[i], huge[i], tiny[i] = 1, 1e30*some[0][0][i], 1e-38*some[0][0][i]
	}
	impulse[300] = 1
	nan[5], inf[7] = float32(math.NaN()), float32(math.Inf(1))
	mono := func(x ...[]float32) Waves[float32] {
		var w Waves[float32]
		for _, c := range x {
			w = append(w, [][]float32{c})
		}
		return w
	}
	a, b := some[0][0], other[2][0]
	antiphase := Waves[float32]{{a, negative(a)}, {b, b}}
	for _, c := range []struct {
		name     string
		ref, est Waves[float32]
		defined  bool // whether the SDR of the first source has a value
	}{
		{"perfect", mono(a, b), mono(a, b), false},
		{"scaled", mono(a, b), mono(scaled(a, 0.5), b), true}, // of images: half of it is missing
		{"silent reference", mono(a, zero), mono(a, b), false},
		{"silent references", mono(zero, zero), mono(a, b), false},
		{"silent estimate", mono(a, b), mono(a, zero), false},
		{"all silent", mono(zero, zero), mono(zero, zero), false},
		{"same references", mono(a, a), mono(b, b), true},
		{"same references and estimates", mono(a, a), mono(a, a), false},
		{"constant", mono(dc, b), mono(b, dc), true},
		{"impulses", mono(impulse, impulse), mono(b, a), true},
		{"swapped", mono(a, b), mono(b, a), true},
		{"huge", mono(huge, b), mono(b, a), true},
		{"tiny", mono(tiny, b), mono(b, a), false},
		{"NaN in the reference", mono(nan, b), mono(a, b), false},
		{"NaN in the estimate", mono(a, b), mono(nan, b), false},
		{"Inf in the estimate", mono(a, b), mono(inf, b), false},
		{"one sample", mono([]float32{0.5}, []float32{1}), mono([]float32{1}, []float32{1}), true},
		{"one sample, perfect", mono([]float32{0.5}), mono([]float32{0.5}), false},
		{"no sample", mono(nil, nil), mono(nil, nil), false},
		{"opposite channels count as silence", antiphase, antiphase, false},
		{"one silent channel", Waves[float32]{{a, zero}, {b, b}}, Waves[float32]{{b, zero}, {a, b}}, true},
	} {
		for _, o := range []Options{{Taps: 32}, {Taps: 32, Sources: true}, {Taps: 32, Window: 100, Hop: 70}, {Taps: 512, PerFrame: true, Permute: true}, {Taps: 1, PerFrame: true, Window: 50}} {
			s, err := Eval(c.ref, c.est, o)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			for name, table := range map[string][][]float64{"SDR": s.SDR, "ISR": s.ISR, "SIR": s.SIR, "SAR": s.SAR} {
				for j := range table {
					for _, v := range table[j] {
						if math.IsInf(v, 0) || math.Abs(v) > 140 {
							t.Errorf("%s %+v: %s is %g dB", c.name, o, name, v)
						}
					}
				}
			}
			if o.Window == 0 && !o.Sources && !o.Permute {
				if got := len(s.SDR[0]) > 0 && !math.IsNaN(s.SDR[0][0]); got != c.defined {
					t.Errorf("%s: SDR %g dB, want defined: %v", c.name, s.SDR[0], c.defined)
				}
			}
		}
	}
}

func negative(x []float32) []float32 { return scaled(x, -1) }

func scaled(x []float32, a float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = a * v
	}
	return y
}

func TestShapes(t *testing.T) {
	refs, ests := noise(2, 2, 100)
	for name, bad := range map[string]Waves[float32]{"sources": ests[:1], "channels": {ests[0][:1], ests[1][:1]}, "samples": {{ests[0][0][:99], ests[0][1][:99]}, {ests[1][0][:99], ests[1][1][:99]}}} {
		if _, err := Eval(refs, bad, Options{}); err == nil {
			t.Errorf("estimates of other %s are accepted", name)
		}
	}
	if _, err := Eval(Waves[float32]{}, Waves[float32]{}, Options{}); err == nil {
		t.Error("no source is accepted")
	}
	if _, err := Eval(refs, ests, Options{Taps: -1}); err == nil {
		t.Error("negative lengths are accepted")
	}
	many, _ := noise(9, 1, 10)
	if _, err := Eval(many, many, Options{Permute: true}); err == nil {
		t.Error("nine sources are permuted")
	}
}

// tone is a Signals that takes no memory: it counts, and how often it is read.
type tone struct{ samples int }

func (s tone) Shape() (sources, channels, samples int) { return 2, 1, s.samples }

func (s tone) Read(dst []float64, source, channel, at int) {
	for i := range dst {
		n := uint64(at+i)*2654435761 + uint64(source)*97
		dst[i] = float64(n*n%1021)/1021 - 0.5
	}
}

// TestMemory wants no more memory for a signal ten times as long.
func TestMemory(t *testing.T) {
	total := func(samples int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Eval(tone{samples}, tone{samples}, V4(8000)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	short, long := total(4*8000), total(40*8000)
	if long > short+short/20 {
		t.Errorf("%d bytes for 40 s, %d for 4 s", long, short)
	}
}

// TestSlices wants windows of a version 3 evaluation to be scored as signals of their own.
func TestSlices(t *testing.T) {
	refs, ests := noise(2, 2, 3000)
	all, err := Eval(refs, ests, Options{Taps: 64, Window: 1000, PerFrame: true})
	if err != nil {
		t.Fatal(err)
	}
	cut := func(w Waves[float32], k int) Waves[float32] {
		var out Waves[float32]
		for _, s := range w {
			out = append(out, [][]float32{s[0][k*1000 : (k+1)*1000], s[1][k*1000 : (k+1)*1000]})
		}
		return out
	}
	for k := range 3 {
		one, err := Eval(cut(refs, k), cut(ests, k), Options{Taps: 64})
		if err != nil {
			t.Fatal(err)
		}
		for j := range refs {
			if d := math.Abs(one.SIR[j][0] - all.SIR[j][k]); !(d < 1e-9) {
				t.Errorf("window %d source %d: SIR %g dB, and alone %g", k, j, all.SIR[j][k], one.SIR[j][0])
			}
		}
	}
}

// TestCholesky compares the block Schur algorithm with the plain one.
func TestCholesky(t *testing.T) {
	refs, _ := noise(3, 1, 400)
	b := newBasis(stretch(refs, 0, 400), 40)
	n, p := 40, 3
	dense := make([]float64, n*p*n*p)
	for r := range n * p {
		for c := range n * p {
			if d := r/p - c/p; d >= 0 {
				dense[r*n*p+c] = b.gram.t[d][(r%p)*p+c%p]
			} else {
				dense[r*n*p+c] = b.gram.t[-d][(c%p)*p+r%p]
			}
		}
	}
	want := choleskyDense(dense, n*p, 1e-9)
	got := b.gram.cholesky(1e-9)
	for k, col := range got.cols {
		for r := range (n - k) * p {
			for j := range p {
				if w := want[(k*p+r)*n*p+k*p+j]; math.Abs(col[r*p+j]-w) > 1e-9 {
					t.Fatalf("L[%d,%d] = %g, want %g", k*p+r, k*p+j, col[r*p+j], w)
				}
			}
		}
	}
	b.gram.t[1][0] = 2 // no longer positive definite
	if b.gram.cholesky(1e-9) != nil {
		t.Error("an indefinite matrix is factored")
	}
}

func TestPermutations(t *testing.T) {
	if got := permutations(3); !slices.EqualFunc(got, [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}, slices.Equal[[]int]) {
		t.Errorf("permutations of 3: %v", got)
	}
}

func TestGlobalAndMedian(t *testing.T) {
	nan := math.NaN()
	if v := Global([]float64{1, nan, 4}, []int{1, 10, 2}); v != 3 {
		t.Errorf("mean of 1 (×1) and 4 (×2): %g", v)
	}
	if !math.IsNaN(Global([]float64{nan}, []int{1})) || !math.IsNaN(Median(nil)) || !math.IsNaN(Median([]float64{nan})) {
		t.Error("nothing has a mean or a median")
	}
	if v := Median([]float64{5, nan, 1, 2, 9}); v != 3.5 {
		t.Errorf("median of 1 2 5 9: %g", v)
	}
	// Half of the signal: 20·log10(2).
	if v := USDR([][]float32{{1, 2}, {3, 4}}, [][]float32{{0.5, 1}, {1.5, 2}}); math.Abs(v-6.0206) > 1e-4 {
		t.Errorf("half the signal scores %g dB", v)
	}
	if !math.IsNaN(USDR([][]float32{{1}}, [][]float32{{1}})) || !math.IsNaN(USDR([][]float32{{0}}, [][]float32{{1}})) {
		t.Error("a perfect estimate, or silence, has a score")
	}
}

// FuzzEval wants a score or NaN for any samples and lengths.
func FuzzEval(f *testing.F) {
	f.Add([]byte("some samples of two sources, and of their estimates"), byte(2), byte(1), byte(8), byte(5), byte(3), byte(0))
	f.Add([]byte{0, 0, 0, 0, 255, 255, 255, 255}, byte(1), byte(2), byte(1), byte(0), byte(0), byte(7))
	f.Fuzz(func(t *testing.T, data []byte, sources, channels, taps, window, hop, flags byte) {
		s, c := 1+int(sources%3), 1+int(channels%2)
		n := min(len(data)/(2*s*c), 300)
		at := 0
		read := func() (w Waves[float32]) {
			for range s {
				var wave [][]float32
				for range c {
					x := make([]float32, n)
					for i := range x {
						x[i] = float32(int8(data[at])) / 128
						at++
					}
					wave = append(wave, x)
				}
				w = append(w, wave)
			}
			return w
		}
		o := Options{Taps: int(taps % 64), Window: int(window), Hop: int(hop), PerFrame: flags&1 != 0, Sources: flags&2 != 0, Permute: flags&4 != 0}
		if o.Taps == 0 {
			o.Taps = 7
		}
		scores, err := Eval(read(), read(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range [][][]float64{scores.SDR, scores.ISR, scores.SIR, scores.SAR} {
			for j := range table {
				for _, v := range table[j] {
					if math.IsInf(v, 0) {
						t.Fatalf("%+v: infinite", o)
					}
				}
			}
		}
	})
}
