package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeTone writes 16-bit mono: a tone, on for a share of each second.
func writeTone(t *testing.T, path string, rate int, hz, share float64, seconds int) {
	t.Helper()
	n := seconds * rate
	data := make([]int16, n)
	for i := range data {
		if at := float64(i%rate) / float64(rate); at < share {
			data[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		}
	}
	var b bytes.Buffer
	header(&b, rate, 1, int64(n))
	_ = binary.Write(&b, binary.LittleEndian, data)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A stacked auto-encoder is learnt, resumed to the same file, and extracts; its curve lies beside it.
func TestTrainLayerwise(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for i, song := range []string{"a", "b"} {
		writeTone(t, in("data/"+song+"/vocals.wav"), 8000, 900+float64(100*i), 0.7, 6)
		writeTone(t, in("data/"+song+"/bass.wav"), 8000, 150+float64(50*i), 0.4, 6)
	}
	recipe := `
[model]
name = "tone"
source = "vocals"
rate_hz = 8000
stft = { frame = 128, synthesis = 128, hop = 64 }
[layerwise]
layers = 2
iterations = 5
final = 5
every = 4
samples = 600
validation = 200
`
	if err := os.WriteFile(in("recipe.toml"), []byte(recipe), 0o666); err != nil {
		t.Fatal(err)
	}
	learn := func(output string, more ...string) string {
		_, stderr := soloist(t, 0, append([]string{"train", in("recipe.toml"), "--data", in("data"), "--validate", in("data"), "--cache", in("cache"), "-o", in(output)}, more...)...)
		return stderr
	}
	if stderr := learn("tone.safetensors"); !strings.Contains(stderr, "iteration 0  1 layers  J 0.") || !strings.Contains(stderr, "condition") {
		t.Errorf("J after least squares is not told, or not below 1:\n%s", stderr)
	}
	for _, name := range []string{"tone.safetensors.csv", "tone.safetensors.png", "tone.safetensors.checkpoint"} {
		read(t, in(name))
	}
	if stderr := learn("tone.safetensors", "--resume"); strings.Contains(stderr, "iteration") {
		t.Errorf("a finished run learnt on:\n%s", stderr)
	}
	if learn("again.safetensors"); !bytes.Equal(read(t, in("tone.safetensors")), read(t, in("again.safetensors"))) {
		t.Error("two runs gave different models")
	}
	writeTone(t, in("mix.wav"), 44100, 950, 1, 2)
	soloist(t, 0, "extract", "--model", in("tone.safetensors"), "-o", in("out"), in("mix.wav"))
	_, mix := decode(t, in("mix.wav"))
	_, voice := decode(t, in("out/mix/vocals.wav"))
	var error, power float64
	for i, v := range mix[0] {
		d := float64(voice[0][i] - v)
		error += d * d
		power += float64(v) * float64(v)
	}
	if len(voice[0]) != len(mix[0]) || error > 0.1*power {
		t.Errorf("a tone of the voice's comes out %.1f dB off", 10*math.Log10(error/power))
	}
	_, stderr := soloist(t, 2, "train", in("recipe.toml"), "--steps", "5", "--data", in("data"), "-o", in("no"))
	line(t, stderr, "--steps", "[layerwise]")
}
