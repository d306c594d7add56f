package audiofile

import (
	"bytes"
	"math"
	"os"
	"testing"
)

// The decoding library refuses a floor without partitions, which libvorbis writes for the bass of
// 5.1. The channels come in the order of Vorbis: left, centre, right, back left, back right, bass.
func TestVorbisFloorWithoutPartitions(t *testing.T) {
	info, x, warnings, err := ReadAll("testdata/six.ogg")
	if err != nil {
		t.Fatal(err)
	}
	if info.Channels != 6 || len(x[0]) != 4410 || len(warnings) > 0 {
		t.Fatalf("%d channels of %d samples, warnings %q; want 6 of 4410, none", info.Channels, len(x[0]), warnings)
	}
	// The tones of testdata/make.sh, each of amplitude one half before the encoder, whose lowest quality
	// moves them by up to 0.11; in a wrong channel there is none.
	for c, freq := range []float64{1000, 2000, 1500, 2500, 3000, 50} {
		var re, im float64
		for i, v := range x[c] {
			s, k := math.Sincos(2 * math.Pi * freq * float64(i) / 44100)
			re += float64(v) * k
			im += float64(v) * s
		}
		if a := 2 * math.Hypot(re, im) / 4410; math.Abs(a-0.5) > 0.15 {
			t.Errorf("channel %d: amplitude %.3f at %g Hz, want 0.5", c, a, freq)
		}
	}
}

func TestMendFloorsLeavesOthersAlone(t *testing.T) {
	b, err := os.ReadFile("testdata/stereo.ogg")
	if err != nil {
		t.Fatal(err)
	}
	setup := vorbisSetup(t, b)
	if got := mendFloors(setup); &got[0] != &setup[0] {
		t.Error("a header without such floors was written anew")
	}
	// A header that ends anywhere must not be read beyond its end.
	for n := 8; n < len(setup); n++ {
		mendFloors(setup[:n])
	}
}

// vorbisSetup is the third packet of a small file.
func vorbisSetup(t *testing.T, b []byte) []byte {
	t.Helper()
	o := oggReader{r: bytes.NewReader(b), size: int64(len(b))}
	var packets [][]byte
	var rest []byte
	for len(packets) < 3 {
		p, err := o.next()
		if err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		got, rest = p.packets(rest)
		for _, g := range got {
			packets = append(packets, append([]byte(nil), g...))
		}
	}
	return packets[2]
}
