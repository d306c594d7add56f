// Package stft turns hops of samples into spectra and back, at a stated latency.
//
// An Analyzer takes H new samples and gives the spectrum of the last K; a Synthesizer takes such
// a spectrum and gives H samples that are complete. Between the two lies a delay of L samples:
// L = K for symmetric windows, and L ≪ K for asymmetric ones, whose synthesis window covers only
// the newest L samples of a frame.
package stft

import (
	"fmt"
	"math"
)

// Pair is an analysis window and the synthesis window that undoes it. The zero Pair is invalid;
// use Symmetric or Asymmetric.
type Pair struct {
	K int // samples a frame: the length of the transform, a power of two from 8 up
	L int // samples of a frame that the synthesis window covers: the latency; H < L ≤ K
	H int // hop, samples
}

// Symmetric is the pair of periodic square-root Hann windows of k samples at hop h; its latency
// is k samples.
func Symmetric(k, h int) (Pair, error) { return checked(Pair{K: k, L: k, H: h}) }

// Asymmetric is the low-latency pair of Mauler and Martin ("A low delay, variable resolution,
// perfect reconstruction spectral analysis-synthesis system for speech enhancement", EUSIPCO
// 2007): a long analysis window of k samples whose last l/2 fall steeply, and a synthesis window
// over the last l samples. Its latency is l samples, its frequency resolution nearly that of k.
func Asymmetric(k, l, h int) (Pair, error) { return checked(Pair{K: k, L: l, H: h}) }

func checked(p Pair) (Pair, error) { return p, p.Check() }

// Check tells whether the lengths fit together.
func (p Pair) Check() error {
	switch {
	case p.K < 8 || p.K > 1<<20 || p.K&(p.K-1) != 0:
		return fmt.Errorf("stft: frame of %d samples, want a power of two from 8 to 1048576", p.K)
	case p.L < 4 || p.L > p.K || p.L%2 != 0:
		return fmt.Errorf("stft: synthesis window of %d samples, want an even number from 4 to the frame's %d", p.L, p.K)
	case p.H < 1 || p.H > p.L/2:
		return fmt.Errorf("stft: hop of %d samples, want 1 to %d, half the synthesis window", p.H, p.L/2)
	}
	return nil
}

// Bins is the number of bins of a spectrum, K/2+1.
func (p Pair) Bins() int { return p.K/2 + 1 }

// Latency is the delay from input to output in samples.
func (p Pair) Latency() int { return p.L }

func (p Pair) String() string {
	if p.L == p.K {
		return fmt.Sprintf("sqrt-Hann %d, hop %d", p.K, p.H)
	}
	return fmt.Sprintf("asymmetric %d/%d, hop %d", p.K, p.L, p.H)
}

// Windows returns the analysis and synthesis windows, each of K samples (the synthesis window is
// zero before its last L). Their product, repeated every H samples, sums to 1 everywhere: the
// prototypes' product is a periodic Hann window of L samples, and the synthesis window is divided
// by the sum of its shifts, which is constant when H divides L/2 and makes any other hop exact too.
func (p Pair) Windows() (analysis, synthesis []float64) {
	analysis, synthesis = make([]float64, p.K), make([]float64, p.K)
	m := p.L / 2       // samples that rise, and then fall, in the product
	rise := p.K - m    // samples over which the analysis window rises
	start := p.K - p.L // where the synthesis window begins
	for n := range analysis {
		if n < rise {
			analysis[n] = math.Sin(math.Pi / 2 * float64(n) / float64(rise))
		} else {
			analysis[n] = math.Cos(math.Pi / 2 * float64(n-rise) / float64(m))
		}
	}
	product := make([]float64, p.K)
	for n := start; n < p.K; n++ {
		s := math.Sin(math.Pi / 2 * float64(n-start) / float64(m))
		product[n] = s * s
	}
	sum := make([]float64, p.H)
	for n := start; n < p.K; n++ {
		sum[n%p.H] += product[n]
	}
	for n := start; n < p.K; n++ {
		if analysis[n] > 0 {
			synthesis[n] = product[n] / analysis[n] / sum[n%p.H]
		}
	}
	return analysis, synthesis
}

// Analyzer gives the spectra of one channel.
type Analyzer struct {
	pair   Pair
	fft    *realFFT
	window []float32
	past   []float32 // the last K samples
	frame  []float32
}

// NewAnalyzer returns an analyzer whose past is silence. It panics where p.Check fails.
func NewAnalyzer(p Pair) *Analyzer {
	mustCheck(p)
	analysis, _ := p.Windows()
	return &Analyzer{
		pair: p, fft: newRealFFT(p.K), window: narrow(analysis),
		past: make([]float32, p.K), frame: make([]float32, p.K),
	}
}

// Pair returns what the analyzer was made for.
func (a *Analyzer) Pair() Pair { return a.pair }

// Reset forgets the past.
func (a *Analyzer) Reset() { clear(a.past) }

// Analyze writes to dst (K/2+1 bins) the spectrum of the windowed last K samples, hop (H samples)
// being the newest of them. The transform is not normalised: a full-scale sine has magnitude
// Σ window / 2.
func (a *Analyzer) Analyze(dst []complex64, hop []float32) {
	p := a.pair
	if len(dst) != p.Bins() || len(hop) != p.H {
		panic("stft: Analyze wants K/2+1 bins and H samples")
	}
	copy(a.past, a.past[p.H:])
	copy(a.past[p.K-p.H:], hop)
	past, frame := a.past[:len(a.window)], a.frame[:len(a.window)]
	for n, w := range a.window {
		frame[n] = past[n] * w
	}
	a.fft.forward(dst, a.frame)
}

// Synthesizer gives the samples of one channel back.
type Synthesizer struct {
	pair   Pair
	fft    *realFFT
	window []float32 // the last L samples of the synthesis window
	sum    []float32 // overlap-added samples, oldest first, L of them
	frame  []float32
}

// NewSynthesizer returns a synthesizer whose past is silence. It panics where p.Check fails.
func NewSynthesizer(p Pair) *Synthesizer {
	mustCheck(p)
	_, synthesis := p.Windows()
	return &Synthesizer{
		pair: p, fft: newRealFFT(p.K), window: narrow(synthesis[p.K-p.L:]),
		sum: make([]float32, p.L), frame: make([]float32, p.K),
	}
}

// Pair returns what the synthesizer was made for.
func (s *Synthesizer) Pair() Pair { return s.pair }

// Reset forgets the past.
func (s *Synthesizer) Reset() { clear(s.sum) }

// Synthesize adds the frame whose spectrum is src (K/2+1 bins) and writes to hop the H samples
// that this frame completes: those that entered the analyzer L−H to L−1 samples before the
// frame's newest one.
func (s *Synthesizer) Synthesize(hop []float32, src []complex64) {
	p := s.pair
	if len(src) != p.Bins() || len(hop) != p.H {
		panic("stft: Synthesize wants K/2+1 bins and H samples")
	}
	s.fft.inverse(s.frame, src)
	tail, sum := s.frame[p.K-p.L:][:len(s.window)], s.sum[:len(s.window)]
	for n, w := range s.window {
		sum[n] += tail[n] * w
	}
	copy(hop, s.sum)
	copy(s.sum, s.sum[p.H:])
	clear(s.sum[p.L-p.H:])
}

func mustCheck(p Pair) {
	if err := p.Check(); err != nil {
		panic(err.Error())
	}
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
