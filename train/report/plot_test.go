package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"soloist/train/evaluate"
)

func TestPlotPNG(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "box.PNG")
	if err := Plot(path, small()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if w, want := img.Bounds().Dx(), plotWidth*plotDPI/72; w != want {
		t.Errorf("%d pixels wide, want %d", w, want)
	}
	counts := map[string]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			counts[fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)]++
		}
	}
	for _, c := range []evaluate.Contestant{evaluate.Model, evaluate.Mixture, evaluate.Oracle} {
		n := colours[c]
		if counts[fmt.Sprintf("%02x%02x%02x", n.R, n.G, n.B)] < 100 {
			t.Errorf("hardly anything has the colour of the %s", c)
		}
	}
	if counts["ffffff"] < img.Bounds().Dx()*img.Bounds().Dy()/2 {
		t.Error("the paper is not white")
	}
	if files := names(t, dir); !slices.Equal(files, []string{"box.PNG"}) {
		t.Errorf("the folder holds %q, want the plot alone", files)
	}
}

func TestPlotSVG(t *testing.T) {
	r := small()
	r.Sources = append(r.Sources, "R&B <vocals>")
	var files [2][]byte
	for i := range files {
		path := filepath.Join(t.TempDir(), "box.svg")
		if err := Plot(path, r); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two plots of the same are not the same")
	}
	texts := svgTexts(t, files[0])
	for _, want := range []string{
		"drums", "bass", "R&B <vocals>", "model", "mixture", "oracle", "dB", "SI-SDR (whole songs)",
	} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q is not among %q", want, texts)
		}
	}
	if slices.Contains(texts, "baseline") {
		t.Error("the legend has a baseline, which has no scores")
	}
}

// svgTexts are all texts of a document.
func svgTexts(t *testing.T, doc []byte) []string {
	t.Helper()
	var texts []string
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			texts = append(texts, strings.TrimSpace(string(text)))
		}
	}
}

func TestPlotOfNothing(t *testing.T) {
	for _, r := range []*evaluate.Result{{}, {Sources: []string{"drums"}}} {
		if err := Plot(filepath.Join(t.TempDir(), "box.svg"), r); err != nil {
			t.Error(err)
		}
	}
}

func TestPlotRefusesOtherFormats(t *testing.T) {
	for _, name := range []string{"box.jpg", "box"} {
		dir := t.TempDir()
		err := Plot(filepath.Join(dir, name), small())
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), ".png or .svg") {
			t.Errorf("%s: %v, want an error that names it and what is wanted", name, err)
		}
		if files := names(t, dir); len(files) > 0 {
			t.Errorf("%s: left %q", name, files)
		}
	}
}

func TestTickStep(t *testing.T) {
	for _, c := range []struct{ dB, want float64 }{{0, 1}, {8, 1}, {8.1, 2}, {40, 5}, {70, 10}, {1000, 100}} {
		if got := tickStep(c.dB); got != c.want {
			t.Errorf("%v dB are divided by %v, want %v", c.dB, got, c.want)
		}
	}
}

// names are the files in a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
