package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMUSDBStems(t *testing.T) {
	song := func(path string) string {
		return fmt.Sprintf("drums:drums=%[1]s#2 | bass:bass=%[1]s#3 | other:other=%[1]s#4 | vocals:vocals=%[1]s#5 | mix mixture:=%[1]s#1", path)
	}
	layoutCase{
		files: map[string]string{"musdb18/train/A - One.stem.mp4": "a", "musdb18/train/B.STEM.MP4": "b", "musdb18/test/C.stem.mp4": "c", "musdb18/test/film.mp4": "d"},
		want: []string{
			"test | C | " + song("musdb18/test/C.stem.mp4"),
			"train | A - One | " + song("musdb18/train/A - One.stem.mp4"),
			"train | B | " + song("musdb18/train/B.STEM.MP4"),
		},
	}.check(t)
}

// container writes a file of stereo AAC streams of the given seconds at 44.1 kHz: in stream i of 0, 1 … sines of 500·(i+1) Hz
// on the left and of half that on the right.
func container(t *testing.T, path string, streams int, seconds float64) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("want ffmpeg to make a file with, found none")
	}
	args := []string{"-v", "error", "-nostdin"}
	for i := range streams {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc=0.5*sin(2*PI*%d*t)|0.5*sin(2*PI*%d*t):s=44100:d=%g", 500*(i+1), 250*(i+1), seconds))
	}
	for i := range streams {
		args = append(args, "-map", fmt.Sprint(i))
	}
	if out, err := exec.Command("ffmpeg", append(args, "-c:a", "aac", "-b:a", "256k", "-f", "mp4", path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestMUSDBStemsDecode(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	container(t, filepath.Join(dir, "-a: b.stem.mp4"), 5, 0.5)
	found, err := Find([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range append([]Stem{found[0].Mix}, found[0].Stems...) {
		info, x, err := sound(s)
		if err != nil {
			t.Fatal(err)
		}
		if info.Rate != 44100 || info.Channels != 2 || info.Frames != int64(len(x[0])) || len(x[0]) < 22050 || len(x[0]) > 22050+2048 {
			t.Fatalf("%s: %+v, %d samples", s.Name, info, len(x[0]))
		}
		for c, f := range []float64{500 * float64(i+1), 250 * float64(i+1)} {
			var noise float64
			for n := 4000; n < 18000; n++ { // away from the ends
				d := float64(x[c][n]) - 0.5*math.Sin(2*math.Pi*f*float64(n)/44100)
				noise += d * d / 14000
			}
			if snr := 10 * math.Log10(0.125/noise); snr < 20 { // what AAC loses; a sample's delay would cost more, and another stream is below 0
				t.Errorf("%s channel %d: %.1f dB, want %g Hz", s.Name, c, snr, f)
			}
		}
		mono, level, err := s.samples(22050, cache)
		if err != nil || len(mono) != (len(x[0])+1)/2 || math.Abs(level-0.25) > 0.02 {
			t.Errorf("%s: %d samples at level %g, %v", s.Name, len(mono), level, err)
		}
		again, _, err := s.samples(22050, cache)
		if err != nil || !slices.Equal(mono, again) {
			t.Errorf("%s: another stem out of the cache, %v", s.Name, err)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(cache, "*.pcm")); len(kept) != 5 {
		t.Errorf("%d stems in the cache, want 5", len(kept))
	}
	right := found[0].Stems[0]
	right.Channel = 2
	if _, x, err := sound(right); err != nil || len(x) != 1 {
		t.Errorf("one channel of a stream: %d, %v", len(x), err)
	}
}

// A stem that is not read to its end leaves no process behind, and more is not to be had from it.
func TestFFmpegIsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.stem.mp4")
	container(t, path, 1, 60)
	r, err := openFFmpeg(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	block := [][]float32{make([]float32, 100), make([]float32, 100)}
	if n, err := r.Read(block); n == 0 || err != nil || r.Warnings() != nil {
		t.Errorf("%d samples, %v", n, err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil || r.cmd.ProcessState == nil {
		t.Errorf("still running: %v", err)
	}
	if n, err := r.Read(block); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("after the end: %d samples, %v", n, err)
	}
}

func TestFFmpegErrors(t *testing.T) {
	dir := t.TempDir()
	two, cut, text := filepath.Join(dir, "two.stem.mp4"), filepath.Join(dir, "cut.stem.mp4"), filepath.Join(dir, "text.stem.mp4")
	container(t, two, 2, 3)
	all, err := os.ReadFile(two)
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{cut: all[:len(all)/2], text: []byte("no sound")} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(s Stem, want string) {
		t.Helper()
		_, _, err := sound(s)
		if err == nil || !strings.Contains(err.Error(), s.Path+": want ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want one line with %q", err, want)
		}
	}
	fails(Stem{Path: two, Stream: 3}, "want an audio stream 3, found")
	fails(Stem{Path: two, Stream: 2, Channel: 3, Name: "vocals"}, "want at least 3 channels")
	fails(Stem{Path: cut, Stream: 1}, "want an audio stream 1, found")
	fails(Stem{Path: text, Stream: 1}, "want an audio stream 1, found")
	t.Setenv("PATH", t.TempDir())
	fails(Stem{Path: two, Stream: 1}, "want the program ffmpeg to decode it (Debian: apt-get install ffmpeg)")
	if _, _, err := sound(Stem{Path: filepath.Join(dir, "none.mp4"), Stream: 1}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Load(44100, "", dir); err == nil || !strings.Contains(err.Error(), "two.stem.mp4: want the program ffmpeg") {
		t.Error(err)
	}
}
