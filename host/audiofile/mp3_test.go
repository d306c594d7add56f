package audiofile

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// readMP3 decodes data in blocks of odd sizes.
func readMP3(t testing.TB, data []byte) (Reader, [][]float32, error) {
	t.Helper()
	r, err := newMP3("test.mp3", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	x := make([][]float32, r.Info().Channels)
	block := make([][]float32, len(x))
	for c := range block {
		block[c] = make([]float32, 997)
	}
	for {
		n, err := r.Read(block)
		for c := range x {
			x[c] = append(x[c], block[c][:n]...)
		}
		if err == io.EOF {
			return r, x, nil
		}
		if err != nil {
			return r, x, err
		}
	}
}

// Lengths are of `ffmpeg -i FILE -f s16le -`, version 5.1, over the size of a frame of samples.
func TestMP3Mixes(t *testing.T) {
	for _, c := range []struct {
		file     string
		channels int
		frames   int64
		title    string
	}{
		{"band-11s.mp3", 2, 1919328 / 4, "Slow Motion Dream (ft. CSoul,Alex Beroza & Robert Siekawitch)"},
		{"song-16s.mp3", 1, 1398622 / 2, "Galway"},
		{"song-20s.mp3", 2, 3528000 / 4, ""},
	} {
		data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "mixes", c.file))
		if err != nil {
			t.Skipf("no mixes beside the sources: %v", err)
		}
		r, x, err := readMP3(t, data)
		if err != nil {
			t.Fatal(err)
		}
		in := r.Info()
		if in.Rate != 44100 || in.Channels != c.channels || in.Frames != c.frames || int64(len(x[0])) != c.frames {
			t.Errorf("%s: %+v, %d samples; want %d channels, %d frames", c.file, in, len(x[0]), c.channels, c.frames)
		}
		if in.Tags["TITLE"] != c.title {
			t.Errorf("%s: TITLE %q, want %q", c.file, in.Tags["TITLE"], c.title)
		}
		if w := r.Warnings(); len(w) > 0 {
			t.Errorf("%s: warnings %q", c.file, w)
		}
	}
}
