package dataset

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestMIR1K(t *testing.T) {
	layoutCase{
		files: map[string]string{
			"MIR-1K/Wavfile/abjones_1_01.wav": "~~", "MIR-1K/Wavfile/amy_2.02.wav": "~~", "MIR-1K/Wavfile/readme.txt": "no sound",
			"MIR-1K/UndividedWavfile/abjones_1.wav": "~~", "MIR-1K/PitchLabel/abjones_1_01.pv": "0",
		},
		want: []string{
			"UndividedWavfile | abjones_1 | accompaniment:backing=MIR-1K/UndividedWavfile/abjones_1.wav[1] | vocals:vocals=MIR-1K/UndividedWavfile/abjones_1.wav[2]",
			"Wavfile | abjones_1_01 | accompaniment:backing=MIR-1K/Wavfile/abjones_1_01.wav[1] | vocals:vocals=MIR-1K/Wavfile/abjones_1_01.wav[2]",
			"Wavfile | amy_2.02 | accompaniment:backing=MIR-1K/Wavfile/amy_2.02.wav[1] | vocals:vocals=MIR-1K/Wavfile/amy_2.02.wav[2]",
		},
	}.check(t)
	t.Chdir(t.TempDir())
	plant(t, "Wavfile", map[string]string{"a.wav": "~~"})
	t.Chdir("Wavfile")
	if found, err := Find([]string{"."}); err != nil || len(found) != 1 || found[0].Set != "Wavfile" || found[0].Dir != "a.wav" {
		t.Errorf("from within: %+v, %v", found, err)
	}
	if found, err := Find([]string{"a.wav"}); err != nil || len(found) != 1 || len(found[0].Stems) != 2 {
		t.Errorf("a file alone: %+v, %v", found, err)
	}
	// A folder of stems may be called so, too.
	layoutCase{
		files: map[string]string{"Wavfile/drums.wav": "~", "Wavfile/x.wav": "~~"},
		want:  []string{"%s | Wavfile | drums:drums=Wavfile/drums.wav | x:=Wavfile/x.wav"},
	}.check(t)
}

// What is mixed and what is learnt from are the two channels.
func TestMIR1KLoads(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"Wavfile/a.wav": "~~"})
	set, err := Load(testRate, t.TempDir(), dir)
	if err != nil {
		t.Fatal(err)
	}
	song := &set.Songs[0]
	mix, voice := song.Mix("vocals")
	want := signal("Wavfile/a.wav", 2)
	for i := range mix {
		if d := mix[i] - want[0][i] - want[1][i]; d > 1e-4 || d < -1e-4 || voice[i]-want[1][i] > 1e-4 || voice[i]-want[1][i] < -1e-4 {
			t.Fatalf("sample %d: mixture %g and voice %g, want %g+%g and %[5]g", i, mix[i], voice[i], want[0][i], want[1][i])
		}
	}
	if !song.Has("vocals") || !song.Has("backing") || song.Has("other") || !strings.HasSuffix(song.Name, filepath.Join("Wavfile", "a.wav")) {
		t.Errorf("song %s: %v", song.Name, set.Families())
	}
	plant(t, dir, map[string]string{"Wavfile/b.wav": "~"})
	if _, err := Load(testRate, "", dir); err == nil || !strings.Contains(err.Error(), "b.wav: want at least 2 channels, the last of them vocals, found 1") {
		t.Error(err)
	}
}
