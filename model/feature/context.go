package feature

import (
	"fmt"
	"math"
	"slices"

	"soloist/model/kernel"
)

// Bounds on a context, so that a hostile file cannot ask for much.
const (
	maxContext = 64
	maxOffset  = 128
)

func (s Spec) checkContext() error {
	if len(s.Context) == 0 {
		return nil
	}
	if s.Compression != Magnitude || s.Level != 0 || s.Parts() != len(s.Context) {
		return fmt.Errorf("feature: context_frames go with compression magnitude, level_frames 0, no means and no medians")
	}
	if s.Context[0] != 0 || len(s.Context) > maxContext {
		return fmt.Errorf("feature: context_frames %v, want 0 first and at most %d", s.Context, maxContext)
	}
	for _, o := range s.Context {
		if o < -maxOffset || o > maxOffset {
			return fmt.Errorf("feature: a context frame at %d, want at most %d away", o, maxOffset)
		}
	}
	return nil
}

// Lookahead is the delay of the features in frames.
func (s Spec) Lookahead() int {
	ahead := 0
	for _, o := range s.Context {
		ahead = max(ahead, o)
	}
	return ahead
}

// surroundings are the last frames of a stream, as many as a context spans.
type surroundings struct {
	frames [][]float32 // [slot][band], magnitudes
	norms  []float64   // [slot], of these
	slot   int         // the next one's
}

func newSurroundings(s Spec, bands int) *surroundings {
	n := s.Lookahead() - slices.Min(s.Context) + 1
	c := &surroundings{frames: make([][]float32, n), norms: make([]float64, n)}
	for i := range c.frames {
		c.frames[i] = make([]float32, bands)
	}
	return c
}

func (c *surroundings) reset() {
	for _, f := range c.frames {
		clear(f)
	}
	clear(c.norms)
	c.slot = 0
}

// stack takes in the next frame's mean power of each band, writes the frames at the offsets side by side to
// dst, relative to γ, and returns γ: the mean of their Euclidean norms.
func (c *surroundings) stack(dst, power []float32, offsets []int, ahead int) float32 {
	n, sum := len(power), 0.
	for _, p := range power {
		sum += float64(p)
	}
	c.norms[c.slot] = math.Sqrt(sum)
	kernel.Sqrt(c.frames[c.slot], power)
	mean := 0.
	for i, o := range offsets {
		at := (c.slot + len(c.frames) - ahead + o) % len(c.frames)
		copy(dst[i*n:(i+1)*n], c.frames[at])
		mean += c.norms[at] / float64(len(offsets))
	}
	c.slot = (c.slot + 1) % len(c.frames)
	gamma := float32(max(mean, math.Sqrt(floor*float64(n))))
	kernel.Scale(dst, dst, 1/gamma)
	return gamma
}
