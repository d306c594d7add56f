package main

import (
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"soloist/host/audiofile"
	"soloist/train/evaluate"
)

// excerpt writes the first seconds of the demo's stems to a folder, and their sum to a file.
func excerpt(t *testing.T, seconds int, dir, mix string) {
	t.Helper()
	stems, err := filepath.Glob("../../assets/demo/surf/*.flac")
	if err != nil || len(stems) == 0 {
		t.Fatal("no stems", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	save := func(path string, x [][]float32) {
		w, err := audiofile.Create(path, audiofile.WAV16, audiofile.Info{Rate: 44100, Channels: len(x)})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(x), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	var sum [][]float32
	for _, stem := range stems {
		_, x, _, err := audiofile.ReadAll(stem)
		if err != nil {
			t.Fatal(err)
		}
		for c := range x {
			x[c] = x[c][:seconds*44100]
			if len(sum) == c {
				sum = append(sum, make([]float32, len(x[c])))
			}
			for i, v := range x[c] {
				sum[c][i] += v
			}
		}
		save(filepath.Join(dir, strings.TrimSuffix(filepath.Base(stem), ".flac")+".wav"), x)
	}
	save(mix, sum)
}

func TestEval(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	excerpt(t, 5, file("songs/surf"), file("surf.wav"))
	out, _ := soloist(t, success, "eval", "--model", "drums,vocals", "--data", file("songs"), "--oracle", "--baseline",
		"--json", file("e.json"), "--plot", file("e.png"), "--html", file("e.html"))
	again, _ := soloist(t, success, "eval", "--model", "drums,vocals", "--data", file("songs"), "--oracle", "--baseline", "-j1", "--json", file("f.json"))
	if out != again {
		t.Errorf("the table depends on --jobs:\n%s\n%s", out, again)
	}
	if a, b := read(t, file("e.json")), read(t, file("f.json")); string(a) != string(b) {
		t.Error("the JSON depends on --jobs")
	}
	if rows := strings.Count(out, "\n"); rows != 1+2*4 {
		t.Errorf("%d lines, want a head and 4 for each of 2 sources:\n%s", rows, out)
	}
	var r evaluate.Result
	if err := json.Unmarshal(read(t, file("e.json")), &r); err != nil {
		t.Fatal(err)
	}
	got := map[string]evaluate.DB{}
	for _, s := range r.Songs[0].Scores {
		got[s.Source+" "+string(s.Contestant)] = s.SISDR
	}
	for _, source := range []string{"drums", "vocals"} {
		if !(got[source+" mixture"] < got[source+" model"] && got[source+" model"] < got[source+" oracle"]) {
			t.Errorf("%s: mixture, model and oracle do not rise: %v", source, got)
		}
	}
	if f, err := os.Open(file("e.png")); err != nil {
		t.Error(err)
	} else if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
	if page := string(read(t, file("e.html"))); strings.Count(page, "<audio") != 2*3 || !strings.Contains(page, "surf") {
		t.Errorf("%d players, want mixture, estimate and truth of 2 sources", strings.Count(page, "<audio"))
	}

	// What extract writes is what eval scores.
	soloist(t, success, "extract", "--model", "drums,vocals", "-o", file("stems"), file("surf.wav"))
	out, _ = soloist(t, success, "score", file("songs/surf"), file("stems/surf"))
	if rows := strings.Count(out, "\n"); rows != 1+2*2 || !strings.Contains(out, "drums") || !strings.Contains(out, "vocals") {
		t.Errorf("%d lines, want a head and 2 for each of 2 stems:\n%s", rows, out)
	}
	_, stderr := soloist(t, failure, "score", file("songs/surf"), t.TempDir())
	line(t, stderr, "no song")

	// A broken song is named and skipped, and the status says so.
	excerpt(t, 1, file("songs/broken"), file("broken.wav"))
	if err := os.Truncate(file("songs/broken/guitar.wav"), 20000); err != nil {
		t.Fatal(err)
	}
	out, stderr = soloist(t, failure, "eval", "--model", "drums", "--data", file("songs"))
	line(t, stderr, "broken", "guitar.wav")
	if !strings.Contains(out, "drums") {
		t.Errorf("the other song is missing:\n%s", out)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEvalMisuse(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		status int
		args   []string
		words  []string
	}{
		{misuse, nil, []string{"--data", "--mir1k"}},
		{misuse, []string{"--data", dir, "--mir1k", dir}, []string{"one of"}},
		{misuse, []string{"--data", dir, "--plot", "a.gif"}, []string{"a.gif", ".png or .svg"}},
		{misuse, []string{"--mir1k", dir, "--oracle"}, []string{"--json only"}},
		{misuse, []string{"--data", dir, "--jobs=-1"}, []string{"--jobs -1"}},
		{failure, []string{"--data", dir}, []string{"no song"}},
		{failure, []string{"--data", filepath.Join(dir, "missing")}, []string{"missing"}},
		{failure, []string{"--mir1k", dir}, []string{"no clip"}},
		{failure, []string{"--model", "identity", "--data", "../../assets/demo"}, []string{"want a song with"}},
	} {
		_, stderr := soloist(t, c.status, append([]string{"eval"}, c.args...)...)
		line(t, stderr, c.words...)
	}
}
