package report

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"

	"gonum.org/v1/plot/palette/moreland"

	"soloist/stft"
)

const (
	lowest  = 40  // Hz, the bottom of a picture
	dynamic = 80  // dB from the darkest colour to the brightest
	height  = 256 // pixels
)

// spectrogram is the level of a mono signal's spectrum.
type spectrogram struct {
	rate int         // Hz
	hop  int         // samples
	dB   [][]float64 // [frame][bin], 0 dB being a sine of full scale
}

// pair is the transform of 2048 samples at a hop of 512 at 44.1 kHz, and about as long at other rates.
func pair(rate int) (stft.Pair, error) {
	k := 1 << max(4, int(math.Round(math.Log2(2048*float64(rate)/44100))))
	return stft.Symmetric(k, k/4)
}

// analyse returns the spectrogram of n samples of x[channel][sample], mixed down, from sample start on.
// Frame f is centred half a hop after sample start + f·hop. What lies beyond the signal is silence.
func analyse(x [][]float32, start, n, rate int) (*spectrogram, error) {
	p, err := pair(rate)
	if err != nil {
		return nil, err
	}
	window, _ := p.Windows()
	sum := 0.0
	for _, w := range window {
		sum += w
	}
	a := stft.NewAnalyzer(p)
	s := &spectrogram{rate: rate, hop: p.H}
	hop := make([]float32, p.H)
	bins := make([]complex64, p.Bins())
	before := p.K/p.H - 1 // hops until the first frame is full
	for f := -before; f < (n+p.H-1)/p.H; f++ {
		mixDown(hop, x, start+(p.K-p.H)/2+f*p.H)
		a.Analyze(bins, hop)
		if f < 0 {
			continue
		}
		level := make([]float64, len(bins))
		for b, v := range bins {
			level[b] = 20 * math.Log10(2*math.Hypot(float64(real(v)), float64(imag(v)))/sum)
		}
		s.dB = append(s.dB, level)
	}
	return s, nil
}

// mixDown writes to dst the mean over the channels of x from sample start on.
func mixDown(dst []float32, x [][]float32, start int) {
	for i := range dst {
		dst[i] = 0
		for _, channel := range x {
			if at := start + i; at >= 0 && at < len(channel) {
				dst[i] += channel[at] / float32(len(x))
			}
		}
	}
}

// loudest is the highest level anywhere.
func (s *spectrogram) loudest() float64 {
	loudest := math.Inf(-1)
	for _, frame := range s.dB {
		for _, v := range frame {
			loudest = max(loudest, v)
		}
	}
	return loudest
}

// draw paints a column a frame, over a logarithmic frequency axis from lowest to half the rate.
// The level top gets the brightest colour.
func (s *spectrogram) draw(top float64) (template.URL, error) {
	palette := colourMap()
	img := image.NewPaletted(image.Rect(0, 0, len(s.dB), height), palette)
	for y := range height {
		below := s.bin(1 - float64(y+1)/height)
		above := s.bin(1 - float64(y)/height)
		for x, frame := range s.dB {
			level := between(frame, below, above)
			shade := (level - top + dynamic) / dynamic * float64(len(palette)-1)
			img.SetColorIndex(x, y, uint8(min(max(shade, 0), float64(len(palette)-1))))
		}
	}
	return pngURL(img)
}

// bin is the bin, with a fraction, at a height from 0 to 1 in a picture.
func (s *spectrogram) bin(at float64) float64 {
	nyquist := float64(s.rate) / 2
	return lowest * math.Pow(nyquist/lowest, at) / nyquist * float64(len(s.dB[0])-1)
}

// between is the highest level between two places in a spectrum, interpolated at them.
func between(frame []float64, below, above float64) float64 {
	level := max(interpolate(frame, below), interpolate(frame, above))
	for b := int(math.Ceil(below)); float64(b) <= above && b < len(frame); b++ {
		level = max(level, frame[b])
	}
	return level
}

func interpolate(frame []float64, at float64) float64 {
	b := min(int(at), len(frame)-2)
	f := at - float64(b)
	// A bin of exact zeros, at −∞ dB, must not make a NaN of its neighbour.
	return (1-f)*max(frame[b], -300) + f*max(frame[b+1], -300)
}

// hertz are the marks of the frequency axis.
func (s *spectrogram) hertz() []mark {
	var marks []mark
	octaves := math.Log2(float64(s.rate) / 2 / lowest)
	for _, m := range []struct {
		hz    float64
		label string
	}{
		{50, "50"}, {100, "100"}, {200, "200"}, {500, "500"}, {1e3, "1k"}, {2e3, "2k"}, {5e3, "5k"}, {10e3, "10k"}, {20e3, "20k"},
	} {
		if m.hz <= float64(s.rate)/2 {
			marks = append(marks, mark{percent(math.Log2(m.hz/lowest) / octaves), m.label})
		}
	}
	return marks
}

// times are the marks of the time axis, in seconds of a song whose sample start is the left end.
func (s *spectrogram) times(start int) []mark {
	from := float64(start) / float64(s.rate)
	length := float64(len(s.dB)*s.hop) / float64(s.rate)
	step := 2.0
	for length/step < 2 {
		step /= 2
	}
	var marks []mark
	for t := step * math.Ceil(from/step); t <= from+length; t += step {
		marks = append(marks, mark{percent((t - from) / length), strconv.FormatFloat(t, 'f', -1, 64)})
	}
	return marks
}

func percent(part float64) float64 { return math.Round(1e4*part) / 100 }

// colourMap goes from black over blue and red to pale yellow, evenly in lightness (Moreland, "Why we use bad
// color maps and what you can do about it", 2016).
func colourMap() color.Palette {
	m := moreland.ExtendedBlackBody()
	m.SetMin(0)
	m.SetMax(1)
	return m.Palette(256).Colors()
}

// scaleURL is a picture of the colours from the darkest to the brightest.
func scaleURL() (template.URL, error) {
	palette := colourMap()
	img := image.NewPaletted(image.Rect(0, 0, len(palette), 1), palette)
	for x := range palette {
		img.SetColorIndex(x, 0, uint8(x))
	}
	return pngURL(img)
}

func pngURL(img image.Image) (template.URL, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return dataURL("image/png", b.Bytes()), err
}

func dataURL(kind string, data []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
