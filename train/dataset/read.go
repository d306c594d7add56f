package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"

	"soloist/host/audiofile"
)

// readMono decodes a file to the mean of its channels at rate Hz, 16 bits.
func readMono(path string, rate int) ([]int16, error) {
	r, err := audiofile.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info := r.Info()
	convert, err := audiofile.NewResampler(1, info.Rate, rate)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
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
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			keep(made)
			mono = mono[used:]
		}
	}
	for {
		k, err := convert.Flush(out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if k == 0 {
			return x, nil
		}
		keep(k)
	}
}
