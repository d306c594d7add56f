package dataset

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tones returns a set of sines: the families can be told apart by their frequencies.
func tones(families ...string) *Set {
	s := &Set{Rate: 8000, Augment: DefaultAugmentation(), Presence: DefaultPresence()}
	for song := range 2 {
		var clips []Clip
		for f, name := range families {
			x := make([]int16, 32000)
			for i := range x {
				x[i] = int16(8000 * math.Sin(2*math.Pi*float64(200*(f+1)+20*song)*float64(i)/8000))
			}
			clips = append(clips, Clip{Family: name, Samples: x, Level: activeLevel(x, 4000)})
		}
		s.Songs = append(s.Songs, Song{Name: string(rune('a' + song)), Clips: clips, From: []string{"sines (CC0)"}})
	}
	s.index()
	return s
}

func TestDrawIsReproducibleAndAddsUp(t *testing.T) {
	set := tones("drums", "vocals", "bass")
	mix, target := make([]float32, 4000), make([]float32, 4000)
	again, same := make([]float32, 4000), make([]float32, 4000)
	absent, alone, both := 0, 0, 0
	for seed := range uint64(400) {
		set.Draw(rand.New(rand.NewPCG(seed, 1)), "vocals", mix, target)
		set.Draw(rand.New(rand.NewPCG(seed, 1)), "vocals", again, same)
		if !slices.Equal(mix, again) || !slices.Equal(target, same) {
			t.Fatal("the same seed gives another example")
		}
		var s, rest float64
		for i, m := range mix {
			if math.IsNaN(float64(m)) || math.Abs(float64(m)) > 100 {
				t.Fatalf("seed %d: a sample of %g", seed, m)
			}
			s += float64(target[i]) * float64(target[i])
			rest += float64(m-target[i]) * float64(m-target[i])
		}
		switch {
		case s == 0:
			absent++
		case rest < 2e-4*s: // noise, hum and crackle are at −50 dB and below
			alone++
		default:
			both++
		}
	}
	if absent == 0 || alone == 0 || both < 250 {
		t.Errorf("of 400 examples %d lack the target, %d hold nothing else, %d both", absent, alone, both)
	}
}

func TestBackingIsNeverMixedWhereItMayHideTheTarget(t *testing.T) {
	set := tones("drums", "backing")
	set.Augment = Augmentation{Remix: 0.7}
	mix, target := make([]float32, 2000), make([]float32, 2000)
	for seed := range uint64(100) {
		set.Draw(rand.New(rand.NewPCG(seed, 1)), "drums", mix, target)
		for i := range mix {
			if mix[i] != target[i] {
				t.Fatalf("seed %d: backing beside the drums", seed)
			}
		}
	}
}

// A sine read at half and at 1.2 times its speed is a sine of half and 1.2 times its frequency.
func TestCutResamples(t *testing.T) {
	const f = 100.
	x := make([]int16, 8000)
	for i := range x {
		x[i] = int16(math.Round(16384 * math.Sin(2*math.Pi*f*float64(i)/8000)))
	}
	c := Clip{Samples: x}
	dst := make([]float32, 2000)
	for _, speed := range []float64{0.5, 1, 1.2} {
		c.cut(dst, 1000, speed)
		for i, v := range dst {
			want := 0.5 * math.Sin(2*math.Pi*f*(1000+float64(i)*speed)/8000)
			if math.Abs(float64(v)-want) > 2e-4 { // rounding to 16 bits and the cubic's error at f/rate = 1/80
				t.Fatalf("speed %g sample %d: %g, want %g", speed, i, v, want)
			}
		}
	}
	c.cut(dst, 7900, 1)
	if dst[99] == 0 && dst[98] == 0 || dst[100] != 0 || dst[1999] != 0 {
		t.Error("what lies behind the clip is not silence")
	}
}

// The peaking filter has its gain at its centre and none far away.
func TestPeaking(t *testing.T) {
	for _, c := range []struct{ f, db float64 }{{0.05, 6}, {0.01, -6}, {0.2, 0}} {
		x := make([]float32, 20000)
		for i := range x {
			x[i] = float32(math.Sin(2 * math.Pi * c.f * float64(i)))
		}
		peakAt(c.f, c.db, 1).run(x)
		var p float64
		for _, v := range x[10000:] {
			p += float64(v) * float64(v) / 5000
		}
		if got := 10 * math.Log10(p); math.Abs(got-c.db) > 0.05 {
			t.Errorf("%g dB at %g: got %.2f dB", c.db, c.f, got)
		}
	}
}

// The low-pass filter is at −3 dB at its corner, flat an octave below and at 48 dB an octave above.
func TestLowpass(t *testing.T) {
	for _, c := range []struct{ f, db, tolerance float64 }{{0.05, 0, 0.05}, {0.1, -3.01, 0.05}, {0.2, -52, 4}} {
		x := make([]float32, 20000)
		for i := range x {
			x[i] = float32(math.Sin(2 * math.Pi * c.f * float64(i)))
		}
		lowpass(x, 0.1)
		var p float64
		for _, v := range x[10000:] {
			p += float64(v) * float64(v) / 5000
		}
		if got := 10 * math.Log10(p); math.Abs(got-c.db) > c.tolerance {
			t.Errorf("at %g: %.2f dB, want %g", c.f, got, c.db)
		}
	}
}

func TestActiveLevel(t *testing.T) {
	x := make([]int16, 8000)
	if v := activeLevel(x, 1000); v != 0 {
		t.Errorf("silence has level %g", v)
	}
	for i := range 2000 { // a quarter is a square wave of ½, the rest silence
		x[i] = 16384 * int16(1-2*(i/10%2))
	}
	if v := activeLevel(x, 1000); math.Abs(v-0.5) > 1e-6 {
		t.Errorf("level %g, want 0.5", v)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(44100, "", filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing folder was read")
	}
	if _, err := Load(44100, "", dir); err == nil || !strings.Contains(err.Error(), "no song") {
		t.Error(err)
	}
	bad := filepath.Join(dir, "drums.wav")
	if err := os.WriteFile(bad, []byte("RIFF is not enough"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(44100, "", dir); err == nil || !strings.Contains(err.Error(), "drums.wav") {
		t.Error(err)
	}
}

func TestOrigins(t *testing.T) {
	dir := t.TempDir()
	if got := origins(dir); len(got) != 1 || !strings.Contains(got[0], "unknown") {
		t.Error(got)
	}
	text := `{"seed":1,"sources":{"bass":[{"source":"swagbass","author":"K","licence":"CC0-1.0"}]},"set":"evr","song":"1","repo":"r","licence":"CC0-1.0"}`
	if err := os.WriteFile(filepath.Join(dir, "meta.json"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := origins(dir); !slices.Contains(got, "swagbass, K (CC0-1.0)") || !slices.Contains(got, "evr: 1, r (CC0-1.0)") {
		t.Error(got)
	}
}
