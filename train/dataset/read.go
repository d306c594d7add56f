package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"

	"soloist/host/audiofile"
)

// Open opens a stem for reading, wherever it lies: what comes is the stem alone, with all its channels or the one
// that is the stem.
func (s Stem) Open() (audiofile.Reader, error) {
	var r audiofile.Reader
	var err error
	if s.Stream > 0 {
		r, err = openFFmpeg(s.Path, s.Stream)
	} else {
		r, err = audiofile.Open(s.Path)
	}
	if err != nil {
		return nil, err // and not r, which may be more than nil
	}
	if s.Channel == 0 {
		return r, nil
	}
	if n := r.Info().Channels; n < s.Channel {
		_ = r.Close()
		return nil, fmt.Errorf("%s: want at least %d channels, the last of them %s, found %d", s.Path, s.Channel, s.Name, n)
	}
	return &channelReader{Reader: r, channel: s.Channel - 1, block: make([][]float32, r.Info().Channels)}, nil
}

// channelReader reads one channel of a file.
type channelReader struct {
	audiofile.Reader
	channel int
	block   [][]float32
}

func (r *channelReader) Info() audiofile.Info {
	info := r.Reader.Info()
	info.Channels = 1
	return info
}

func (r *channelReader) Read(dst [][]float32) (int, error) {
	n := len(dst[0])
	for c := range r.block {
		if c != r.channel && len(r.block[c]) != n {
			r.block[c] = make([]float32, n)
		}
	}
	r.block[r.channel] = dst[0]
	n, err := r.Reader.Read(r.block)
	r.block[r.channel] = nil
	return n, err
}

// mono decodes a stem to the mean of its channels at rate Hz, 16 bits.
func (s Stem) mono(rate int) ([]int16, error) {
	r, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info := r.Info()
	convert, err := audiofile.NewResampler(1, info.Rate, rate)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	defer convert.Close()
	const n = 1 << 14
	block := make([][]float32, info.Channels)
	for c := range block {
		block[c] = make([]float32, n)
	}
	out := [][]float32{make([]float32, n)}
	var x []int16
	keep := func(k int) {
		for _, v := range out[0][:k] {
			x = append(x, int16(math.Round(float64(max(-1, min(1, v)))*32767)))
		}
	}
	for {
		k, err := r.Read(block)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		mono := block[0][:k]
		for _, c := range block[1:] {
			for i, v := range c[:k] {
				mono[i] += v
			}
		}
		for i := range mono {
			mono[i] /= float32(info.Channels)
		}
		for len(mono) > 0 {
			used, made, err := convert.Process(out, [][]float32{mono})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Path, err)
			}
			keep(made)
			mono = mono[used:]
		}
	}
	for {
		k, err := convert.Flush(out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Path, err)
		}
		if k == 0 {
			return x, nil
		}
		keep(k)
	}
}
