package audiofile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// Sizes by ISO/IEC 11172-3 section 2.4.3.1 and 13818-3: 144·bits/rate, of MPEG-2 half, plus padding.
func TestMP3Header(t *testing.T) {
	for _, c := range []struct {
		b                        uint32
		rate, size, channels, sp int
	}{
		{0xfffb9064, 44100, 417, 2, 1152},
		{0xfffb9264, 44100, 418, 2, 1152},
		{0xfffbe444, 48000, 960, 2, 1152},
		{0xfff3a2c4, 22050, 314, 1, 576}, // go-mp3: 313
		{0xfff38864, 16000, 288, 2, 576},
	} {
		h, ok := parseMP3Header(binary.BigEndian.AppendUint32(nil, c.b))
		if !ok || !h.supported() || h.rate() != c.rate || h.size() != c.size || h.channels() != c.channels || h.samples() != c.sp {
			t.Errorf("%08x: %v %q, %d Hz, %d bytes, %d channels, %d samples", c.b, ok, h.unsupported(), h.rate(), h.size(), h.channels(), h.samples())
		}
	}
}

func TestLooksLikeMP3(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join("testdata", "mp3", "*.mp[23]"))
	for _, p := range paths {
		data := mp3File(t, filepath.Base(p))
		if !looksLikeMP3(data[:min(len(data), 4096)]) {
			t.Errorf("%s does not", p)
		}
	}
	if data := mp3File(t, "cbr320-44100.mp3"); !looksLikeMP3(data[:512]) {
		t.Error("a header and less than a frame does not")
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	noise, wrong := make([]byte, 4096), 0
	for range 1000 {
		for i := range noise {
			noise[i] = byte(rnd.Uint32())
		}
		if looksLikeMP3(noise) {
			wrong++
		}
	}
	if wrong > 20 {
		t.Errorf("%d of 1000 blocks of noise do", wrong)
	}
	for _, b := range [][]byte{nil, []byte("RIFF"), []byte("ID3"), make([]byte, 4096), bytes.Repeat([]byte{0xff}, 4096)} {
		if looksLikeMP3(b) {
			t.Errorf("% x… does", b[:min(len(b), 8)])
		}
	}
}

// A Xing header without LAME's part: its frame is dropped and its count believed, nothing else is cut.
func TestMP3XingOnly(t *testing.T) {
	file := mp3File(t, "cbr128-44100.mp3")
	i := bytes.Index(file, []byte("LAME3"))
	copy(file[i:], "other")
	r, x, err := readMP3(t, file)
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.BigEndian.Uint32(file[36+8:])) * 1152
	if len(x[0]) != n || len(r.Warnings()) > 0 {
		t.Errorf("%d samples, want %d; warnings %q", len(x[0]), n, r.Warnings())
	}
	if lag, _ := mp3Lag(mp3Signal(44100, 17677, 1)[0], x[0]); lag != 1105 {
		t.Errorf("lag %d, want 1105", lag)
	}
}

// Fraunhofer's header: its frame is dropped; its count is not believed before the end.
func TestMP3VBRI(t *testing.T) {
	file := mp3File(t, "noheader-44100.mp3")
	h, _ := parseMP3Header(file)
	vbri := make([]byte, h.size())
	copy(vbri, file[:4])
	copy(vbri[36:], "VBRI\x00\x01\x04\x51\x00\x64\x00\x00\x15\xf0\x00\x00\x00\x12")
	_, want, _ := readMP3(t, file)
	data := slices.Concat(vbri, file)
	if r, err := newMP3("x", bytes.NewReader(data), int64(len(data))); err != nil || r.Info().Frames != -1 {
		t.Fatalf("%v, Frames %d", err, r.Info().Frames)
	}
	r, x, err := readMP3(t, data)
	if err != nil || len(r.Warnings()) > 0 || !slices.Equal(x[0], want[0]) || !slices.Equal(x[1], want[1]) {
		t.Errorf("%v, warnings %q, %d samples, want %d", err, r.Warnings(), len(x[0]), len(want[0]))
	}
	if r, _, err = readMP3(t, data[:3000]); err != nil || !warned(r, "truncated: ") {
		t.Errorf("cut: %v, warnings %q", err, r.Warnings())
	}
}
