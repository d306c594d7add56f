package audiofile

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 != 0 {
		b = append(b, 0)
	}
	return b
}

func fmtChunk(tag, channels, rate, align, bits int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, uint16(tag))
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*align))
	b = le.AppendUint16(b, uint16(align))
	b = le.AppendUint16(b, uint16(bits))
	return chunk("fmt ", b)
}

func wavFile(chunks ...[]byte) []byte {
	return append([]byte("RIFF\xff\xff\xff\xffWAVE"), bytes.Join(chunks, nil)...)
}

func TestWAVHeaders(t *testing.T) {
	mono := fmtChunk(1, 1, 8000, 2, 16)
	data := chunk("data", []byte{0, 0x40, 0, 0xC0})
	ext := chunk("fmt ", append(append(bytes.Clone(fmtChunk(0xFFFE, 1, 8000, 4, 32)[8:]), 22, 0, 20, 0, 4, 0, 0, 0, 1, 0), subFormatTail...))
	ds64 := func(n uint64) []byte {
		b := make([]byte, 28)
		binary.LittleEndian.PutUint64(b[8:], n)
		return chunk("ds64", b)
	}
	rf64 := func(b []byte) []byte { copy(b, "RF64"); return b }
	half := []float32{0.5, -0.5}
	for _, c := range []struct {
		name string
		file []byte
		want []float32
		warn string // part of the only warning
		err  string
	}{
		{name: "plain", file: wavFile(mono, data), want: half},
		{name: "odd chunk before", file: wavFile(chunk("bext", []byte("abc")), mono, chunk("x   ", []byte{1}), data), want: half},
		{name: "length 0 to the end", file: wavFile(mono, []byte("data\x00\x00\x00\x00\x00\x40\x00\xc0")), want: half},
		{name: "length -1 to the end", file: wavFile(mono, []byte("data\xff\xff\xff\xff\x00\x40\x00\xc0")), want: half},
		{name: "truly empty", file: wavFile(mono, chunk("data", nil))},
		{name: "empty, then tags", file: wavFile(mono, chunk("data", nil), chunk("LIST", []byte("INFO")))},
		{name: "cut short", file: wavFile(mono, []byte("data\x10\x00\x00\x00\x00\x40\x00\xc0")), want: half, warn: "cut short: expected 16 bytes of samples, found 4"},
		{name: "half a sample", file: wavFile(mono, chunk("data", []byte{0, 0x40, 0, 0xC0, 1})), want: half, warn: "incomplete"},
		{name: "RF64", file: rf64(wavFile(ds64(4), mono, []byte("data\xff\xff\xff\xff\x00\x40\x00\xc0tail"))), want: half},
		{name: "RF64 claiming too much", file: rf64(wavFile(ds64(1<<62), mono, []byte("data\xff\xff\xff\xff\x00\x40\x00\xc0"))), want: half, warn: "cut short"},
		{name: "RF64 claiming a negative length", file: rf64(wavFile(ds64(1<<63), mono, []byte("data\xff\xff\xff\xff\x00\x40\x00\xc0"))), want: half},
		{name: "extensible, 20 in 32 bits", file: wavFile(ext, chunk("data", []byte{0, 0, 0, 0x40, 0, 0, 0, 0xC0})), want: half},
		{name: "24 bits in 4 bytes", file: wavFile(fmtChunk(1, 1, 8000, 4, 24), chunk("data", []byte{0, 0, 0, 0x40, 0, 0, 0, 0xC0})), want: half},
		{name: "8 bits", file: wavFile(fmtChunk(1, 1, 8000, 1, 8), chunk("data", []byte{192, 64})), want: half},
		{name: "wrong alignment", file: wavFile(fmtChunk(1, 1, 8000, 0, 16), data), want: half},
		{name: "not finite", file: wavFile(fmtChunk(3, 1, 8000, 4, 32), chunk("data", []byte{0, 0, 0xc0, 0x7f, 0, 0, 0, 0x3f})), want: []float32{0, 0.5}, warn: "1 samples"},
		{name: "second fmt ignored", file: wavFile(mono, fmtChunk(1, 2, 1, 4, 16), data), want: half},
		{name: "no fmt", file: wavFile(data), err: "fmt "},
		{name: "no data", file: wavFile(mono), err: "data"},
		{name: "short fmt", file: wavFile(chunk("fmt ", make([]byte, 14)), data), err: "found 14"},
		{name: "no channels", file: wavFile(fmtChunk(1, 0, 8000, 2, 16), data), err: "0 channels"},
		{name: "65 channels", file: wavFile(fmtChunk(1, 65, 8000, 130, 16), data), err: "65 channels"},
		{name: "rate 0", file: wavFile(fmtChunk(1, 1, 0, 2, 16), data), err: "0 Hz"},
		{name: "rate too high", file: wavFile(fmtChunk(1, 1, 768001, 2, 16), data), err: "768001 Hz"},
		{name: "0 bits", file: wavFile(fmtChunk(1, 1, 8000, 2, 0), data), err: "0 bits"},
		{name: "40 bits", file: wavFile(fmtChunk(1, 1, 8000, 5, 40), data), err: "40 bits"},
		{name: "float of 16 bits", file: wavFile(fmtChunk(3, 1, 8000, 2, 16), data), err: "16 bits"},
		{name: "MP3 inside", file: wavFile(fmtChunk(0x55, 1, 8000, 1, 0), data), err: "holds MP3"},
		{name: "huge chunk", file: wavFile([]byte("junk\xff\xff\xff\xff"), mono, data), err: "fmt "},
	} {
		r, err := OpenReader("a.wav", bytes.NewReader(c.file))
		if c.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), "a.wav: ") || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want one with %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		x, err := Drain(r)
		if err != nil || len(x[0]) != len(c.want) {
			t.Errorf("%s: %v %v", c.name, x, err)
			continue
		}
		same(t, x, [][]float32{append([]float32(nil), c.want...)})
		w := r.Warnings()
		if c.warn == "" && len(w) > 0 || c.warn != "" && (len(w) != 1 || !strings.Contains(w[0], c.warn) || !strings.HasPrefix(w[0], "a.wav: ")) {
			t.Errorf("%s: warnings %q, want %q", c.name, w, c.warn)
		}
		if r.Info().Frames != int64(len(c.want)) {
			t.Errorf("%s: %d frames", c.name, r.Info().Frames)
		}
	}
}

func TestWAVTags(t *testing.T) {
	list := []byte("INFO")
	list = append(list, chunk("INAM", []byte("Caf\xe9\x00"))...)
	list = append(list, chunk("IART", []byte("Ö"))...)
	list = append(list, "ICMT\xff\xff\xff\xffx"...)
	for _, f := range [][]byte{
		wavFile(fmtChunk(1, 1, 8000, 2, 16), chunk("LIST", list), chunk("data", []byte{1, 2})),
		wavFile(fmtChunk(1, 1, 8000, 2, 16), chunk("data", []byte{1, 2}), chunk("LIST", list)),
	} {
		r, err := OpenReader("a", bytes.NewReader(f))
		if err != nil {
			t.Fatal(err)
		}
		if g := r.Info().Tags; g["TITLE"] != "Café" || g["ARTIST"] != "Ö" || g["COMMENT"] != "x" || len(g) != 3 {
			t.Errorf("%q", g)
		}
	}
}

// TestInt16Exact takes every value there and back.
func TestInt16Exact(t *testing.T) {
	x := [][]float32{make([]float32, 1<<16)}
	for i := range x[0] {
		x[0][i] = float32(i-1<<15) / (1 << 15)
	}
	path := filepath.Join(t.TempDir(), "a.wav")
	if w := write(t, path, WAV16, Info{Rate: 8000, Channels: 1}, x); w.Clipped() != 0 {
		t.Error("clipped")
	}
	_, y, _, err := ReadAll(path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, y, x)
}

func TestRF64(t *testing.T) {
	old := rf64Threshold
	defer func() { rf64Threshold = old }()
	rf64Threshold = 1000
	for _, n := range []int{100, 1001} {
		x := gridSound(3, 1, n, 24)
		path := filepath.Join(t.TempDir(), "a.wav")
		write(t, path, WAV24, Info{Rate: 8000, Channels: 1, Tags: Tags{"TITLE": "T"}}, x)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[int]string{100: "RIFF", 1001: "RF64"}[n]; string(b[:4]) != want {
			t.Errorf("%d samples: %q, want %q", n, b[:4], want)
		}
		if len(b)%2 != 0 {
			t.Errorf("%d bytes", len(b))
		}
		info, y, warnings, err := ReadAll(path)
		if err != nil || len(warnings) > 0 || info.Tags["TITLE"] != "T" {
			t.Fatal(info, warnings, err)
		}
		same(t, y, x)
	}
}

// TestWAVUnclosed reads a file whose writer never came to its end.
func TestWAVUnclosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	w, err := Create(path, WAV16, Info{Rate: 8000, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	x := gridSound(4, 1, 1<<18, 16)
	if err := w.Write(x); err != nil {
		t.Fatal(err)
	}
	_, y, _, err := ReadAll(path)
	if err != nil || len(y[0]) == 0 {
		t.Fatal(len(y[0]), err)
	}
	same(t, y, [][]float32{x[0][:len(y[0])]})
	_ = w.Close()
}
