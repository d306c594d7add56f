package audiofile

import (
	"bytes"
	"cmp"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// decodeBytes reads all of b.
func decodeBytes(b []byte) (Info, [][]float32, []string, error) {
	r, err := OpenReader("a", bytes.NewReader(b))
	if err != nil {
		return Info{}, nil, nil, err
	}
	x, err := Drain(r)
	return r.Info(), x, r.Warnings(), err
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTruncated cuts files at many places: what is left must be read, and the loss be told.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"stereo16.wav", "float64.wav", "stereo16.flac", "stereo24.flac", "mono16.flac", "stereo.ogg", "mono.ogg"} {
		b := fixture(t, name)
		_, whole, _, err := decodeBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for n := len(b) - 1; n > 0; n -= 1 + n/50 {
			info, x, warnings, err := decodeBytes(b[:n])
			if err != nil {
				if msg := err.Error(); !strings.HasPrefix(msg, "a: ") || strings.Contains(msg, "\n") {
					t.Fatalf("%s cut at %d: %v", name, n, err)
				}
				continue
			}
			read++
			if len(warnings) == 0 && n < len(b)-8 {
				t.Errorf("%s cut at %d: no warning", name, n)
			}
			if info.Frames != int64(len(x[0])) || len(x[0]) > len(whole[0]) {
				t.Fatalf("%s cut at %d: %d frames, %d read, of %d", name, n, info.Frames, len(x[0]), len(whole[0]))
			}
			for c := range x {
				for i := range x[c] {
					if x[c][i] != whole[c][i] {
						t.Fatalf("%s cut at %d: channel %d, sample %d: %v, want %v", name, n, c, i, x[c][i], whole[c][i])
					}
				}
			}
		}
		t.Logf("%s: %d parts could be read", name, read)
	}
}

// TestDamagedFLAC damages a frame in the middle: its samples become silence, all else stays in its place.
func TestDamagedFLAC(t *testing.T) {
	b := fixture(t, "stereo16.flac")
	_, whole, _, err := decodeBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.Clone(b)
	clear(bad[len(bad)/2 : len(bad)/2+20])
	info, x, warnings, err := decodeBytes(bad)
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "damaged after") || info.Frames != int64(len(whole[0])) {
		t.Fatal(info, warnings, err)
	}
	lost := 0
	for i := range whole[0] {
		switch {
		case x[0][i] == whole[0][i] && x[1][i] == whole[1][i]:
		case x[0][i] == 0 && x[1][i] == 0:
			lost++
		default:
			t.Fatalf("sample %d: %v %v, want %v %v", i, x[0][i], x[1][i], whole[0][i], whole[1][i])
		}
	}
	if lost == 0 || lost > 1024 {
		t.Errorf("%d samples lost", lost)
	}
	// Tags of another kind before and after do no harm.
	tagged := slices.Concat([]byte("ID3\x04\x00\x00\x00\x00\x00\x05hello"), b, []byte("TAG"), make([]byte, 125))
	_, x, warnings, err = decodeBytes(tagged)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	same(t, x, whole)
}

// longOgg is a file of many pages, made here by oggenc.
func longOgg(t *testing.T) []byte {
	enc, err := exec.LookPath("oggenc")
	if err != nil {
		t.Skip("no oggenc here")
	}
	dir := t.TempDir()
	wav, ogg := filepath.Join(dir, "a.wav"), filepath.Join(dir, "a.ogg")
	x := [][]float32{make([]float32, 300000), make([]float32, 300000)}
	for i := range x[0] {
		x[0][i] = 0.4 * float32(math.Sin(float64(i)*0.05))
		x[1][i] = 0.4 * float32(math.Sin(float64(i)*0.031))
	}
	write(t, wav, WAV16, Info{Rate: 44100, Channels: 2}, x)
	if out, err := exec.Command(enc, "-Q", "-q", "8", "-s", "5", "-o", ogg, wav).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	b, err := os.ReadFile(ogg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDamagedVorbis(t *testing.T) {
	b := longOgg(t)
	info, whole, warnings, err := decodeBytes(b)
	if err != nil || len(warnings) > 0 || len(whole[0]) != 300000 || info.Frames != 300000 {
		t.Fatal(info, len(whole[0]), warnings, err)
	}
	for i, v := range whole[0] {
		if d := math.Abs(float64(v) - 0.4*math.Sin(float64(i)*0.05)); d > 0.02 {
			t.Fatalf("sample %d: off by %v", i, d)
		}
	}
	bad := slices.Clone(b)
	clear(bad[len(bad)/2 : len(bad)/2+20])
	info, x, warnings, err := decodeBytes(bad)
	if err != nil || len(warnings) != 1 || len(x[0]) != 300000 {
		t.Fatal(info, len(x[0]), warnings, err)
	}
	for i := range 1000 {
		if j := 299999 - i; x[0][i] != whole[0][i] || x[0][j] != whole[0][j] {
			t.Fatalf("sample %d or %d moved", i, j)
		}
	}
	cut, x, warnings, err := decodeBytes(b[:len(b)*2/3])
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "cut short") || len(x[0]) < 100000 || cut.Frames != int64(len(x[0])) {
		t.Fatal(cut, len(x[0]), warnings, err)
	}
	// One file after another is one longer recording.
	_, x, warnings, err = decodeBytes(slices.Concat(b, b))
	if err != nil || len(warnings) > 0 || len(x[0]) != 600000 {
		t.Fatal(len(x[0]), warnings, err)
	}
	same(t, [][]float32{x[0][300000:], x[1][300000:]}, whole)
}

// TestSharedData decodes a long recording, where there are any, as the reference decoder does.
func TestSharedData(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/train/evr/*/*.ogg")
	if len(files) == 0 {
		t.Skip("no reference recordings here")
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	size := func(path string) int64 {
		if st, err := os.Stat(path); err == nil {
			return st.Size()
		}
		return math.MaxInt64
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(size(a), size(b)) })
	ff, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg here")
	}
	out := filepath.Join(t.TempDir(), "a.wav")
	if b, err := exec.Command(ff, "-v", "error", "-i", files[0], "-c:a", "pcm_f32le", out).CombinedOutput(); err != nil {
		t.Skip("ffmpeg does not read it: ", string(b))
	}
	_, want, _, err := ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	_, got, warnings, err := ReadAll(files[0])
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	if len(got[0]) != len(want[0]) {
		t.Fatalf("%d samples, want %d", len(got[0]), len(want[0]))
	}
	worst := 0.0
	for c := range got {
		for i := range got[c] {
			worst = max(worst, math.Abs(float64(got[c][i]-want[c][i])))
		}
	}
	t.Logf("largest difference %.2g", worst)
	if worst > 1e-4 {
		t.Errorf("largest difference %v", worst)
	}
}

// exercise opens b and reads some of it: it must neither fail badly nor break what Reader promises.
func exercise(t *testing.T, b []byte) {
	r, err := OpenReader("a", bytes.NewReader(b))
	if err != nil {
		if msg := err.Error(); !strings.HasPrefix(msg, "a: ") || strings.Contains(msg, "\n") {
			t.Fatalf("error %q", msg)
		}
		return
	}
	info := r.Info()
	if info.Channels < 1 || info.Channels > 64 || info.Rate < 1 || info.Rate > maxRate || info.Frames < -1 {
		t.Fatalf("%+v", info)
	}
	dst := make([][]float32, info.Channels)
	for c := range dst {
		dst[c] = make([]float32, 777)
	}
	total, most := 0, 1<<20/info.Channels
	for total < most {
		n, err := r.Read(dst)
		if n < 0 || n > 777 || err != nil && n != 0 || err == nil && n == 0 {
			t.Fatalf("read %d, %v", n, err)
		}
		total += n
		for _, x := range dst {
			for _, v := range x[:n] {
				if v-v != 0 {
					t.Fatal("a sample that is not finite")
				}
			}
		}
		if err == io.EOF {
			if f := r.Info().Frames; f != int64(total) {
				t.Fatalf("%d frames, but %d read", f, total)
			}
			if n, err := r.Read(dst); n != 0 || err != io.EOF {
				t.Fatalf("after the end: %d, %v", n, err)
			}
			break
		}
		if err != nil {
			break
		}
	}
	for _, w := range r.Warnings() {
		if !strings.HasPrefix(w, "a: ") || strings.Contains(w, "\n") {
			t.Fatalf("warning %q", w)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func seeds(f *testing.F, names ...string) {
	for _, n := range names {
		b := fixture(f, n)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
}

func FuzzOpen(f *testing.F) {
	seeds(f, "mono16.wav", "mono16.flac", "mono.ogg")
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x00fLaC"))
	f.Fuzz(exercise)
}

func FuzzWAV(f *testing.F) {
	f.Add(wavFile(fmtChunk(1, 2, 8000, 4, 16), chunk("LIST", []byte("INFOINAM\x02\x00\x00\x00ab")), chunk("data", make([]byte, 64)))[12:])
	f.Add(wavFile(fmtChunk(3, 1, 8000, 8, 64), chunk("data", make([]byte, 64)))[12:])
	f.Fuzz(func(t *testing.T, b []byte) {
		exercise(t, append([]byte("RF64\x00\x00\x00\x00WAVE"), b...))
	})
}

func FuzzFLAC(f *testing.F) {
	seeds(f, "mono16.flac", "stereo16.flac")
	f.Fuzz(func(t *testing.T, b []byte) {
		exercise(t, append([]byte("fLaC"), b[min(4, len(b)):]...))
	})
}

// FuzzVorbis mends the checksums, so that what is within the pages is reached.
func FuzzVorbis(f *testing.F) {
	seeds(f, "mono.ogg", "stereo.ogg")
	f.Fuzz(func(t *testing.T, b []byte) {
		exercise(t, mendOgg(slices.Clone(b)))
	})
}
