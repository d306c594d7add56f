package dataset

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"soloist/host/audiofile"
)

const testRate = 8000

// signal is the sound of a test's file: [channel][300], on the grid of 16 bits, another for every path and channel.
func signal(path string, channels int) [][]float32 {
	h := fnv.New32a()
	h.Write([]byte(path))
	x := make([][]float32, channels)
	for c := range x {
		state := h.Sum32() + uint32(c)*0x9e3779b9
		for range 300 {
			state = state*1664525 + 1013904223
			x[c] = append(x[c], float32(int8(state>>24))/512)
		}
	}
	return x
}

// plant writes files below a folder: sound where the text is a tilde a channel, WAV or by its ending FLAC, and
// otherwise the text.
func plant(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if channels := len(text); channels > 0 && strings.Trim(text, "~") == "" {
			format := audiofile.WAV16
			if strings.HasSuffix(name, ".flac") {
				format = audiofile.FLAC16
			}
			w, e := audiofile.Create(path, format, audiofile.Info{Rate: testRate, Channels: channels})
			if e != nil {
				t.Fatal(e)
			}
			err = errors.Join(err, w.Write(signal(name, channels)), w.Close())
		} else {
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sound reads a whole stem.
func sound(s Stem) (audiofile.Info, [][]float32, error) {
	r, err := s.Open()
	if err != nil {
		return audiofile.Info{}, nil, err
	}
	defer r.Close()
	x, block := make([][]float32, r.Info().Channels), make([][]float32, r.Info().Channels)
	for size := 1; ; size = size*2%777 + 1 { // blocks of all sizes
		for c := range block {
			block[c] = make([]float32, size)
		}
		n, err := r.Read(block)
		for c := range x {
			x[c] = append(x[c], block[c][:n]...)
		}
		if errors.Is(err, io.EOF) {
			return r.Info(), x, nil
		} else if err != nil {
			return r.Info(), x, err
		}
	}
}

// lines words what was found, one line a song.
func lines(dir string, songs []Folder) []string {
	word := func(s Stem) string {
		rel, _ := filepath.Rel(dir, s.Path)
		text := fmt.Sprintf("%s:%s=%s", s.Name, s.Family, filepath.ToSlash(rel))
		if s.Stream > 0 {
			text += fmt.Sprintf("#%d", s.Stream)
		}
		if s.Channel > 0 {
			text += fmt.Sprintf("[%d]", s.Channel)
		}
		if s.Sung {
			text += "?"
		}
		return text
	}
	var all []string
	for _, f := range songs {
		line := f.Set + " | " + f.Name
		for _, s := range f.Stems {
			line += " | " + word(s)
		}
		if f.Mix.Path != "" {
			line += " | mix " + word(f.Mix)
		}
		all = append(all, line)
	}
	return all
}

// layoutCase is a tree of files and what Find makes of it.
type layoutCase struct {
	files map[string]string // as plant takes them
	also  []string
	want  []string // as lines words them, %s being the tree's own folder
	err   []string // parts of the error instead
}

// check plants, finds and, with WAV and FLAC files, decodes.
func (c layoutCase) check(t *testing.T) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	plant(t, dir, c.files)
	found, err := Find([]string{dir}, c.also...)
	if len(c.err) > 0 {
		if err == nil {
			t.Fatalf("no error, want one with %q; found\n%s", c.err, strings.Join(lines(dir, found), "\n"))
		}
		for _, part := range c.err {
			if text := err.Error(); !strings.Contains(text, part) || strings.Contains(text, "\n") {
				t.Errorf("error %q, want one line with %q", text, part)
			}
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range c.want {
		c.want[i] = strings.ReplaceAll(w, "%s", filepath.Base(dir))
	}
	if got := lines(dir, found); !slices.Equal(got, c.want) {
		t.Fatalf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
	}
	for _, song := range found {
		for _, s := range append(slices.Clone(song.Stems), song.Mix) {
			rel, _ := filepath.Rel(dir, s.Path)
			rel = filepath.ToSlash(rel)
			if marks := c.files[rel]; s.Stream == 0 && marks != "" && strings.Trim(marks, "~") == "" {
				checkSound(t, s, signal(rel, len(marks)))
			}
		}
	}
}

// checkSound reads a stem in full and, as training does, as the mean of its channels.
func checkSound(t *testing.T, s Stem, want [][]float32) {
	t.Helper()
	if s.Channel > 0 {
		want = want[s.Channel-1 : s.Channel]
	}
	info, x, err := sound(s)
	if err != nil {
		t.Fatal(err)
	}
	if info.Rate != testRate || info.Channels != len(want) || !slices.EqualFunc(x, want, slices.Equal) {
		t.Errorf("%s: not the samples that were written: %d channels at %d Hz", s.Path, info.Channels, info.Rate)
	}
	cache := t.TempDir()
	for range 2 {
		mono, _, err := s.samples(testRate, cache)
		if err != nil || len(mono) != len(want[0]) {
			t.Fatalf("%s: %d samples, %v", s.Path, len(mono), err)
		}
		for i := range mono {
			var mean float64
			for c := range want {
				mean += float64(want[c][i]) / float64(len(want))
			}
			if math.Abs(float64(mono[i])-mean*32767) > 0.51 { // rounded, from the mean in 32 bits
				t.Fatalf("%s sample %d: %d, want %g", s.Path, i, mono[i], mean*32767)
			}
		}
	}
}
