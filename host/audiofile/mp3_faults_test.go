package audiofile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func warned(r Reader, want string) bool {
	return slices.ContainsFunc(r.Warnings(), func(w string) bool { return strings.Contains(w, want) })
}

// go-mp3 takes its rate from the first header-like bytes: here one of 48 kHz before the file.
func TestMP3JunkPrefix(t *testing.T) {
	file := mp3File(t, "cbr128-44100.mp3")
	junk := append(bytes.Repeat([]byte("junk"), 25), 0xff, 0xfb, 0x94, 0x64)
	for _, n := range []int{0, 1, 1000, 300_000} {
		r, x, err := readMP3(t, slices.Concat(junk, make([]byte, n), file))
		if err != nil {
			t.Fatal(err)
		}
		if in := r.Info(); in.Rate != 44100 || len(x[0]) != 17677 || in.Frames != 17677 {
			t.Errorf("%+v, %d samples", in, len(x[0]))
		}
		if want := fmt.Sprintf("%d bytes before the first frame", 104+n); !warned(r, want) {
			t.Errorf("warnings %q, want %q", r.Warnings(), want)
		}
	}
}

func TestMP3Truncated(t *testing.T) {
	file := mp3File(t, "cbr128-44100.mp3")
	// The header, 417 bytes, and 16 frames in all were written; 5000 bytes hold 10 whole frames.
	r, x, err := readMP3(t, file[:5000])
	if err != nil {
		t.Fatal(err)
	}
	n := len(x[0])
	if n < 10*1152-1105 || n > 11*1152-1105 || r.Info().Frames != int64(n) {
		t.Errorf("%d samples, Frames %d", n, r.Info().Frames)
	}
	if want := fmt.Sprintf("truncated: %d of 17677 samples", n); !warned(r, want) {
		t.Errorf("warnings %q, want %q", r.Warnings(), want)
	}
	if r, _ := newMP3("x", bytes.NewReader(file[:5000]), 5000); r.Info().Frames != -1 {
		t.Errorf("Frames %d before reading, though the file is known to be cut", r.Info().Frames)
	}
	if lag, corr := mp3Lag(mp3Signal(44100, n, 1)[0], x[0]); lag != 0 || corr < 0.98 {
		t.Errorf("lag %d, correlation %.4f", lag, corr)
	}
	// At a frame's end, and without a header to tell.
	if r, _, err = readMP3(t, file[:len(file)-418]); err != nil || !warned(r, "of 17677 samples") {
		t.Errorf("%v, warnings %q", err, r.Warnings())
	}
	file = mp3File(t, "noheader-44100.mp3")
	if r, _, err = readMP3(t, file[:len(file)-100]); err != nil || !warned(r, "of at least") {
		t.Errorf("%v, warnings %q", err, r.Warnings())
	}
}

func TestMP3Unsupported(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"mpeg25.mp3", "MPEG-2.5"}, {"freeformat.mp3", "free format"}, {"layer2.mp2", "Layer II"},
	} {
		_, _, err := readMP3(t, mp3File(t, c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "test.mp3: ") {
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
		if !looksLikeMP3(mp3File(t, c.file)) {
			t.Errorf("%s does not look like MP3, so its error would not be seen", c.file)
		}
	}
}

// Garbage in the middle is passed over, and what follows is as it would have been.
func TestMP3Garbage(t *testing.T) {
	file := mp3File(t, "cbr128-44100.mp3")
	_, clean, _ := readMP3(t, file)
	rnd := rand.New(rand.NewPCG(1, 2))
	junk := make([]byte, 70_000)
	for i := range junk {
		junk[i] = byte(rnd.Uint32())
	}
	at := 417 * 8 // near a frame's start
	for i := at; ; i++ {
		if h, ok := parseMP3Header(file[i:]); ok && h.rate() == 44100 && h.layer() == 3 && !h.free() {
			at = i
			break
		}
	}
	r, x, err := readMP3(t, slices.Concat(file[:at], junk, file[at:]))
	if err != nil || len(x[0]) != len(clean[0]) {
		t.Fatalf("%v, %d samples, want %d", err, len(x[0]), len(clean[0]))
	}
	if !warned(r, "70000 bytes") {
		t.Errorf("warnings %q", r.Warnings())
	}
	n := len(x[0])
	for c := range x {
		if !slices.Equal(x[c][:4000], clean[c][:4000]) || !slices.Equal(x[c][n-4000:], clean[c][n-4000:]) {
			t.Errorf("channel %d differs far from the garbage", c)
		}
	}
	if _, _, err := readMP3(t, junk); err == nil {
		t.Error("noise taken for MP3")
	}
}

// mp3At is the offset of frame n in data, which begins with a frame.
func mp3At(data []byte, n int) int {
	at := 0
	for range n {
		h, _ := parseMP3Header(data[at:])
		at += h.size()
	}
	return at
}

// go-mp3 panics on short blocks of the mixed kind in MPEG-2. The frame becomes silence, the rest
// and the length stay.
func TestMP3Panic(t *testing.T) {
	file := mp3File(t, "cbr96-22050.mp3")
	_, clean, _ := readMP3(t, file)
	bad := slices.Clone(file)
	for _, n := range []int{8, 9} {
		side := bad[mp3At(bad, n)+4:]
		side[6] = 0xd0 | side[6]&15 // window switching, block type 2, mixed
	}
	r, x, err := readMP3(t, bad)
	if err != nil || len(x[0]) != len(clean[0]) || !warned(r, "2 frames are damaged") {
		t.Fatalf("%v, %d samples, warnings %q", err, len(x[0]), r.Warnings())
	}
	from, to := 7*576-1105-576, 9*576-1105+1152
	for c := range x {
		if !slices.Equal(x[c][:from], clean[c][:from]) || !slices.Equal(x[c][to:], clean[c][to:]) {
			t.Errorf("channel %d differs outside of the damage", c)
		}
	}
	for n := 1; mp3At(file, n) < len(file); n++ { // every frame
		side := file[mp3At(file, n)+4:]
		side[2] |= 4 // some data
		side[6] = 0xd0
	}
	if _, _, err := readMP3(t, file); !errors.Is(err, errNoSound) {
		t.Errorf("nothing decodable: %v, want %v", err, errNoSound)
	}
}

// Whatever is damaged but for headers, the length stays.
func TestMP3Damaged(t *testing.T) {
	file := mp3File(t, "vbr-44100.mp3")
	rnd := rand.New(rand.NewPCG(3, 4))
	damaged := 0
	for range 60 {
		bad := slices.Clone(file)
		for n := 1; mp3At(file, n) < len(file); n++ {
			if rnd.IntN(3) == 0 {
				bad[mp3At(file, n)+4+rnd.IntN(32)] = byte(rnd.Uint32())
			}
		}
		r, x, err := readMP3(t, bad)
		if err != nil || len(x[0]) != 17677 {
			t.Fatalf("%v, %d samples", err, len(x[0]))
		}
		if warned(r, "damaged") {
			damaged++
		}
	}
	if damaged < 10 {
		t.Errorf("only %d of 60 files had damaged frames", damaged)
	}
}

func TestMP3NothingDecodes(t *testing.T) {
	file := mp3File(t, "cbr128-44100.mp3")
	_, _, err := readMP3(t, file[:417]) // the header's frame only
	if !errors.Is(err, errNoSound) {
		t.Errorf("error %v", err)
	}
	for _, b := range [][]byte{nil, {0xff}, {0xff, 0xfb}, make([]byte, 5000)} {
		if _, _, err := readMP3(t, b); err == nil {
			t.Errorf("no error for %d bytes", len(b))
		}
	}
}

// A cut stream begins with frames that refer to data before the cut; joined files have a header
// of their own in the middle.
func TestMP3CutAndJoined(t *testing.T) {
	file := mp3File(t, "noheader-44100.mp3")
	h, _ := parseMP3Header(file)
	r, x, err := readMP3(t, file[h.size():])
	if err != nil || len(x[0])%1152 != 0 || warned(r, "before the first") {
		t.Errorf("cut: %v, %d samples, warnings %q", err, len(x[0]), r.Warnings())
	}
	file = mp3File(t, "tags24.mp3")
	r, x, err = readMP3(t, slices.Concat(file, file))
	if err != nil || len(x[0]) < 2*17677 || !warned(r, "more frames") {
		t.Errorf("joined: %v, %d samples, warnings %q", err, len(x[0]), r.Warnings())
	}
}

type failing struct {
	*bytes.Reader
	at int64
}

func (f failing) Read(b []byte) (int, error) {
	if pos, _ := f.Seek(0, io.SeekCurrent); pos >= f.at && pos < f.at+10_000 {
		return 0, iotest.ErrTimeout
	}
	return f.Reader.Read(b[:min(len(b), 1000)])
}

func TestMP3ReadError(t *testing.T) {
	file := slices.Concat(mp3File(t, "cbr320-44100.mp3"), bytes.Repeat(mp3File(t, "noheader-44100.mp3"), 30))
	r, err := newMP3("disk.mp3", failing{bytes.NewReader(file), 100_000}, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Drain(r)
	if !errors.Is(err, iotest.ErrTimeout) || !strings.HasPrefix(err.Error(), "disk.mp3: ") {
		t.Errorf("error %v", err)
	}
}

func TestMP3Allocations(t *testing.T) {
	file := mp3File(t, "cbr128-44100.mp3")
	r, err := newMP3("x", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	dst := [][]float32{make([]float32, 4), make([]float32, 4)}
	_, _ = r.Read(dst) // go-mp3 allocates for every frame; the rest of this one is at hand
	if n := testing.AllocsPerRun(4, func() { _, _ = r.Read(dst) }); n > 0 {
		t.Errorf("%v allocations a Read", n)
	}
}
