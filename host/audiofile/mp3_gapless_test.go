package audiofile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mp3Signal is the sound of testdata/mp3/make.sh: sweeps from 200 and 400 Hz, at 1800 and 3600 Hz
// a second, so that only one lag fits.
func mp3Signal(rate, n, channels int) [][]float32 {
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, n)
		f, a := float64(c+1), 0.4-0.1*float64(c)
		for i := range x[c] {
			t := float64(i) / float64(rate)
			x[c][i] = float32(a * math.Sin(2*math.Pi*f*(200*t+900*t*t)))
		}
	}
	return x
}

// mp3Lag is the lag in samples, within ±3000, at which y is most like the middle 2048 samples of x,
// and their correlation there.
func mp3Lag(x, y []float32) (lag int, corr float64) {
	from := max(0, len(x)/2-1024)
	x = x[from:min(len(x), from+2048)]
	corr = -1
	for l := -3000; l <= 3000; l++ {
		at := from + l
		if at < 0 || at+len(x) > len(y) {
			continue
		}
		var xy, xx, yy float64
		for i, b := range y[at : at+len(x)] {
			a, b := float64(x[i]), float64(b)
			xy += a * b
			xx += a * a
			yy += b * b
		}
		if c := xy / math.Sqrt(xx*yy+1e-9); c > corr {
			lag, corr = l, c
		}
	}
	return lag, corr
}

// checkMP3 checks that data decodes to want in number and time. The least correlation was 0.99
// at any of the rates tested here.
func checkMP3(t *testing.T, data []byte, rate int, want [][]float32) {
	t.Helper()
	r, x, err := readMP3(t, data)
	if err != nil {
		t.Fatal(err)
	}
	n := len(want[0])
	in := r.Info()
	if in.Rate != rate || len(x) != len(want) || len(x[0]) != n || in.Frames != int64(n) {
		t.Fatalf("%d Hz, %d channels, %d samples, Frames %d; want %d, %d, %d", in.Rate, len(x), len(x[0]), in.Frames, rate, len(want), n)
	}
	for c := range x {
		if lag, corr := mp3Lag(want[c], x[c]); lag != 0 || corr < 0.98 {
			t.Errorf("channel %d: lag %d, correlation %.4f; want 0, over 0.98", c, lag, corr)
		}
	}
	if w := r.Warnings(); len(w) > 0 {
		t.Errorf("warnings %q", w)
	}
}

type mp3Fixture struct {
	name              string
	rate, n, channels int
}

var mp3Fixtures = []mp3Fixture{
	{"cbr128-44100", 44100, 17677, 2},
	{"vbr-44100", 44100, 17677, 2},
	{"crc-44100", 44100, 17677, 2},
	{"tags23", 44100, 17677, 2},
	{"tags24", 44100, 17677, 2},
	{"lavc-44100", 44100, 17677, 2},
	{"cbr320-44100", 44100, 9001, 2},
	{"mono-44100", 44100, 17677, 1},
	{"vbr-48000", 48000, 17677, 2},
	{"abr-32000", 32000, 13001, 2},
	{"cbr96-22050", 22050, 11025, 2},
	{"vbr-24000", 24000, 9601, 2},
	{"mono-16000", 16000, 8001, 1},
}

func mp3File(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "mp3", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMP3Gapless(t *testing.T) {
	for _, f := range mp3Fixtures {
		t.Run(f.name, func(t *testing.T) {
			checkMP3(t, mp3File(t, f.name+".mp3"), f.rate, mp3Signal(f.rate, f.n, f.channels))
		})
	}
}

// Without a header of LAME's nothing is cut: late by lame's 576 samples and the decoder's 529.
func TestMP3NoHeader(t *testing.T) {
	r, x, err := readMP3(t, mp3File(t, "noheader-44100.mp3"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(x[0]); n%1152 != 0 || r.Info().Frames != int64(n) || len(r.Warnings()) > 0 {
		t.Errorf("%d samples, Frames %d, warnings %q", n, r.Info().Frames, r.Warnings())
	}
	if lag, corr := mp3Lag(mp3Signal(44100, 17677, 1)[0], x[0]); lag != 1105 || corr < 0.98 {
		t.Errorf("lag %d, correlation %.4f; want 1105", lag, corr)
	}
}

// wav16 is x as a 16-bit WAV file.
func wav16(rate int, x [][]float32) []byte {
	var b bytes.Buffer
	n := len(x[0]) * len(x) * 2
	b.WriteString("RIFF")
	le := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	le(uint32(36 + n))
	b.WriteString("WAVEfmt ")
	le(uint32(16))
	le([]uint16{1, uint16(len(x))})
	le([]uint32{uint32(rate), uint32(rate * 2 * len(x))})
	le([]uint16{uint16(2 * len(x)), 16})
	b.WriteString("data")
	le(uint32(n))
	for i := range x[0] {
		for c := range x {
			le(int16(math.Round(float64(x[c][i]) * 32767)))
		}
	}
	return b.Bytes()
}

// TestMP3Lame encodes with the lame program at each rate, in each mode.
func TestMP3Lame(t *testing.T) {
	lame, err := exec.LookPath("lame")
	if err != nil || testing.Short() {
		t.Skip("no lame, or short")
	}
	dir := t.TempDir()
	for _, rate := range []int{44100, 48000, 32000, 22050, 24000, 16000} {
		for _, mode := range []string{"-b 96", "-b 160", "-V 2", "--abr 112"} {
			for _, stereo := range []string{"-m j", "-m m"} {
				t.Run(fmt.Sprint(rate, " ", mode, " ", stereo), func(t *testing.T) {
					channels := 2
					if stereo == "-m m" {
						channels = 1
					}
					x := mp3Signal(rate, rate/6+rate/100+7, channels)
					args := strings.Fields(fmt.Sprintf("--quiet --resample %g %s %s - -", float64(rate)/1000, mode, stereo))
					path := filepath.Join(dir, "a.mp3") // lame writes its header at the end
					args[len(args)-1] = path
					cmd := exec.Command(lame, args...)
					cmd.Stdin = bytes.NewReader(wav16(rate, x))
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					data, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					checkMP3(t, data, rate, x)
				})
			}
		}
	}
}
