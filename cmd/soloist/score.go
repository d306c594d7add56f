package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"soloist/host/audiofile"
	"soloist/train/bsseval"
)

type scoreCmd struct {
	Truth string `arg:"" help:"Folder of true stems, one audio file each, that sum to the mixture." type:"existingdir"`
	Stems string `arg:"" help:"Folder of extracted stems of the same names." type:"existingdir"`
}

// Run prints the SI-SDR of each extracted stem that has a true one, beside that of the mixture.
func (c *scoreCmd) Run(std *streams) error {
	truth, err := stemsIn(c.Truth)
	if err != nil {
		return err
	}
	stems, err := stemsIn(c.Stems)
	if err != nil {
		return err
	}
	references := map[string][][]float32{}
	var mix [][]float32
	for name, path := range truth {
		_, x, _, err := audiofile.ReadAll(path)
		if err != nil {
			return err
		}
		references[name] = x
		if mix == nil {
			mix = make([][]float32, len(x))
			for i := range mix {
				mix[i] = make([]float32, len(x[0]))
			}
		}
		if len(x) != len(mix) || len(x[0]) != len(mix[0]) {
			return fmt.Errorf("%s: want %d channels of %d samples as the other stems have, found %d of %d", path, len(mix), len(mix[0]), len(x), len(x[0]))
		}
		for ch := range x {
			for i, v := range x[ch] {
				mix[ch][i] += v
			}
		}
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "stem\tmixture\textracted\tgain")
	found := false
	for _, name := range slices.Sorted(maps.Keys(stems)) {
		path := stems[name]
		x, ok := references[name]
		if !ok {
			continue
		}
		_, y, _, err := audiofile.ReadAll(path)
		if err != nil {
			return err
		}
		if len(y) != len(x) || len(y[0]) != len(x[0]) {
			return fmt.Errorf("%s: want %d channels of %d samples as the true stem has, found %d of %d", path, len(x), len(x[0]), len(y), len(y[0]))
		}
		found = true
		before, after := bsseval.SISDR(flat(x), flat(mix)), bsseval.SISDR(flat(x), flat(y))
		fmt.Fprintf(w, "%s\t%+.1f dB\t%+.1f dB\t%+.1f dB\n", name, before, after, after-before)
	}
	if !found {
		return fmt.Errorf("%s: no stem of the names in %s", c.Stems, c.Truth)
	}
	return w.Flush()
}

// stemsIn are the audio files of a folder by their names without extension.
func stemsIn(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	stems := map[string]string{}
	for _, e := range entries {
		switch ext := filepath.Ext(e.Name()); strings.ToLower(ext) {
		case ".wav", ".flac", ".ogg", ".mp3":
			stems[strings.TrimSuffix(e.Name(), ext)] = filepath.Join(dir, e.Name())
		}
	}
	if len(stems) == 0 {
		return nil, fmt.Errorf("%s: want audio files, found none", dir)
	}
	return stems, nil
}

// flat puts all channels one after the other.
func flat(x [][]float32) []float32 {
	var y []float32
	for _, c := range x {
		y = append(y, c...)
	}
	return y
}
