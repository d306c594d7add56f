package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"soloist/host/audiofile"
)

func TestCache(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "not", "yet")
	path := filepath.Join(dir, "drums.wav")
	write := func(level float32, n int) {
		w, err := audiofile.Create(path, audiofile.WAV16, audiofile.Info{Rate: 8000, Channels: 1})
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = level * float32(i%7-3)
		}
		if err := errors.Join(w.Write([][]float32{x}), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	files := func() int {
		f, err := filepath.Glob(filepath.Join(cache, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(f)
	}
	for i, c := range []struct {
		level float32
		n     int
		rate  int
		files int // in the cache afterwards
	}{
		{0.1, 5000, 8000, 1},
		{0.1, 5000, 16000, 2}, // another rate
		{0.2, 6000, 8000, 3},  // another content
		{0, 100, 8000, 4},     // silence
	} {
		write(c.level, c.n)
		want, wantLevel, err := Stem{Path: path}.samples(c.rate, "")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, level, err := Stem{Path: path}.samples(c.rate, cache)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) || level != wantLevel {
				t.Errorf("case %d: %d samples at level %g, want %d at %g", i, len(got), level, len(want), wantLevel)
			}
			if n := files(); n != c.files {
				t.Errorf("case %d: %d files in the cache, want %d", i, n, c.files)
			}
		}
	}
	// What is damaged is made anew.
	names, _ := filepath.Glob(filepath.Join(cache, "*.pcm"))
	for _, n := range names {
		if err := os.Truncate(n, 40); err != nil {
			t.Fatal(err)
		}
	}
	write(0.1, 5000)
	if x, _, err := (Stem{Path: path}).samples(8000, cache); err != nil || len(x) != 5000 {
		t.Errorf("from a damaged cache: %d samples, %v", len(x), err)
	}
	if _, _, err := (Stem{Path: filepath.Join(dir, "missing.wav")}).samples(8000, cache); err == nil {
		t.Error("a missing file is no error")
	}
}
