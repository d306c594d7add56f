package report

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"
)

// decodePNG reads the picture in a data URL.
func decodePNG(t *testing.T, url template.URL) image.Image {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(url), "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// brightest is where a picture has its brightest colour, the middle where several have it.
func brightest(img image.Image) (x, y float64) {
	most, n := uint32(0), 0.0
	for py := range img.Bounds().Dy() {
		for px := range img.Bounds().Dx() {
			r, g, b, _ := img.At(px, py).RGBA()
			if r+g+b > most {
				most, n, x, y = r+g+b, 0, 0, 0
			}
			if r+g+b == most {
				n, x, y = n+1, x+float64(px)+0.5, y+float64(py)+0.5
			}
		}
	}
	return x / n, y / n
}

// at is where an axis has a label, as a part of its length.
func at(t *testing.T, marks []mark, label string) float64 {
	t.Helper()
	for _, m := range marks {
		if m.Label == label {
			return m.At / 100
		}
	}
	t.Fatalf("%v has no %q", marks, label)
	return 0
}

func TestSineIsAtItsFrequency(t *testing.T) {
	const rate, hz = 44100, 93 * 44100.0 / 2048 // 2003 Hz, in the middle of a bin
	x := make([]float32, 2*rate)
	for i := range x {
		x[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / rate))
	}
	s, err := analyse([][]float32{x, x}, rate/2, rate, rate)
	if err != nil {
		t.Fatal(err)
	}
	if top := s.loudest(); math.Abs(top) > 0.01 {
		t.Errorf("a sine of full scale is at %.2f dB, want 0", top)
	}
	url, err := s.draw(0)
	if err != nil {
		t.Fatal(err)
	}
	img := decodePNG(t, url)
	if w, h := img.Bounds().Dx(), img.Bounds().Dy(); w != (rate+511)/512 || h != height {
		t.Errorf("the picture is %d × %d", w, h)
	}
	_, y := brightest(img)
	// A bin is 21.5 Hz, which is half a pixel here.
	if want := height * (1 - at(t, s.hertz(), "2k")); math.Abs(y-want) > 2 {
		t.Errorf("2 kHz are at row %.1f, and labelled at %.1f", y, want)
	}
}

func TestClickIsAtItsTime(t *testing.T) {
	const rate, start = 8000, 12000 // the excerpt is from 1.5 s
	x := make([]float32, 4*rate)
	x[3*rate] = 1
	s, err := analyse([][]float32{x}, start, 2*rate, rate)
	if err != nil {
		t.Fatal(err)
	}
	url, err := s.draw(10 * math.Ceil(s.loudest()/10))
	if err != nil {
		t.Fatal(err)
	}
	img := decodePNG(t, url)
	column, _ := brightest(img)
	if want := at(t, s.times(start), "3") * float64(img.Bounds().Dx()); math.Abs(column-want) > 1 {
		t.Errorf("the click is at column %.1f, and its time is labelled at %.1f", column, want)
	}
}

func TestSilenceIsBlack(t *testing.T) {
	s, err := analyse([][]float32{make([]float32, 4000)}, 0, 4000, 8000)
	if err != nil {
		t.Fatal(err)
	}
	url, err := s.draw(-100)
	if err != nil {
		t.Fatal(err)
	}
	img := decodePNG(t, url)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, b, _ := img.At(x, y).RGBA(); r+g+b > 0 {
				t.Fatalf("pixel %d, %d of silence is %v", x, y, img.At(x, y))
			}
		}
	}
}

func TestLoudest(t *testing.T) {
	x := [][]float32{{0, 1, 0, 0, 3, 3, 0, 9}, {0, 0, 0, -4, 0, 0, 0, 0}}
	for _, c := range []struct{ length, n, want int }{{7, 2, 3}, {7, 3, 3}, {8, 2, 6}, {7, 7, 0}} {
		if got := loudest(x, c.length, c.n); got != c.want {
			t.Errorf("the loudest %d of %d begin at %d, want %d", c.n, c.length, got, c.want)
		}
	}
}
