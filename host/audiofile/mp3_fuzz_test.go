package audiofile

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// FuzzMP3 checks that whatever the bytes, reading ends, with finite samples in range and a count
// that is theirs.
func FuzzMP3(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join("testdata", "mp3", "*.mp[23]"))
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 2500)])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		looksLikeMP3(data)
		r, err := newMP3("fuzz", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		x, err := Drain(r)
		for c := range x {
			for i, v := range x[c] {
				if !(v >= -1 && v <= 1) {
					t.Fatalf("channel %d sample %d is %g", c, i, v)
				}
			}
		}
		if n := r.Info().Frames; err == nil && n != int64(len(x[0])) {
			t.Fatalf("%d samples, Frames %d", len(x[0]), n)
		}
		if len(x[0]) > 1152*(len(data)/24+1)+4095 {
			t.Fatalf("%d samples of %d bytes", len(x[0]), len(data))
		}
	})
}

// FuzzID3 checks that tags are read without panic, and that they leave audio within the file.
func FuzzID3(f *testing.F) {
	for _, name := range []string{"tags23.mp3", "tags24.mp3", "vbr-44100.mp3"} {
		data := mp3File(f, name)
		f.Add(append(data[:600:600], data[len(data)-200:]...))
	}
	f.Add(tagID3(2, 0x80, frameID3(2, "TT2", 0, "\x01\xff\xfea\x00"), frameID3(2, "COM", 0, "\x00eng\x00x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		tags, from, to, _, err := readID3(bytes.NewReader(data), size)
		if err != nil {
			t.Fatal(err)
		}
		if from < 0 || from > to || to > size {
			t.Fatalf("audio from %d to %d of %d", from, to, size)
		}
		sum := 0
		for _, v := range tags {
			sum += len(v)
		}
		if sum > 4*len(data)+1000 {
			t.Fatalf("%d bytes of text from %d", sum, len(data))
		}
	})
}

// BenchmarkMP3 reports how many times faster than real time a file of 48 s, made of copies of a
// fixture, is decoded.
func BenchmarkMP3(b *testing.B) {
	one := mp3File(b, "noheader-44100.mp3")
	one = one[:mp3At(one, 16)]
	data := bytes.Repeat(one, 115)
	dst := [][]float32{make([]float32, 4096), make([]float32, 4096)}
	samples := 0
	for b.Loop() {
		r, err := newMP3("x", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			b.Fatal(err)
		}
		for {
			n, err := r.Read(dst)
			samples += n
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(samples)/44100/b.Elapsed().Seconds(), "×realtime")
}
