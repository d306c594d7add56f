package evaluate

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"soloist/train/dataset"
)

func TestMIR1K(t *testing.T) {
	dir := t.TempDir()
	// Two clips, of which one is three times as long; the voice is ten times quieter than the music.
	long, short := noise(1, 1, 3*rate, 0.5)[0], noise(2, 1, rate, 0.5)[0]
	for name, music := range map[string][]float32{"singer_1_01.wav": long, "singer_1_02.wav": short} {
		voice := noise(uint64(len(music)), 1, len(music), 0.05)[0]
		store(t, filepath.Join(dir, "Wavfile", name), rate, [][]float32{music, voice})
	}
	store(t, filepath.Join(dir, "folders/singer_2_01/vocals.wav"), rate, [][]float32{short})
	store(t, filepath.Join(dir, "folders/singer_2_01/accompaniment.wav"), rate, noise(5, 1, rate, 0.5))
	store(t, filepath.Join(dir, "mono.wav"), rate, [][]float32{short})
	store(t, filepath.Join(dir, "silent.wav"), rate, [][]float32{short, make([]float32, rate)})
	clips, err := FindMIR1K(dir)
	if err != nil {
		t.Fatal(err)
	}
	var energies []float64
	e := Evaluation{
		Sources: []string{"vocals"}, Jobs: 1,
		// Half of the mixture: its SDR is that of the mixture, so the gain is 0. The long clip gets white noise instead.
		Estimate: func(_ context.Context, _ dataset.Folder, _ int, mix [][]float32) (map[string][][]float32, error) {
			y := noise(9, 1, len(mix[0]), 0.5)
			if len(mix[0]) == rate {
				for i, v := range mix[0] {
					y[0][i] = v / 2
				}
			} else {
				energies = append(energies, energy(mix[0]), 2*energy(noise(uint64(3*rate), 1, 3*rate, 0.05)[0]))
			}
			return map[string][][]float32{"vocals": y}, nil
		},
	}
	r, err := e.MIR1K(t.Context(), clips, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Clips) != 5 || r.Clips[2].Name != "singer_1_01" && r.Clips[3].Name != "singer_1_02" {
		t.Fatalf("clips %+v", clips)
	}
	failed := 0
	for _, c := range r.Clips {
		switch c.Name {
		case "mono":
			failed++
			if !strings.Contains(c.Error, "want 2 channels") {
				t.Errorf("mono: %q", c.Error)
			}
		case "silent":
			failed++
			if !strings.Contains(c.Error, "found silence") {
				t.Errorf("silent: %q", c.Error)
			}
		default:
			near(t, c.Name+": the mixture", c.Voice.Mixture, 0, 0.5)
			if c.Frames == rate {
				near(t, c.Name+": gain of the mixture", c.Voice.SDR-c.Voice.Mixture, 0, 1e-6)
			} else if c.Voice.SDR > -5 {
				t.Errorf("%s: noise scores %g dB", c.Name, c.Voice.SDR)
			}
		}
	}
	if failed != 2 {
		t.Errorf("%d clips refused, want 2", failed)
	}
	if math.Abs(energies[0]/energies[1]-1) > 0.05 {
		t.Errorf("the mixture has %g of twice the voice's energy: not mixed at 0 dB", energies[0]/energies[1])
	}
	long1 := r.Clips[1]
	for _, c := range r.Clips {
		if c.Frames == 3*rate {
			long1 = c
		}
	}
	near(t, "GNSDR weighs by length", r.Voice.GNSDR, float64(long1.Voice.SDR-long1.Voice.Mixture)*3/5, 1e-6)

	e.Sources = []string{"drums"}
	if _, err := e.MIR1K(t.Context(), clips, nil); err == nil || !strings.Contains(err.Error(), "want a model of vocals") {
		t.Errorf("drums on MIR-1K: %v", err)
	}
	if _, err := FindMIR1K(t.TempDir()); err == nil {
		t.Error("no clip is no error")
	}
}
