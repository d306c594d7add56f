package render

import (
	"errors"
	"fmt"
	"io"

	"soloist/host/audiofile"
)

// Rate is the sampling rate of everything this package renders, in Hz.
const Rate = 44100

// maxSeconds bounds what one recording may hold once decoded: the longest material meant for this
// package is a whole song.
const maxSeconds = 20 * 60

// decodeFile reads an audio file and returns its mono sum at [Rate], as far as it can be read.
func decodeFile(path string) ([]float32, error) {
	r, err := audiofile.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info := r.Info()
	block := make([][]float32, info.Channels)
	for c := range block {
		block[c] = make([]float32, 4096)
	}
	g := 1 / float32(info.Channels)
	var pcm []float32
	for len(pcm) < maxSeconds*info.Rate {
		n, err := r.Read(block)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		from := len(pcm)
		pcm = append(pcm, block[0][:n]...)
		for _, ch := range block[1:] {
			for i, v := range ch[:n] {
				pcm[from+i] += v
			}
		}
		if g != 1 {
			scale(pcm[from:], g)
		}
	}
	if len(pcm) == 0 {
		return nil, fmt.Errorf("%s: no samples", path)
	}
	return toRate(pcm, info.Rate), nil
}

// toRate resamples from the given rate to [Rate] by cubic interpolation, which is enough for
// one-shots: what aliases lies above 20 kHz.
func toRate(pcm []float32, rate int) []float32 {
	if rate == Rate {
		return pcm
	}
	step := float64(rate) / Rate
	out := make([]float32, int(float64(len(pcm))/step))
	for i := range out {
		out[i] = cubicAt(pcm, float64(i)*step)
	}
	return out
}

// writeWAV writes x, full scale ±1, as 16-bit mono at [Rate].
func writeWAV(path string, x []float32) error {
	w, err := audiofile.Create(path, audiofile.WAV16, audiofile.Info{Rate: Rate, Channels: 1})
	if err != nil {
		return err
	}
	if err := w.Write([][]float32{x}); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}
