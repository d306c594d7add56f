package evaluate

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A song of any layout is read as its folder of stems would be: a channel of a file, or files that something else names.
func TestReadLayouts(t *testing.T) {
	dir := t.TempDir()
	x := [][]float32{noise(1, 1, rate/4, 0.2)[0], noise(2, 1, rate/4, 0.2)[0]}
	sum := slices.Clone(x[0])
	for i := range sum {
		sum[i] += x[1][i]
	}
	store(t, filepath.Join(dir, "k/Wavfile/a.wav"), rate, x)
	store(t, filepath.Join(dir, "s/T/stems/S00.wav"), rate, x[:1])
	store(t, filepath.Join(dir, "s/T/stems/S01.wav"), rate, x[1:])
	store(t, filepath.Join(dir, "s/T/mix.wav"), rate, [][]float32{sum})
	meta := "stems: {S00: {inst_class: Synth Pad}, S01: {inst_class: Bass}}"
	if err := os.WriteFile(filepath.Join(dir, "s/T/metadata.yaml"), []byte(meta), 0o644); err != nil {
		t.Fatal(err)
	}
	songs := find(t, dir)
	if len(songs) != 2 {
		t.Fatalf("%d songs", len(songs))
	}
	for i, source := range []string{"vocals", "bass"} {
		m, err := read(songs[i], []string{"drums", source})
		if err != nil {
			t.Fatal(err)
		}
		if m.rate != rate || !slices.Equal(m.sources, []string{source}) || len(m.refs) != 2 || len(m.mix) != 1 {
			t.Fatalf("%s: sources %v, %d references, %d channels", songs[i].Name, m.sources, len(m.refs), len(m.mix))
		}
		for n, v := range sum {
			want := []float32{v, x[1][n], x[0][n]}
			for j, got := range []float32{m.mix[0][n], m.refs[0][0][n], m.refs[1][0][n]} {
				if d := got - want[j]; d > 1e-4 || d < -1e-4 { // 16 bits
					t.Fatalf("%s sample %d: %g, want %g", songs[i].Name, n, got, want[j])
				}
			}
		}
	}
}
