package layerwise

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCurveFiles(t *testing.T) {
	dir := t.TempDir()
	curve := []Point{
		{0, 1, 0.5, math.NaN(), 100, 0}, {1, 1, 0.4, math.NaN(), 0, 0}, {1, 2, 0.3, math.NaN(), 10, 1e-9}, {2, 2, 0.01, 0.02, 0, 0},
	}
	csv := filepath.Join(dir, "curve.csv")
	if err := WriteCSV(csv, curve); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(csv)
	want := "iteration,layers,train_j,validation_j,condition,ridge\n0,1,0.5,NaN,100,0\n1,1,0.4,NaN,0,0\n1,2,0.3,NaN,10,1e-09\n2,2,0.01,0.02,0,0\n"
	if err != nil || string(text) != want {
		t.Errorf("%v, %q, want %q", err, text, want)
	}
	for name, of := range map[string][]Point{"curve.png": curve, "linear.PNG": curve[:3], "empty.png": nil} {
		path := filepath.Join(dir, name)
		if err := Plot(path, name, of); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if image, err := png.Decode(bytes.NewReader(raw)); err != nil || image.Bounds().Dx() != plotWidth*plotDPI/72 {
			t.Errorf("%s: %v", name, err)
		}
	}
	svg := filepath.Join(dir, "curve.svg")
	if err := Plot(svg, "curve", curve); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(svg); err != nil || !strings.Contains(string(text), "validation") {
		t.Errorf("%v: no legend in the SVG", err)
	}
	if Plot(filepath.Join(dir, "curve.pdf"), "", curve) == nil {
		t.Error("a PDF was drawn")
	}
	if n := Reached(curve, 0.35); n != 1 || Reached(curve, 0.001) != -1 {
		t.Errorf("J = 0.35 is reached at %d, want 1, and 0.001 at %d, want -1", n, Reached(curve, 0.001))
	}
}
