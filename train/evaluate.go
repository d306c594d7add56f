package train

import (
	"sync"

	"soloist/model"
	"soloist/realtime"
	"soloist/train/bsseval"
	"soloist/train/dataset"
)

// Score is what a model reached on one song.
type Score struct {
	Song    string
	Mixture float64 // SI-SDR of the mixture against the target, dB
	SISDR   float64 // of the model's estimate, dB
}

// Gain is what the model added, in dB.
func (s Score) Gain() float64 { return s.SISDR - s.Mixture }

// Evaluate separates the sum of the stems of every song that holds the model's target, by the
// pipeline of live use, and scores the result, time-aligned.
func Evaluate(m *model.Model, set *dataset.Set) ([]Score, error) {
	var songs []*dataset.Song
	for i := range set.Songs {
		if set.Songs[i].Has(m.Spec().Source) {
			songs = append(songs, &set.Songs[i])
		}
	}
	scores, errs := make([]Score, len(songs)), make([]error, len(songs))
	var wg sync.WaitGroup
	slots := make(chan struct{}, shards)
	for i, song := range songs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			mix, target := song.Mix(m.Spec().Source)
			y, err := Separate(m, mix)
			if err != nil {
				errs[i] = err
				return
			}
			scores[i] = Score{song.Name, bsseval.SISDR(target, mix), bsseval.SISDR(target, y)}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// Separate returns the model's estimate for one channel, aligned with it.
func Separate(m *model.Model, mix []float32) ([]float32, error) {
	const frames = 64
	sep, err := model.NewSeparator(1, frames, m)
	if err != nil {
		return nil, err
	}
	p, err := realtime.NewPipeline(m.Pair(), sep, 1, frames)
	if err != nil {
		return nil, err
	}
	in := make([]float32, len(mix)+p.Latency())
	copy(in, mix)
	out := make([]float32, len(in))
	p.Process([]realtime.Block{{out}}, realtime.Block{in})
	return out[p.Latency():], nil
}

// MedianGain is the median of the scores' gains, NaN for none.
func MedianGain(scores []Score) float64 {
	var gains []float64
	for _, s := range scores {
		gains = append(gains, s.Gain())
	}
	return bsseval.Median(gains)
}
