package evaluate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"soloist/host/audiofile"
	"soloist/train/dataset"
)

// material is what a song holds: the mixture, and what is true.
type material struct {
	rate    int
	sources []string      // those of the separator that the song has
	mix     [][]float32   // [channel][sample]
	refs    [][][]float32 // [source][channel][sample], and last what belongs to no source, unless that is silence
}

// read loads a song for the given sources. Stems are brought to the same number of channels, mono being the same on
// all, and to the length of the longest.
func read(f dataset.Folder, sources []string) (*material, error) {
	m := new(material)
	var info audiofile.Info
	load := func(stem dataset.Stem) ([][]float32, error) {
		i, x, err := decode(stem)
		if err != nil {
			return nil, err
		}
		if m.rate != 0 && i.Rate != m.rate {
			return nil, fmt.Errorf("%s: want %d Hz as the song's other files have, found %d", stem.Path, m.rate, i.Rate)
		}
		if m.rate != 0 && i.Channels != info.Channels && i.Channels != 1 && info.Channels != 1 {
			return nil, fmt.Errorf("%s: want %d channels or one, as the song's other files have, found %d", stem.Path, info.Channels, i.Channels)
		}
		m.rate, info.Channels = i.Rate, max(info.Channels, i.Channels)
		return x, nil
	}
	groups := make([][][]float32, len(sources)+1)
	for _, stem := range f.Stems {
		x, err := load(stem)
		if err != nil {
			return nil, err
		}
		i := slices.Index(sources, stem.Name)
		if i < 0 {
			i = slices.IndexFunc(sources, stem.Is)
		}
		if i < 0 {
			i = len(sources)
		}
		groups[i] = add(groups[i], x)
	}
	if f.Mix.Path != "" {
		x, err := load(f.Mix)
		if err != nil {
			return nil, err
		}
		m.mix = x
	} else {
		for _, g := range groups {
			m.mix = add(m.mix, difference(g)) // a copy, to add to
		}
	}
	frames := length(m.mix)
	for _, g := range groups {
		frames = max(frames, length(g))
	}
	if frames == 0 {
		return nil, fmt.Errorf("%s: want stems with sound in them, found no sample", f.Dir)
	}
	fit := func(x [][]float32) [][]float32 {
		if len(x) == 1 && info.Channels > 1 {
			for len(x) < info.Channels {
				x = append(x, slices.Clone(x[0]))
			}
		}
		for c := range x {
			x[c] = append(x[c], make([]float32, frames-len(x[c]))...)
		}
		return x
	}
	m.mix = fit(m.mix)
	for i, g := range groups {
		switch {
		case i == len(sources) && g == nil && f.Mix.Path != "": // the mixture holds what no file does
			g = difference(m.mix, m.refs...)
		case g != nil:
			g = fit(g)
		}
		if silent(g) {
			continue
		}
		m.refs = append(m.refs, g)
		if i < len(sources) {
			m.sources = append(m.sources, sources[i])
		}
	}
	return m, nil
}

// decode reads a whole stem. A file that is damaged, so that a part of it may be missing, is an error: scores would be false.
func decode(stem dataset.Stem) (audiofile.Info, [][]float32, error) {
	r, err := stem.Open()
	if err != nil {
		return audiofile.Info{}, nil, err
	}
	defer r.Close()
	x, err := audiofile.Drain(r)
	if w := r.Warnings(); err == nil && len(w) > 0 {
		err = errors.New(strings.Join(w, "; "))
	}
	return r.Info(), x, err
}

// add returns the sum of two signals, the longer and wider of which is reused. A single channel goes to all.
func add(x, y [][]float32) [][]float32 {
	if len(x) < len(y) {
		x, y = y, x
	}
	for c := range x {
		if len(y) == 0 {
			break
		}
		from := y[min(c, len(y)-1)]
		if len(x[c]) < len(from) {
			x[c] = append(x[c], make([]float32, len(from)-len(x[c]))...)
		}
		for i, v := range from {
			x[c][i] += v
		}
	}
	return x
}

// difference is x less all the others.
func difference(x [][]float32, others ...[][]float32) [][]float32 {
	d := make([][]float32, len(x))
	for c := range d {
		d[c] = slices.Clone(x[c])
		for _, o := range others {
			for i, v := range o[c] {
				d[c][i] -= v
			}
		}
	}
	return d
}

func length(x [][]float32) int {
	n := 0
	for _, c := range x {
		n = max(n, len(c))
	}
	return n
}

func silent(x [][]float32) bool {
	for _, c := range x {
		for _, v := range c {
			if v != 0 {
				return false
			}
		}
	}
	return true
}
