package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gitlab.com/gomidi/midi/v2"
	"gitlab.com/gomidi/midi/v2/smf"
)

// library writes a small library of synthetic recordings.
func library(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	put := func(family, source, name string, x []float32) {
		d := filepath.Join(dir, family, source)
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		meta := `{"author": "nobody", "licence": "CC0-1.0"}`
		if err := os.WriteFile(filepath.Join(d, "meta.json"), []byte(meta), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := writeWAV(filepath.Join(d, name+".wav"), x); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	sound := func(seconds, hz, noise float64) []float32 {
		x := make([]float32, int(seconds*Rate))
		for i := range x {
			s := float64(i) / Rate
			p := 2 * math.Pi * hz * s
			x[i] = float32(math.Exp(-3*s/seconds) * (0.3*math.Sin(p) + 0.2*math.Sin(2*p) + noise*r.NormFloat64()*0.2))
		}
		return x
	}
	for name, hz := range map[string]float64{"kick": 60, "snare": 200, "hihat_closed": 3000, "hihat_open": 3000, "ride": 4000, "crash": 2500, "tom_lo": 90, "tom_mid": 120, "tom_hi": 160} {
		put("drums", "kit", name+"_vl1", sound(0.3, hz, 0.5))
		put("drums", "kit", name+"_vl2", sound(0.3, hz, 1))
	}
	for _, n := range []string{"e1", "a1", "d2", "g2"} {
		p, _ := pitchOf(n)
		put("bass", "swagbass", n, sound(1, midiHz(p), 0))
		put("guitar", "emilyguitar", "notes_"+n, sound(1, midiHz(p+12), 0))
		put("guitar", "allan764-steel-acoustic", n, sound(1, midiHz(p+12), 0))
		put("piano", "splendid-grand", n, sound(1, midiHz(p+12), 0))
	}
	for i := range 3 {
		put("vocals", "producerspace-house-vocals", fmt.Sprintf("shv_e_125_SHV_%d", i), sound(1.5, 220, 0.05))
		put("vocals", "producerspace-shouts", fmt.Sprintf("hey_now_x%d", i), sound(0.6, 300, 0.05))
	}
	return dir
}

func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[rel] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Neither the number of workers nor the order in which recordings are first decoded may show.
func TestDeterminism(t *testing.T) {
	samples := library(t)
	var first map[string][]byte
	for _, jobs := range []int{1, 3} {
		out := t.TempDir()
		j := Job{Samples: []string{samples}, Minutes: 1.5, Seed: 5, Jobs: jobs}
		rep, err := j.Run(context.Background(), out)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Songs != 2 {
			t.Errorf("%d songs for 1.5 minutes, want 2", rep.Songs)
		}
		got := tree(t, out)
		if first == nil {
			first = got
			continue
		}
		if len(got) != len(first) {
			t.Fatalf("%d files with %d workers, %d with one", len(got), jobs, len(first))
		}
		for name, b := range first {
			if !bytes.Equal(got[name], b) {
				t.Errorf("%s differs with %d workers", name, jobs)
			}
		}
	}
}

func TestBand(t *testing.T) {
	lib, err := OpenLibrary(library(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		s, err := Band(lib, 9, i)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var mix []float32
		for f, x := range s.Stems {
			if n == 0 {
				n, mix = len(x), make([]float32, len(x))
			}
			if len(x) != n {
				t.Errorf("%s: stem %s has %d samples, others %d", s.Name, f, len(x), n)
			}
			if activeRMS(x) == 0 {
				t.Errorf("%s: stem %s is silent", s.Name, f)
			}
			if len(s.Meta.Sources[f]) == 0 {
				t.Errorf("%s: stem %s names no source", s.Name, f)
			}
			for k, v := range x {
				if v != v || v > 1 || v < -1 {
					t.Fatalf("%s: stem %s is %v at sample %d", s.Name, f, v, k)
				}
			}
			addScaled(mix, x, 1)
		}
		if p := peak(mix); p > dB(-2.99) {
			t.Errorf("%s: the sum peaks at %.2f", s.Name, p)
		}
		if sec := float64(n) / Rate; sec < 20 || sec > 75 {
			t.Errorf("%s lasts %.1f s", s.Name, sec)
		}
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	j := Job{Samples: []string{library(t)}, Minutes: 1000, Seed: 1}
	start := time.Now()
	if _, err := j.Run(ctx, t.TempDir()); err == nil || time.Since(start) > time.Minute {
		t.Errorf("a cancelled job returned %v after %v", err, time.Since(start))
	}
}

func TestRevoice(t *testing.T) {
	x := make([]float32, Rate)
	for i := range x {
		for h := 1; h < 12; h++ {
			x[i] += float32(math.Sin(2*math.Pi*150*float64(h*i)/Rate)) / float32(4*h)
		}
	}
	base := 69 + 12*math.Log2(150.0/440)
	for _, shift := range []float64{-7, -3, 0, 4} {
		y := revoice(x, shift, -2, 1.2)
		if got, c := detectPitchIn(y, len(y)/3, Rate/5, 50, 600); c < 0.8 || math.Abs(got-base-shift) > 0.3 {
			t.Errorf("shifted by %v: sounds at %.2f (confidence %.2f), want %.2f", shift, got, c, base+shift)
		}
		if d := float64(len(y)) / float64(len(x)); math.Abs(d-1.2) > 0.02 {
			t.Errorf("stretched to %.2f, want 1.2", d)
		}
	}
}

// song is a small MIDI file: drums on channel 10, bass, guitar and a lead.
func song(t testing.TB) []byte {
	t.Helper()
	var tr smf.Track
	tr.Add(0, smf.MetaTempo(120))
	for ch, prog := range map[uint8]uint8{0: 33, 1: 29, 2: 80} {
		tr.Add(0, midi.ProgramChange(ch, prog))
	}
	for range 60 {
		for ch, key := range []uint8{40, 52, 64} {
			tr.Add(0, midi.NoteOn(uint8(ch), key, 90))
		}
		tr.Add(0, midi.NoteOn(9, 36, 100))
		tr.Add(240, midi.NoteOn(9, 42, 70))
		for ch, key := range []uint8{40, 52, 64} {
			tr.Add(0, midi.NoteOff(uint8(ch), key))
		}
	}
	tr.Close(0)
	s := smf.New()
	s.TimeFormat = smf.MetricTicks(480)
	if err := s.Add(tr); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wad(lumps map[string][]byte) []byte {
	var body, dir bytes.Buffer
	for name, b := range lumps {
		_ = binary.Write(&dir, binary.LittleEndian, []uint32{uint32(12 + body.Len()), uint32(len(b))})
		var n [8]byte
		copy(n[:], name)
		dir.Write(n[:])
		body.Write(b)
	}
	out := []byte("PWAD")
	out = binary.LittleEndian.AppendUint32(out, uint32(len(lumps)))
	out = binary.LittleEndian.AppendUint32(out, uint32(12+body.Len()))
	return append(append(out, body.Bytes()...), dir.Bytes()...)
}

func TestTune(t *testing.T) {
	tune, err := readTune(song(t))
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(tune.end-15) > 0.01 || tune.notes() != 300 {
		t.Errorf("%d notes in %.2f s, want 300 in 15", tune.notes(), tune.end)
	}
	for _, e := range tune.events {
		if e.status == 0x90 && e.channel == 1 && familyOf(e.channel, e.program) != "guitar" {
			t.Errorf("a note of channel 1 belongs to %s", familyOf(e.channel, e.program))
		}
	}
}

func TestWAD(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.wad"), wad(map[string][]byte{"D_ONE": song(t), "TEXT": []byte("something else, longer")}), 0o644); err != nil {
		t.Fatal(err)
	}
	tunes, err := OpenTunes(dir)
	if err != nil || len(tunes) != 1 || tunes[0].Name != "x-d_one" {
		t.Fatalf("%v, %v", tunes, err)
	}
	bad := wad(map[string][]byte{"A": {1}})
	binary.LittleEndian.PutUint32(bad[4:], 1<<31)
	if _, _, err := wadMIDI(bytes.NewReader(bad), int64(len(bad))); err == nil {
		t.Error("a directory beyond the file was believed")
	}
}

func TestMIDI(t *testing.T) {
	const font = "/usr/share/sounds/sf2/TimGM6mb.sf2"
	if _, err := os.Stat(font); err != nil {
		t.Skip("no SoundFont at", font)
	}
	fonts, err := OpenFonts(font)
	if err != nil {
		t.Fatal(err)
	}
	tune, err := readTune(song(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := MIDI([]*Tune{tune}, fonts, nil, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"drums", "bass", "guitar", "other"} {
		if x := s.Stems[f]; len(x) != len(s.Stems["drums"]) || activeRMS(x) == 0 {
			t.Errorf("stem %s: %d samples, level %v", f, len(x), activeRMS(x))
		}
	}
	if len(s.Stems) != 4 {
		t.Errorf("%d stems, want 4", len(s.Stems))
	}
}

func FuzzTune(f *testing.F) {
	f.Add(song(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		tune, err := readTune(b)
		if err == nil && tune == nil {
			t.Error("neither tune nor error")
		}
	})
}

func FuzzWAD(f *testing.F) {
	f.Add(wad(map[string][]byte{"D_ONE": song(f)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		names, lumps, err := wadMIDI(bytes.NewReader(b), int64(len(b)))
		if err == nil && len(names) != len(lumps) {
			t.Errorf("%d names for %d lumps", len(names), len(lumps))
		}
	})
}
