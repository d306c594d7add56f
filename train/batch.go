package train

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
	"soloist/stft"
	"soloist/train/dataset"
)

// shards is into how many parts a batch is cut, each with its own goroutine. It is the same on every
// machine, so that gradients are summed in the same order everywhere.
const shards = 2

// shard draws a part of each batch, passes it through the network and differentiates the loss.
//
// Everything is computed as in live use: the same analyzer, front-end and network, over excerpts
// that start from silence. The loss of an excerpt is
//
//	Σ (m|x| − |s|cos∠(s,x))² / Σ |x|²
//
// over its frames after the warm-up and all bins, m being the gain, x the mixture and s the target:
// the error of the best real gain, relative to the mixture (the phase-sensitive approximation of
// Erdogan et al., ICASSP 2015). Giving nothing back costs the target's share of the mixture.
type shard struct {
	recipe   *Recipe
	model    *model.Model
	set      *dataset.Set
	streams  int
	front    *feature.FrontEnd
	run      *nn.Run
	x, dy    blas32.General
	mag      [][]float32 // [frame·stream][bin], |x|
	want     [][]float32 // [frame·stream][bin], |s|cos∠(s,x)
	norm     []float64   // [stream], 1/Σ|x|²
	grad     []float32
	mix      []float32 // samples of an excerpt
	target   []float32
	analyzer *stft.Analyzer
	other    *stft.Analyzer
	mixed    []complex64
	wanted   []complex64
	gain     []float32      // [bin]
	hidden   blas32.General // the last layer's input, for its start
}

func newShard(r *Recipe, m *model.Model, set *dataset.Set) *shard {
	pair, t := m.Pair(), r.Train
	s := &shard{recipe: r, model: m, set: set, streams: t.Excerpts / shards}
	s.front = feature.NewFrontEnd(m.Spec().Feature, pair.Bins(), s.streams)
	s.run = m.Network().NewRun(s.streams, t.Frames, true)
	rows := s.streams * t.Frames
	in, out := m.Network().In(), m.Network().Out()
	s.x = blas32.General{Rows: rows, Cols: in, Stride: in, Data: make([]float32, rows*in)}
	s.dy = blas32.General{Rows: rows, Cols: out, Stride: out, Data: make([]float32, rows*out)}
	for range rows {
		s.mag = append(s.mag, make([]float32, pair.Bins()))
		s.want = append(s.want, make([]float32, pair.Bins()))
	}
	s.norm = make([]float64, s.streams)
	s.grad = make([]float32, m.Parameters())
	s.mix, s.target = make([]float32, t.Frames*pair.H), make([]float32, t.Frames*pair.H)
	s.analyzer, s.other = stft.NewAnalyzer(pair), stft.NewAnalyzer(pair)
	s.mixed, s.wanted = make([]complex64, pair.Bins()), make([]complex64, pair.Bins())
	s.gain = make([]float32, pair.Bins())
	return s
}

// draw fills x, mag, want and norm with the excerpts first, first+1 … of a step. An excerpt is the
// same whatever was drawn before it.
func (s *shard) draw(step, first int) {
	pair, t := s.model.Pair(), s.recipe.Train
	s.front.Reset()
	for e := range s.streams {
		r := rand.New(rand.NewPCG(t.Seed, uint64(step)<<16|uint64(first+e)))
		s.set.Draw(r, s.model.Spec().Source, s.mix, s.target)
		s.analyzer.Reset()
		s.other.Reset()
		sum := 1e-6
		for f := range t.Frames {
			row := f*s.streams + e
			s.analyzer.Analyze(s.mixed, s.mix[f*pair.H:(f+1)*pair.H])
			s.other.Analyze(s.wanted, s.target[f*pair.H:(f+1)*pair.H])
			x := s.x.Data[row*s.x.Stride:][:s.x.Cols]
			s.front.Features(x, s.mixed, e)
			s.model.Normalise(x)
			mag, want := s.mag[row], s.want[row]
			var power float32
			for k, z := range s.mixed {
				p := real(z)*real(z) + imag(z)*imag(z)
				power += p
				m := float32(math.Sqrt(float64(p)))
				w := s.wanted[k]
				mag[k], want[k] = m, 0
				if m > 0 {
					want[k] = (real(w)*real(z) + imag(w)*imag(z)) / m
				}
			}
			if f >= t.Warmup {
				sum += float64(power)
			}
		}
		s.norm[e] = 1 / sum
	}
}

// loss passes the excerpts through the network and returns the sum of their losses; with
// differentiate it also sets grad to the derivatives.
func (s *shard) loss(differentiate bool) float64 {
	s.run.Reset()
	y := s.run.Forward(s.x)
	bands := s.front.Bands()
	ahead, total := s.model.Lookahead(), 0.
	clear(s.dy.Data)
	for row := range y.Rows {
		e, f := row%s.streams, row/s.streams
		if f < s.recipe.Train.Warmup+ahead {
			continue
		}
		mag, want := s.mag[row-ahead*s.streams], s.want[row-ahead*s.streams]
		bands.Spread(s.gain, y.Data[row*y.Stride:][:y.Cols])
		var sum float32
		scale := float32(s.norm[e])
		for k, m := range mag {
			d := s.gain[k]*m - want[k]
			sum += d * d
			s.gain[k] = 2 * scale * d * m
		}
		total += float64(sum) * s.norm[e]
		bands.Sum(s.dy.Data[row*s.dy.Stride:][:s.dy.Cols], s.gain)
	}
	if differentiate {
		clear(s.grad)
		s.run.Backward(s.dy, s.grad)
	}
	return total
}

// absent is the loss of giving nothing back.
func (s *shard) absent() float64 {
	total := 0.
	for row := s.recipe.Train.Warmup * s.streams; row < s.x.Rows; row++ {
		var sum float32
		for _, w := range s.want[row] {
			sum += w * w
		}
		total += float64(sum) * s.norm[row%s.streams]
	}
	return total
}
