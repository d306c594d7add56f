package report

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"os"
	"slices"

	"soloist/host/audiofile"
	"soloist/train/evaluate"
)

// seconds is how much of a song an example shows.
const seconds = 10

// example is one song of a section.
type example struct {
	Rank                 string // "Best", "Median", "Worst"
	Song                 *evaluate.Song
	Gain, SISDR          string // of the model, in dB
	From, To             string // of the excerpt, in seconds
	Bright, Middle, Dark string // dB, the ends and the middle of the colour scale
	Pictures             []picture
	gain                 evaluate.DB
}

// picture is one signal of an example.
type picture struct {
	Of           string // "mixture", "estimate", "truth"
	Image, Audio template.URL
	Hz, Time     []mark
}

// mark is a label on an axis, at a percentage of its length.
type mark struct {
	At    float64
	Label string
}

// examples picks the best, the median and the worst song by the model's gain in SI-SDR, or what there is of them.
func examples(r *evaluate.Result, source string) []*example {
	var ranked []*example
	for i := range r.Songs {
		song := &r.Songs[i]
		model, mixture := find(song, source, evaluate.Model), find(song, source, evaluate.Mixture)
		if model == nil || mixture == nil || !finite(model.SISDR-mixture.SISDR) {
			continue
		}
		gain := model.SISDR - mixture.SISDR
		ranked = append(ranked, &example{
			Song: song, gain: gain,
			Gain:  minus(fmt.Sprintf("%+.1f", tenths(gain))),
			SISDR: minus(fmt.Sprintf("%.1f", tenths(model.SISDR))),
		})
	}
	slices.SortStableFunc(ranked, func(a, b *example) int {
		switch {
		case a.gain > b.gain:
			return -1
		case a.gain < b.gain:
			return 1
		}
		return 0
	})
	n := len(ranked)
	switch n {
	case 0:
		return nil
	case 1:
		ranked[0].Rank = "Only song"
		return ranked
	}
	ranked[0].Rank, ranked[n-1].Rank = "Best", "Worst"
	if n == 2 {
		return ranked
	}
	ranked[n/2].Rank = "Median"
	return []*example{ranked[0], ranked[n/2], ranked[n-1]}
}

// draw makes the pictures and the players of the excerpt where the truth is loudest.
func (e *example) draw(mixture, estimate, truth [][]float32) error {
	names := []string{"mixture", "estimate", "truth"}
	signals := [][][]float32{mixture, estimate, truth}
	length := math.MaxInt
	for i, x := range signals {
		if len(x) == 0 {
			return fmt.Errorf("the %s has no channels", names[i])
		}
		for _, channel := range x {
			length = min(length, len(channel))
		}
	}
	rate := e.Song.Rate
	if length == 0 {
		return errors.New("there is no sound")
	}
	if rate <= 2*lowest {
		return fmt.Errorf("a rate of %d Hz, where a picture begins at %d Hz", rate, lowest)
	}
	n := min(length, seconds*rate)
	start := loudest(truth, length, n)

	var spectra []*spectrogram
	top := math.Inf(-1)
	for _, x := range signals {
		s, err := analyse(x, start, n, rate)
		if err != nil {
			return err
		}
		spectra = append(spectra, s)
		top = max(top, s.loudest())
	}
	top = 10 * math.Ceil(max(top, -100)/10)
	e.Bright, e.Middle, e.Dark = decibels(top), decibels(top-dynamic/2), decibels(top-dynamic)
	e.From, e.To = fmt.Sprintf("%.1f", float64(start)/float64(rate)), fmt.Sprintf("%.1f", float64(start+n)/float64(rate))
	for i, x := range signals {
		image, err := spectra[i].draw(top)
		if err != nil {
			return err
		}
		audio, err := flacURL(x, start, n, rate)
		if err != nil {
			return err
		}
		e.Pictures = append(e.Pictures, picture{
			Of: names[i], Image: image, Audio: audio, Hz: spectra[i].hertz(), Time: spectra[i].times(start),
		})
	}
	return nil
}

func decibels(dB float64) string { return minus(fmt.Sprintf("%.0f", dB)) }

// loudest is where the n samples of x[channel][:length] begin that have the most energy.
func loudest(x [][]float32, length, n int) int {
	var energy, most float64
	start := 0
	for i := range length {
		for _, channel := range x {
			energy += float64(channel[i]) * float64(channel[i])
			if i >= n {
				energy -= float64(channel[i-n]) * float64(channel[i-n])
			}
		}
		if i >= n-1 && energy > most {
			most, start = energy, i-n+1
		}
	}
	return start
}

// flacURL is n samples of x[channel][sample] from start on as a FLAC file.
func flacURL(x [][]float32, start, n, rate int) (template.URL, error) {
	f, err := os.CreateTemp("", "soloist-*.flac")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := f.Close(); err != nil {
		return "", err
	}
	excerpt := make([][]float32, len(x))
	for c := range x {
		excerpt[c] = x[c][start : start+n]
	}
	w, err := audiofile.Create(f.Name(), audiofile.FLAC16, audiofile.Info{Rate: rate, Channels: len(x)})
	if err != nil {
		return "", err
	}
	err = w.Write(excerpt)
	if e := w.Close(); err == nil {
		err = e
	}
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(f.Name())
	return dataURL("audio/flac", data), err
}
