package dataset

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestFretsOnFire(t *testing.T) {
	const rated = "[song]\nname = X\ndiff_guitar = 3\r\n"
	layoutCase{
		files: map[string]string{
			"fof/one/song.ini": rated, "fof/one/guitar.ogg": "~~", "fof/one/song.ogg": "~~", "fof/one/rhythm.ogg": "~", "fof/one/preview.ogg": "~", "fof/one/notes.mid": "MThd",
			"ch/two/Song.ini": rated, "ch/two/guitar.ogg": "~~", "ch/two/Song.ogg": "~~", "ch/two/rhythm.ogg": "~", "ch/two/bass.ogg": "~", "ch/two/crowd.ogg": "~",
			"ch/two/drums_1.ogg": "~", "ch/two/drums_2.ogg": "~", "ch/two/vocals.ogg": "~", "ch/two/keys.ogg": "~",
			"ch/three/song.ini": rated + "Diff_Rhythm=2\ndiff_bass = -1\n", "ch/three/guitar.ogg": "~", "ch/three/rhythm.ogg": "~",
			"ch/four/song.ini": rated + "diff_rhythm = 0\ndiff_bass = 4", "ch/four/vocals_1.ogg": "~", "ch/four/rhythm.ogg": "~",
			"ch/five/song.ini": rated, "ch/five/guitar.ogg": "~~", "ch/five/preview.ogg": "~~", // the whole song
			"ch/six/song.ini": rated, "ch/six/song.ogg": "~~", "ch/six/crowd.ogg": "~~", // nothing on its own
			"ch/seven/song.ini": rated, "ch/seven/song.opus": "Ogg", "ch/seven/drums.opus": "Ogg",
		},
		want: []string{
			"ch | four | rhythm:backing=ch/four/rhythm.ogg | vocals_1:vocals=ch/four/vocals_1.ogg",
			"ch | seven | drums:drums=ch/seven/drums.opus#1 | song:backing=ch/seven/song.opus#1?",
			"ch | three | guitar:guitar=ch/three/guitar.ogg | rhythm:guitar=ch/three/rhythm.ogg",
			"ch | two | song:backing=ch/two/Song.ogg | bass:bass=ch/two/bass.ogg | crowd:backing=ch/two/crowd.ogg? | drums_1:drums=ch/two/drums_1.ogg | " +
				"drums_2:drums=ch/two/drums_2.ogg | guitar:guitar=ch/two/guitar.ogg | keys:other=ch/two/keys.ogg | rhythm:guitar=ch/two/rhythm.ogg | vocals:vocals=ch/two/vocals.ogg",
			"fof | one | guitar:guitar=fof/one/guitar.ogg | rhythm:bass=fof/one/rhythm.ogg | song:backing=fof/one/song.ogg?",
		},
	}.check(t)
	layoutCase{files: map[string]string{"ch/five/song.ini": rated, "ch/five/guitar.ogg": "~~"}, err: []string{"no song"}}.check(t)
}

// A backing in which someone may sing counts in its song, and is never played to a voice of another.
func TestSungBackingIsNoInterference(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"fof/song.ini": "[song]", "fof/guitar.ogg": "~", "fof/song.ogg": "~~", "mine/vocals.wav": "~"})
	set, err := Load(testRate, "", dir)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(set.Songs, func(s Song) bool { return filepath.Base(s.Name) == "fof" })
	song := &set.Songs[i]
	mix, guitar := song.Mix("guitar")
	g, b := signal("fof/guitar.ogg", 1), signal("fof/song.ogg", 2)
	for i := range mix {
		if want := g[0][i] + (b[0][i]+b[1][i])/2; max(mix[i]-want, want-mix[i], guitar[i]-g[0][i]) > 1e-4 {
			t.Fatalf("sample %d: mixture %g, want %g", i, mix[i], want)
		}
	}
	if !song.Has("backing") || !song.Has("guitar") || song.Has("vocals") {
		t.Error("the song lacks a stem")
	}
	if want := []string{"guitar", "vocals"}; !slices.Equal(set.Families(), want) {
		t.Errorf("families %v are drawn from, want %v", set.Families(), want)
	}
}
