package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{
		"a/eval/one/drums.wav", "a/eval/one/Vocals.FLAC", "a/eval/one/mixture.wav", "a/eval/one/meta.json", "a/eval/one/cowbell.ogg",
		"b/eval/two/backing.mp3", "b/eval/two/synth.ogg", "b/eval/two/flute.wav",
		"b/three/flute.wav", "b/three/mix.wav",
		"b/notes/song.wav", "b/notes/drums.txt",
	} {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	line := func(f Folder) string {
		var stems []string
		for _, s := range f.Stems {
			stems = append(stems, s.Name+":"+s.Family)
		}
		return strings.Join([]string{f.Set, f.Name, strings.Join(stems, ","), strings.TrimPrefix(filepath.Base(f.Mix.Path), ".")}, " ")
	}
	for _, c := range []struct {
		also []string
		want []string
	}{
		{nil, []string{
			"a/eval one vocals:vocals,cowbell:,drums:drums mixture.wav",
			"b/eval two backing:backing,flute:,synth:other ",
		}},
		{[]string{"flute"}, []string{
			"a/eval one vocals:vocals,cowbell:,drums:drums mixture.wav",
			"b/eval two backing:backing,flute:,synth:other ",
			"b three flute: mix.wav",
		}},
	} {
		// A folder given twice, and one below another, count once; a link is followed.
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(filepath.Join(dir, "b"), link); err != nil {
			t.Skip(err)
		}
		found, err := Find([]string{dir, filepath.Join(dir, "a"), link}, c.also...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			got = append(got, line(f))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("also %v: found\n%s\nwant\n%s", c.also, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
	if _, err := Find([]string{filepath.Join(dir, "b/notes")}); err == nil || !strings.Contains(err.Error(), "no song") {
		t.Errorf("a folder without stems: %v", err)
	}
	if _, err := Find([]string{filepath.Join(dir, "missing")}); err == nil {
		t.Error("a missing folder is no error")
	}
	flute := Stem{Name: "flute"}
	synth := Stem{Name: "synth", Family: "other"}
	if !flute.Is("flute") || flute.Is("other") || flute.Is("") || !synth.Is("synth") || !synth.Is("other") {
		t.Error("stems are not told by name and family")
	}
}
