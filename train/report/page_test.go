package report

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"soloist/host/audiofile"
	"soloist/train/evaluate"
)

// tones gives 12 s at 8 kHz: a truth that is louder from 1.5 s on, and a mixture and an estimate with it.
func tones(_ *evaluate.Song, _ string) (mixture, estimate, truth [][]float32, err error) {
	const n = 12 * 8000
	signals := [3][][]float32{}
	for s := range signals {
		signals[s] = [][]float32{make([]float32, n)}
		for i := range n {
			v := 0.1 * math.Sin(0.3*float64(i))
			if i >= 12000 {
				v *= 4
			}
			if s < 2 {
				v += 0.2 / float64(1+s) * math.Sin(1e-5*float64(i)*float64(i))
			}
			signals[s][0][i] = float32(v)
		}
	}
	return signals[0], signals[1], signals[2], nil
}

// writePage makes a page and returns its text and its elements.
func writePage(t *testing.T, r *evaluate.Result) (string, []*html.Node) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "page.html")
	if err := Page(path, r, tones); err != nil {
		t.Fatal(err)
	}
	if files := names(t, dir); !slices.Equal(files, []string{"page.html"}) {
		t.Errorf("the folder holds %q, want the page alone", files)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var elements []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			elements = append(elements, n)
		}
	}
	return string(data), elements
}

// attribute is an element's, "" where it has none.
func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// words is all text in an element.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func named(elements []*html.Node, name string) []*html.Node {
	return slices.DeleteFunc(slices.Clone(elements), func(n *html.Node) bool { return n.Data != name })
}

func TestPageNeedsNothingElse(t *testing.T) {
	page, elements := writePage(t, small())
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") || strings.Contains(page, "url(") {
		t.Error("the page refers to something on the web")
	}
	for _, n := range elements {
		if n.Data == "script" {
			t.Error("the page has a script")
		}
		for _, key := range []string{"src", "href"} {
			if v := attribute(n, key); v != "" && !strings.HasPrefix(v, "data:") && !strings.HasPrefix(v, "#") {
				t.Errorf("<%s %s=%q>", n.Data, key, v)
			}
		}
	}
}

func TestPageEscapesNames(t *testing.T) {
	r := small()
	r.Sources[1] = `<img src="x">`
	page, elements := writePage(t, r)
	for _, name := range []string{"A <b>bold", "<i>bass", "<stems>", `<img src="x"`} {
		if strings.Contains(page, name) {
			t.Errorf("%q is not escaped", name)
		}
	}
	body := words(named(elements, "body")[0])
	for _, name := range []string{"A <b>bold</b> & loud song", "<i>bass</i>", "no mix.wav & no <stems>", `<img src="x">`} {
		if !strings.Contains(body, name) {
			t.Errorf("the page does not show %q", name)
		}
	}
}

func TestPageShowsBestMedianWorst(t *testing.T) {
	r := small()
	r.Songs[3].Scores[0].SISDR = -28 // gains: A +6, Two −1, Three +8, Four +3
	_, elements := writePage(t, r)
	var titles []string
	for _, n := range named(elements, "h3") {
		titles = append(titles, words(n))
	}
	want := []string{"Best: Three", "Median: Four", "Worst: Two", "Only song: A <b>bold</b> & loud song"}
	if !slices.Equal(titles, want) {
		t.Errorf("examples are %q, want %q", titles, want)
	}
	players := named(elements, "audio")
	if len(players) != 3*len(want) {
		t.Errorf("%d players, want %d", len(players), 3*len(want))
	}
	for _, n := range players {
		data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(attribute(n, "src"), "data:audio/flac;base64,"))
		if err != nil {
			t.Fatal(err)
		}
		checkExcerpt(t, data)
	}
}

// checkExcerpt decodes a player's sound.
func checkExcerpt(t *testing.T, flac []byte) {
	t.Helper()
	r, err := audiofile.OpenReader("player", bytes.NewReader(flac))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if info := r.Info(); info.Format != "flac" || info.Bits != 16 || info.Rate != 8000 || info.Frames != 80000 {
		t.Errorf("a player has %+v, want 10 s of FLAC at 8000 Hz, 16 bit", info)
	}
	x := [][]float32{make([]float32, 4000)}
	if n, err := r.Read(x); n == 0 || err != nil {
		t.Errorf("read %d samples of a player: %v", n, err)
	}
	if loudest := slices.Max(x[0]); loudest < 0.39 { // before 1.5 s the mixture has at most 0.3
		t.Errorf("a player begins with a peak of %.2f, which is not the loudest part", loudest)
	}
}

func TestPageOfFewSongs(t *testing.T) {
	r := small()
	r.Sources = append(r.Sources, "vocals")
	r.Songs = []evaluate.Song{r.Songs[4], r.Songs[1], r.Songs[0]}
	_, elements := writePage(t, r)
	var titles []string
	for _, n := range named(elements, "h3") {
		titles = append(titles, words(n))
	}
	if want := []string{"Best: A <b>bold</b> & loud song", "Worst: Two", "Only song: A <b>bold</b> & loud song"}; !slices.Equal(titles, want) {
		t.Errorf("examples are %q, want %q", titles, want)
	}
	r.Songs = r.Songs[:1]
	page, elements := writePage(t, r)
	if len(named(elements, "audio")) > 0 || !strings.Contains(page, "No song has scores.") {
		t.Error("a page of nothing shows something")
	}
}

func TestPageIsAccessible(t *testing.T) {
	_, elements := writePage(t, small())
	ids := map[string]bool{}
	for _, n := range elements {
		id := attribute(n, "id")
		if id != "" && ids[id] {
			t.Errorf("two elements are called %q", id)
		}
		ids[id] = true
	}
	for _, n := range elements {
		switch n.Data {
		case "th":
			if attribute(n, "scope") == "" {
				t.Errorf("the heading %q has no scope", words(n))
			}
		case "img":
			if attribute(n, "alt") == "" && attribute(n.Parent, "aria-label") == "" {
				t.Error("a picture has no text")
			}
		case "audio":
			if attribute(n, "aria-label") == "" {
				t.Error("a player has no name")
			}
		case "a":
			if to := strings.TrimPrefix(attribute(n, "href"), "#"); !ids[to] {
				t.Errorf("a link leads to %q, which is not there", to)
			}
		}
	}
}

func TestPageIsTheSameAgain(t *testing.T) {
	first, _ := writePage(t, small())
	if second, _ := writePage(t, small()); first != second {
		t.Error("two pages of the same are not the same")
	}
}

func TestPageFailsAsAWhole(t *testing.T) {
	lost := errors.New("drums.wav is lost")
	dir := t.TempDir()
	for name, signals := range map[string]func(*evaluate.Song, string) (a, b, c [][]float32, err error){
		"lost": func(*evaluate.Song, string) (a, b, c [][]float32, err error) { return nil, nil, nil, lost },
		"empty": func(*evaluate.Song, string) (a, b, c [][]float32, err error) {
			return [][]float32{{}}, [][]float32{{}}, [][]float32{{}}, nil
		},
		"without channels": func(*evaluate.Song, string) (a, b, c [][]float32, err error) { return nil, nil, nil, nil },
	} {
		err := Page(filepath.Join(dir, "page.html"), small(), signals)
		if err == nil || !strings.Contains(err.Error(), "drums of Three") || name == "lost" && !errors.Is(err, lost) {
			t.Errorf("%s: %v, want an error that names the source and the song", name, err)
		}
	}
	if files := names(t, dir); len(files) > 0 {
		t.Errorf("left %q", files)
	}
}
