package audiofile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	gowav "github.com/mjibson/go-dsp/wav"
)

// gridSound is sound of n samples on the grid of bits, with both ends of the range in it.
func gridSound(seed uint64, channels, n, bits int) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	half := int64(1) << (bits - 1)
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, n)
		v := int64(0)
		for i := range x[c] {
			switch {
			case i%5000 < 4000:
				v += r.Int64N(half/8) - half/16
			case i%5000 < 4500:
				v = -half / 3 // constant
			default:
				v = r.Int64N(2*half) - half
			}
			v = min(max(v, -half), half-1)
			x[c][i] = float32(float64(v) / float64(half))
		}
		if n > 2 {
			x[c][0], x[c][1] = -1, float32(float64(half-1)/float64(half))
		}
	}
	return x
}

// write makes a file of x in blocks of odd lengths.
func write(t *testing.T, path string, f Format, info Info, x [][]float32) Writer {
	t.Helper()
	w, err := Create(path, f, info)
	if err != nil {
		t.Fatal(err)
	}
	block := make([][]float32, len(x))
	for at, n := 0, 1; at < len(x[0]); at, n = at+n, n*2+1 {
		n = min(n, len(x[0])-at)
		for c := range x {
			block[c] = x[c][at : at+n]
		}
		if err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	return w
}

func same(t *testing.T, got, want [][]float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d channels, want %d", len(got), len(want))
	}
	for c := range want {
		if len(got[c]) != len(want[c]) {
			t.Fatalf("channel %d: %d samples, want %d", c, len(got[c]), len(want[c]))
		}
		for i := range want[c] {
			if got[c][i] != want[c][i] {
				t.Fatalf("channel %d, sample %d: %v, want %v", c, i, got[c][i], want[c][i])
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	flacTool, _ := exec.LookPath("flac")
	tags := Tags{"TITLE": "Tönend", "ARTIST": "A; B", "TRACKNUMBER": "7"}
	for f := WAV16; f <= FLAC24; f++ {
		bits := f.Bits()
		if bits == 0 {
			bits = 24
		}
		for _, channels := range []int{1, 2, 3, 8} {
			for _, n := range []int{0, 1, 2, 17, 4095, 4096, 4097, 23456} {
				info := Info{Rate: []int{44100, 8000, 96000, 12345, 88200}[n%5], Channels: channels, Frames: -1, Tags: tags}
				x := gridSound(uint64(n), channels, n, bits)
				path := filepath.Join(t.TempDir(), "a"+f.Ext())
				if w := write(t, path, f, info, x); w.Clipped() != 0 {
					t.Errorf("%v: %d samples clipped", f, w.Clipped())
				}
				got, y, warnings, err := ReadAll(path)
				if err != nil || len(warnings) > 0 {
					t.Fatalf("%v, %d×%d: %v %q", f, channels, n, err, warnings)
				}
				same(t, y, x)
				want := Info{Format: strings.Trim(f.Ext(), "."), Rate: info.Rate, Channels: channels, Bits: max(f.Bits(), 0), Frames: int64(n), Tags: tags}
				if f == WAV32F {
					want.Bits, want.Float = 32, true
				}
				if got.Format != want.Format || got.Rate != want.Rate || got.Channels != want.Channels || got.Bits != want.Bits ||
					got.Float != want.Float || got.Frames != want.Frames || len(got.Tags) != 3 || got.Tags["TITLE"] != "Tönend" || got.Tags["TRACKNUMBER"] != "7" {
					t.Errorf("%v: info %+v, want %+v", f, got, want)
				}
				if f >= FLAC16 && flacTool != "" && n > 0 {
					if out, err := exec.Command(flacTool, "-t", "-w", "-s", path).CombinedOutput(); err != nil {
						t.Errorf("%v, %d×%d: flac -t: %v %s", f, channels, n, err, out)
					}
				}
			}
		}
	}
}

func TestFLACIsSmall(t *testing.T) {
	_, x, _, err := ReadAll("testdata/stereo16.wav")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.flac")
	write(t, path, FLAC16, Info{Rate: 22050, Channels: 2}, x)
	got, _ := os.Stat(path)
	ref, _ := os.Stat("testdata/stereo16.flac")
	t.Logf("%d bytes, the reference encoder %d, as WAV %d", got.Size(), ref.Size(), 4*len(x[0]))
	if got.Size() > ref.Size()*3/2 {
		t.Errorf("%d bytes, the reference encoder %d", got.Size(), ref.Size())
	}
}

func TestClipped(t *testing.T) {
	x := [][]float32{{1, -1, 1.5, -1.5, float32(math.Inf(1)), float32(math.NaN()), 0.99999, 1e-9}}
	for f := WAV16; f <= FLAC24; f++ {
		path := filepath.Join(t.TempDir(), "a")
		w := write(t, path, f, Info{Rate: 8000, Channels: 1}, x)
		_, y, _, err := ReadAll(path)
		if err != nil {
			t.Fatal(err)
		}
		if f == WAV32F {
			if w.Clipped() != 0 || y[0][2] != 1.5 {
				t.Errorf("%v clips: %d, %v", f, w.Clipped(), y)
			}
			continue
		}
		top := float32(1 - 1/float64(int(1)<<(f.Bits()-1)))
		if want := int64(5); w.Clipped() < want || w.Clipped() > want+1 {
			t.Errorf("%v: %d clipped, want %d", f, w.Clipped(), want)
		}
		if want := []float32{top, -1, top, -1, top, 0}; !slices.Equal(y[0][:6], want) {
			t.Errorf("%v: %v, want %v", f, y[0], want)
		}
	}
}

func TestFixtures(t *testing.T) {
	_, ref, _, err := ReadAll("testdata/stereo16.wav")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name   string
		format string
		bits   int
		tol    float64 // largest difference
	}{
		{"stereo8.wav", "wav", 8, 1.0 / 128}, {"stereo24.wav", "wav", 24, 0}, {"stereo32.wav", "wav", 32, 0},
		{"float32.wav", "wav", 32, 0}, {"float64.wav", "wav", 64, 0},
		{"stereo16.flac", "flac", 16, 0}, {"stereo24.flac", "flac", 24, 0}, {"stereo.ogg", "ogg", 0, 0.1},
	} {
		info, x, warnings, err := ReadAll("testdata/" + f.name)
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v %q", f.name, err, warnings)
			continue
		}
		if info.Format != f.format || info.Bits != f.bits || info.Rate != 22050 || info.Frames != int64(len(ref[0])) || len(x) != 2 || len(x[0]) != len(ref[0]) {
			t.Errorf("%s: %+v", f.name, info)
			continue
		}
		if strings.HasSuffix(f.name, "stereo16.flac") || f.format == "ogg" {
			if info.Tags["TITLE"] != "Tones" || info.Tags["ARTIST"] != "Nobody at all" {
				t.Errorf("%s: tags %q", f.name, info.Tags)
			}
		}
		for c := range x {
			for i := range x[c] {
				if d := math.Abs(float64(x[c][i] - ref[c][i])); d > f.tol {
					t.Fatalf("%s: channel %d, sample %d: off by %v", f.name, c, i, d)
				}
			}
		}
	}
}

// TestAgainstGoDSP compares the reading of 16 bits with an independent reader.
func TestAgainstGoDSP(t *testing.T) {
	for _, name := range []string{"testdata/stereo16.wav", "testdata/mono16.wav"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w, err := gowav.New(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		_, x, _, err := ReadAll(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := w.ReadSamples((len(b) - 44) / 2) // its own count is rounded down
		if err != nil {
			t.Fatal(err)
		}
		s := v.([]int16)
		if len(s) != len(x)*len(x[0]) {
			t.Fatalf("%s: %d samples, want %d", name, len(x)*len(x[0]), len(s))
		}
		for i := range s {
			if got := x[i%len(x)][i/len(x)] * (1 << 15); got != float32(s[i]) {
				t.Fatalf("%s: sample %d: %v, want %d", name, i, got, s[i])
			}
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		path string
		is   error
		says string
	}{
		{filepath.Join(dir, "none.wav"), os.ErrNotExist, "no such file"},
		{dir, nil, "found a folder"},
		{file("empty.wav", ""), ErrEmpty, "empty"},
		{file("x.mp3", "<html>\n<body>"), ErrUnknownFormat, `not audio that this program reads (WAV, FLAC, Ogg Vorbis, MP3): it starts with "<html>"`},
		{file("x.wav", "\x00\x00\x00\x00\x00\x00\x00\x00\x00"), ErrUnknownFormat, "zero bytes"},
		{file("y.wav", "\x00\x01\x02\xff\x00\x00\x00\x00\x00"), ErrUnknownFormat, "00 01 02 ff"},
		{file("x.m4a", "\x00\x00\x00\x20ftypM4A "), ErrUnknownFormat, "MP4"},
		{file("one", "R"), ErrUnknownFormat, `"R"`},
		{file("cut.wav", "RIFF\x00\x00\x00\x00WAVE"), nil, "fmt "},
		{file("cut.flac", "fLaC"), nil, "cut short"},
		{file("cut.ogg", "OggS\x00\x02\x01vorbis"), nil, "cut short"},
		{file("opus.ogg", "OggS\x00\x02OpusHead"), ErrUnknownFormat, "Opus"},
	} {
		_, err := Open(c.path)
		if err == nil {
			t.Errorf("%s: no error", c.path)
			continue
		}
		msg := err.Error()
		if !strings.HasPrefix(msg, c.path+": ") || strings.Contains(msg, "\n") || strings.Count(msg, c.path) != 1 || !strings.Contains(msg, c.says) {
			t.Errorf("%s: %q, want it to say %q", c.path, msg, c.says)
		}
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v is not %v", c.path, err, c.is)
		}
	}
}

// TestHostileMemory opens files that claim to need far more memory than they are long.
func TestHostileMemory(t *testing.T) {
	fl, err := os.ReadFile("testdata/mono16.flac")
	if err != nil {
		t.Fatal(err)
	}
	huge := slices.Clone(fl[:42])
	huge[4] &= 0x7F
	for _, kind := range []byte{0x04, 0x03, 0x06, 0x02, 0x05} {
		huge = append(huge, kind, 0, 0, 12)
		huge = append(huge, "\x00\x00\x00\x00\xff\xff\xff\x7f\x00\x00\x00\x00"...)
	}
	huge = append(huge, 0x84, 0xff, 0xff, 0xff)
	cases := map[string][]byte{"flac": huge}

	og, err := os.ReadFile("testdata/mono.ogg")
	if err != nil {
		t.Fatal(err)
	}
	o := bytes.Index(og, []byte("BCV"))
	bad := slices.Clone(og)
	copy(bad[o+3:], "\xff\xff\xff\xff\xff") // dimensions and entries of the first codebook
	cases["ogg"] = mendOgg(bad)
	wave := wavFile(fmtChunk(1, 64, 44100, 128, 16), chunk("LIST", []byte("INFOINAM\xff\xff\xff\x7f")), []byte("data\xf0\xff\xff\xff"))
	cases["wav"] = wave
	for name, b := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := OpenReader(name, bytes.NewReader(b))
		if err == nil {
			_, err = Drain(r)
		}
		runtime.ReadMemStats(&after)
		got := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes allocated; %v", name, got, err)
		if got > 8<<20 {
			t.Errorf("%s: %d bytes allocated", name, got)
		}
	}
}

// mendOgg puts the right checksums into the pages of b.
func mendOgg(b []byte) []byte {
	for at := 0; at+27 <= len(b); {
		i := bytes.Index(b[at:], []byte("OggS"))
		if i < 0 || at+i+27 > len(b) {
			break
		}
		at += i
		n := 27 + int(b[at+26])
		for _, l := range b[min(at+27, len(b)):min(at+n, len(b))] {
			n += int(l)
		}
		n = min(n, len(b)-at)
		clear(b[at+22 : at+26])
		crc := uint32(0)
		for _, v := range b[at : at+n] {
			crc = crc<<8 ^ oggTable[byte(crc>>24)^v]
		}
		binary.LittleEndian.PutUint32(b[at+22:], crc)
		at += n
	}
	return b
}

func TestWriteErrors(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	x := gridSound(1, 2, 1<<18, 16)
	for f := WAV16; f <= FLAC24; f++ {
		w, err := Create("/dev/full", f, Info{Rate: 44100, Channels: 2})
		if err != nil {
			t.Fatal(err)
		}
		werr := w.Write(x)
		cerr := w.Close()
		for _, err := range []error{werr, cerr} {
			if err == nil || !strings.HasPrefix(err.Error(), "/dev/full: no space") {
				t.Errorf("%v: %v", f, err)
			}
		}
		if err := w.Write(x); err == nil {
			t.Errorf("%v: written to after Close", f)
		}
	}
	if _, err := Create(filepath.Join(t.TempDir(), "none", "a.wav"), WAV16, Info{Rate: 1, Channels: 1}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for _, i := range []Info{{Rate: 44100}, {Channels: 2}, {Rate: 44100, Channels: 65}, {Rate: 1 << 20, Channels: 1}} {
		if _, err := Create(filepath.Join(t.TempDir(), "a"), WAV16, i); err == nil {
			t.Errorf("%+v: no error", i)
		}
	}
}

func TestFormatNames(t *testing.T) {
	for f := WAV16; f <= FLAC24; f++ {
		if g, err := ParseFormat(strings.ToUpper(f.String())); err != nil || g != f {
			t.Errorf("%v: %v %v", f, g, err)
		}
	}
	if _, err := ParseFormat("aiff"); err == nil || !strings.Contains(err.Error(), "flac24") {
		t.Error(err)
	}
	if Format(9).Ext() != "" || Format(-1).Bits() != 0 {
		t.Error("unknown formats")
	}
}
