package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"soloist/host/audiofile"
	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
)

// The test binary is the program, too: a process of its own, with real signals and streams.
func TestMain(m *testing.M) {
	if os.Getenv("SOLOIST_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

func program(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "SOLOIST_TEST_MAIN=1")
	return c
}

// soloist runs the program and wants the exit status.
func soloist(t testing.TB, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := program(args...)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != status {
		t.Fatalf("soloist %q: exit status %d, want %d\n%s%s", args, got, status, &out, &errs)
	}
	return out.String(), errs.String()
}

// line wants one line on standard error that holds all the words.
func line(t testing.TB, stderr string, words ...string) {
	t.Helper()
	if !strings.HasPrefix(stderr, "soloist: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
		t.Errorf("want one line on standard error, got %q", stderr)
	}
	for _, w := range words {
		if !strings.Contains(stderr, w) {
			t.Errorf("want %q in %q", w, stderr)
		}
	}
}

// shorter is n, and a part of it under -short, which is for the race detector.
func shorter(n int) int {
	if testing.Short() {
		return n / 8
	}
	return n
}

// files lists all files below a folder, hidden ones too; none if there is no such folder.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// nothing wants that a folder does not exist.
func nothing(t testing.TB, dir string) {
	t.Helper()
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there, with %q", dir, files(t, dir))
	}
}

// writeWAV writes 16-bit samples, n a channel, of noise that swells and fades.
func writeWAV(t testing.TB, path string, rate, channels, n int) string {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(rate), uint64(n)))
	data := make([]int16, n*channels)
	for i := range data {
		data[i] = int16(6000 * random.NormFloat64() * math.Sin(float64(i)/float64(rate)) / 3)
	}
	var b bytes.Buffer
	header(&b, rate, channels, int64(n))
	_ = binary.Write(&b, binary.LittleEndian, data)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// header writes that of a WAV file with so many samples of 16 bits a channel.
func header(w io.Writer, rate, channels int, n int64) {
	size := uint32(n * 2 * int64(channels))
	_ = binary.Write(w, binary.LittleEndian, struct {
		RIFF             [4]byte
		Size             uint32
		WAVEfmt          [8]byte
		FmtSize          uint32
		Format, Channels uint16
		Rate, ByteRate   uint32
		Align, Bits      uint16
		Data             [4]byte
		DataSize         uint32
	}{
		[4]byte([]byte("RIFF")), size + 36, [8]byte([]byte("WAVEfmt ")), 16, 1, uint16(channels),
		uint32(rate), uint32(rate * 2 * channels), uint16(2 * channels), 16, [4]byte([]byte("data")), size,
	})
}

// decode reads a whole file.
func decode(t testing.TB, path string) (audiofile.Info, [][]float32) {
	t.Helper()
	info, x, _, err := audiofile.ReadAll(path)
	if err != nil {
		t.Fatal(err)
	}
	return info, x
}

// modelFile writes a model of random weights, at 44.1 kHz, with a look-ahead, and returns its path.
func modelFile(t testing.TB, source string, seed uint64) string {
	t.Helper()
	f := feature.Spec{Q: 16, Compression: feature.Log, Level: 50}
	tr := model.Transform{Frame: 512, Synthesis: 256, Hop: 128}
	bands := feature.NewBands(tr.Pair().Bins(), f.Q).Len()
	in := f.Width(tr.Pair().Bins())
	m, err := model.New(model.Spec{
		Name: source, Source: source, Rate: 44100, STFT: tr, Feature: f, Output: model.Mask,
		Layers: []nn.Spec{
			{Type: "context", In: in, Out: 3 * in, Offsets: []int{0, -1, 2}},
			{Type: "dense", In: 3 * in, Out: 40, Activation: nn.ReLU},
			{Type: "dense", In: 40, Out: bands, Activation: nn.Sigmoid},
		},
	}, model.Card{Description: "random", Licence: "MIT"})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 8))
	for _, w := range m.Network().Tensors() {
		for i := range w.Data {
			w.Data[i] = float32(0.2 * random.NormFloat64())
		}
	}
	m.Network().Refresh()
	path := filepath.Join(t.TempDir(), source+".safetensors")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// addsUp wants that the files of a folder have the length of an input and add up to it, within
// so many steps of their 16 bits; it returns the largest sample of a stem.
func addsUp(t *testing.T, input, dir string, outputs []string, steps float64) float64 {
	t.Helper()
	in, x := decode(t, input)
	largest := 0.0
	sum := make([][]float64, len(x))
	for c := range sum {
		sum[c] = make([]float64, len(x[c]))
	}
	for _, o := range outputs {
		info, y := decode(t, filepath.Join(dir, o))
		if info.Rate != in.Rate || info.Channels != in.Channels || len(y[0]) != len(x[0]) {
			t.Fatalf("%s: %d Hz, %d channels of %d samples, want %d, %d, %d", o, info.Rate, info.Channels, len(y[0]), in.Rate, in.Channels, len(x[0]))
		}
		for c := range y {
			for i, v := range y[c] {
				sum[c][i] += float64(v)
				largest = max(largest, math.Abs(float64(v)))
			}
		}
	}
	worst := 0.0
	for c := range x {
		for i, v := range x[c] {
			worst = max(worst, math.Abs(sum[c][i]-float64(v)))
		}
	}
	if worst > steps/32768 {
		t.Errorf("%s: the outputs add up to the input within %g steps, want %g", input, worst*32768, steps)
	}
	return largest
}

func TestExtractAddsUpAtAnyRate(t *testing.T) {
	drums, vocals := modelFile(t, "drums", 1), modelFile(t, "vocals", 2)
	dir := t.TempDir()
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000} {
		for _, n := range []int{0, 1, shorter(rate) + 17} {
			channels := 1 + n%2
			in := writeWAV(t, filepath.Join(dir, fmt.Sprintf("%d-%d.wav", rate, n)), rate, channels, n)
			out := filepath.Join(dir, "out")
			_, stderr := soloist(t, success, "extract", "--model", drums+","+vocals, "-o", out, in)
			if stderr != "" {
				t.Errorf("%d Hz, %d samples: %s", rate, n, stderr)
			}
			loud := addsUp(t, in, filepath.Join(out, fmt.Sprintf("%d-%d", rate, n)), []string{"drums.wav", "vocals.wav", "remainder.wav"}, 0)
			if n > 1 && loud == 0 {
				t.Errorf("%d Hz: the outputs are silent", rate)
			}
		}
	}
}

func TestExtractFormats(t *testing.T) {
	drums := modelFile(t, "drums", 1)
	dir := t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 48000, 2, 30_000)
	for format, want := range map[string]struct {
		ext   string
		bits  int
		steps float64
	}{
		"wav": {".wav", 16, 0}, "wav24": {".wav", 24, 0}, "wav32f": {".wav", 32, 1e-3}, "flac": {".flac", 16, 0}, "flac24": {".flac", 24, 0},
	} {
		for _, dither := range []bool{false, true} {
			out := filepath.Join(dir, fmt.Sprint(format, dither))
			soloist(t, success, "extract", "--model", drums, "--format", format, fmt.Sprintf("--dither=%v", dither), "-o", out, in)
			addsUp(t, in, filepath.Join(out, "a"), []string{"drums" + want.ext, "remainder" + want.ext}, want.steps)
			if info, _ := decode(t, filepath.Join(out, "a", "drums"+want.ext)); info.Bits != want.bits {
				t.Errorf("%s: %d bits, want %d", format, info.Bits, want.bits)
			}
		}
	}
}

// The all-pass models give back the input, sample for sample, whatever way it takes.
func TestIdentityGivesBackTheInput(t *testing.T) {
	dir := t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 22050, 2, 20_000)
	_, x := decode(t, in)
	for _, name := range []string{"identity", "identity-symmetric"} {
		out := filepath.Join(dir, name)
		soloist(t, success, "extract", "--model", name, "-o", out, in)
		_, y := decode(t, filepath.Join(out, "a", "mixture.wav"))
		for c := range x {
			if !slices.Equal(x[c], y[c]) {
				t.Errorf("%s: the stem is not the input", name)
			}
		}
	}
}

// mixes are real MP3 files kept beside the project, where they are.
const mixes = "../../../shared/data/mixes"

func TestExtractRealMusic(t *testing.T) {
	inputs, _ := filepath.Glob(filepath.Join(mixes, "*.mp3"))
	if len(inputs) == 0 {
		t.Skipf("no reference music in %s, which is optional", mixes)
	}
	if testing.Short() {
		t.Skip("takes long, and the other tests run the same goroutines")
	}
	drums, out := modelFile(t, "drums", 1), t.TempDir()
	soloist(t, success, append([]string{"extract", "--model", drums, "-o", out}, inputs...)...)
	for _, in := range inputs {
		name := strings.TrimSuffix(filepath.Base(in), ".mp3")
		// What an MP3 decodes to lies between the steps: the remainder rounds it. It may also go beyond full scale;
		// these files do not.
		addsUp(t, in, filepath.Join(out, name), []string{"drums.wav", "remainder.wav"}, 0.5001)
	}
}

func TestExtractIndependentOfBlocksAndJobs(t *testing.T) {
	drums, dir := modelFile(t, "drums", 1), t.TempDir()
	in := filepath.Join(dir, "in")
	for i, rate := range []int{44100, 48000, 8000} {
		writeWAV(t, filepath.Join(in, fmt.Sprint(rate, ".wav")), rate, 1+i, shorter(2*rate)+123)
	}
	want := filepath.Join(dir, "want")
	soloist(t, success, "extract", "--model", drums, "--dither", "--jobs", "1", "-o", want, in)
	for _, args := range [][]string{{"--jobs=2"}, {"--jobs=8"}, {"--block=1000", "--jobs=1"}, {"--block=77", "--jobs=6"}, {"--block=1000000"}} {
		got := filepath.Join(dir, strings.Join(args, ""))
		soloist(t, success, append([]string{"extract", "--model", drums, "--dither", "-o", got, in}, args...)...)
		if a, b := files(t, want), files(t, got); !slices.Equal(a, b) || len(a) != 9 {
			t.Fatalf("%s: %q, want %q", args, b, a)
		}
		for _, f := range files(t, want) {
			a, _ := os.ReadFile(filepath.Join(want, f))
			b, _ := os.ReadFile(filepath.Join(got, f))
			if !bytes.Equal(a, b) {
				t.Errorf("%s: %s differs", args, f)
			}
		}
	}
}

func TestExtractFailures(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := writeWAV(t, filepath.Join(dir, "good.wav"), 44100, 1, 3000)
	whole, _ := os.ReadFile(good)
	weights, _ := os.ReadFile(modelFile(t, "drums", 1))
	bare := filepath.Join(dir, "bare")
	if err := os.Mkdir(bare, 0o777); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "deep", "out")
	for name, c := range map[string]struct {
		args   []string
		status int
		words  []string
	}{
		"empty":            {[]string{put("empty.wav", nil)}, failure, []string{"empty.wav"}},
		"non-audio":        {[]string{put("words.txt", []byte("Not a sound to be heard in these words, however long they are.\n"))}, failure, []string{"words.txt"}},
		"renamed":          {[]string{put("picture.wav", []byte("\x89PNG\r\n\x1a\n0123456789012345678901234567890123456789"))}, failure, []string{"picture.wav"}},
		"header only":      {[]string{put("head.wav", whole[:20])}, failure, []string{"head.wav"}},
		"missing":          {[]string{filepath.Join(dir, "nowhere.wav")}, failure, []string{"nowhere.wav", "no such file"}},
		"folder of none":   {[]string{bare}, failure, []string{"bare"}},
		"unknown model":    {[]string{"--model=flute", good}, failure, []string{"flute", "identity"}},
		"folder as model":  {[]string{"--model=" + bare, good}, failure, []string{"bare"}},
		"no model":         {[]string{"--model=" + put("no.safetensors", []byte("Not a model")), good}, failure, []string{"no.safetensors"}},
		"truncated model":  {[]string{"--model=" + put("half.safetensors", weights[:len(weights)/2]), good}, failure, []string{"half.safetensors"}},
		"model with more":  {[]string{"--model=" + put("more.safetensors", append(slices.Clone(weights), 0)), good}, failure, []string{"more.safetensors"}},
		"models at odds":   {[]string{"--model=identity,identity-symmetric", good}, failure, []string{"identity"}},
		"output is a file": {[]string{"-o", good, good}, failure, []string{"good.wav"}},
		"unknown source":   {[]string{"--source=flute", good}, misuse, []string{"flute", "mixture"}},
		"unknown format":   {[]string{"--format=mp3", good}, misuse, []string{"mp3", "flac"}},
		"unknown flag":     {[]string{"--loud", good}, misuse, []string{"--loud"}},
		"no input":         {nil, misuse, []string{"path"}},
		"jobs":             {[]string{"--jobs=-1", good}, misuse, []string{"--jobs"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"extract", "--model=identity", "-o", out}
			for _, a := range c.args {
				if strings.HasPrefix(a, "--model") {
					args = slices.DeleteFunc(args, func(a string) bool { return a == "--model=identity" })
				}
			}
			stdout, stderr := soloist(t, c.status, append(args, c.args...)...)
			line(t, stderr, c.words...)
			if stdout != "" {
				t.Errorf("standard output: %q", stdout)
			}
			nothing(t, filepath.Dir(out))
		})
	}
}

// A file that breaks off gives what could be read of it, and a warning, and the exit status says so.
func TestExtractTruncated(t *testing.T) {
	dir := t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 44100, 1, 30_000)
	if err := os.Truncate(in, 44+2*20_000); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it has been done before, and is as broken
		_, stderr := soloist(t, failure, "extract", "--model=identity", "-o", filepath.Join(dir, "out"), in)
		line(t, stderr, "a.wav", "warning")
		if _, x := decode(t, filepath.Join(dir, "out", "a", "mixture.wav")); len(x[0]) != 20_000 {
			t.Errorf("%d samples, want 20000", len(x[0]))
		}
	}
}

func TestExtractOtherInputsGoOn(t *testing.T) {
	dir := t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 44100, 1, 3000)
	_, stderr := soloist(t, failure, "extract", "--model=identity", "-o", filepath.Join(dir, "out"), filepath.Join(dir, "none.wav"), in)
	line(t, stderr, "none.wav")
	if got := files(t, filepath.Join(dir, "out")); !slices.Equal(got, []string{"a/.soloist.json", "a/mixture.wav", "a/remainder.wav"}) {
		t.Errorf("%q", got)
	}
}

func TestExtractOnceOnly(t *testing.T) {
	drums, dir := modelFile(t, "drums", 1), t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 44100, 1, 3000)
	out := filepath.Join(dir, "out")
	stem := filepath.Join(out, "a", "drums.wav")
	extract := func(status int, more ...string) (stdout, stderr string) {
		t.Helper()
		return soloist(t, status, append([]string{"extract", "-o", out, in}, more...)...)
	}
	stamp := func() time.Time {
		t.Helper()
		st, err := os.Stat(stem)
		if err != nil {
			t.Fatal(err)
		}
		return st.ModTime()
	}
	extract(success, "--model", drums)
	first := stamp()
	if stdout, _ := extract(success, "--model", drums); !strings.Contains(stdout, "done before") || !stamp().Equal(first) {
		t.Errorf("a second run was not passed over: %q", stdout)
	}
	// The same model under another name is the same work; another one is not.
	data, _ := os.ReadFile(drums)
	again := filepath.Join(dir, "again.safetensors")
	_ = os.WriteFile(again, data, 0o666)
	if extract(success, "--model", again); !stamp().Equal(first) {
		t.Error("the same model from another file ran again")
	}
	_, stderr := extract(failure, "--model", modelFile(t, "drums", 2))
	line(t, stderr, filepath.Join(out, "a"), "another model", "--force")
	_, stderr = extract(failure, "--model", drums, "--format", "flac")
	line(t, stderr, "another format", "--force")
	if !stamp().Equal(first) {
		t.Error("a failed run changed the stems")
	}
	if extract(success, "--model", drums, "--force"); stamp().Equal(first) {
		t.Error("--force did not repeat")
	}
	// A stem that has gone is made again.
	_ = os.Remove(stem)
	extract(success, "--model", drums)
	stamp()
	// Another input of the same name is not passed over.
	writeWAV(t, in, 44100, 1, 3001)
	_, stderr = extract(failure, "--model", drums)
	line(t, stderr, "another input", "--force")
	// With --force what the older run made goes, and nothing else does.
	notes := filepath.Join(out, "a", "notes.txt")
	_ = os.WriteFile(notes, []byte("mine"), 0o666)
	extract(success, "--model", drums, "--force", "--format", "flac")
	if got := files(t, out); !slices.Equal(got, []string{"a/.soloist.json", "a/drums.flac", "a/notes.txt", "a/remainder.flac"}) {
		t.Errorf("%q", got)
	}
	// Somebody else's file is in the way until --force.
	other := filepath.Join(dir, "other")
	_ = os.MkdirAll(filepath.Join(other, "a"), 0o777)
	_ = os.WriteFile(filepath.Join(other, "a", "drums.wav"), []byte("mine"), 0o666)
	_, stderr = soloist(t, failure, "extract", "--model", drums, "-o", other, in)
	line(t, stderr, filepath.Join(other, "a", "drums.wav"), "--force")
	if got := files(t, other); !slices.Equal(got, []string{"a/drums.wav"}) {
		t.Errorf("%q", got)
	}
	soloist(t, success, "extract", "--model", drums, "-o", other, "--force", in)
	if got := files(t, other); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

func TestExtractFolders(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	for i, f := range []string{"one.wav", "live/one.wav", "live/late/two", "live/.hidden.wav"} {
		writeWAV(t, filepath.Join(in, f), 44100, 1, 1000+i)
	}
	_ = os.WriteFile(filepath.Join(in, "cover.png"), []byte("a picture"), 0o666)
	out := filepath.Join(in, "stems") // lies in what is searched
	stdout, _ := soloist(t, success, "extract", "--model=identity", "-v", "-o", out, in)
	if !strings.Contains(stdout, "1 files that are not audio") {
		t.Errorf("%q", stdout)
	}
	stdout, _ = soloist(t, success, "extract", "--model=identity", "-o", out, in)
	if n := strings.Count(stdout, "done before"); n != 3 {
		t.Errorf("a second run passed over %d inputs, want 3: %q", n, stdout)
	}
	var got []string
	for _, f := range files(t, out) {
		if filepath.Base(f) == "mixture.wav" {
			got = append(got, filepath.Dir(f))
		}
	}
	if !slices.Equal(got, []string{"live/late/two", "live/one", "one"}) {
		t.Errorf("%q", got)
	}
}

func TestExtractCarriesTags(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "a.flac")
	tags := audiofile.Tags{"TITLE": "Ein Lied", "ARTIST": "Jemand"}
	w, err := audiofile.Create(in, audiofile.FLAC16, audiofile.Info{Rate: 44100, Channels: 1, Tags: tags})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write([][]float32{make([]float32, 5000)}), w.Close()); err != nil {
		t.Fatal(err)
	}
	soloist(t, success, "extract", "--model=identity", "--format=flac", "-o", filepath.Join(dir, "out"), in)
	info, _ := decode(t, filepath.Join(dir, "out", "a", "mixture.flac"))
	for k, v := range tags {
		if info.Tags[k] != v {
			t.Errorf("%s is %q, want %q", k, info.Tags[k], v)
		}
	}
}

func TestExtractClipsAloud(t *testing.T) {
	// A square wave at full scale comes out of a random model's filters with overshoots.
	dir := t.TempDir()
	path := filepath.Join(dir, "a.wav")
	var b bytes.Buffer
	header(&b, 44100, 1, 40_000)
	for i := range 40_000 {
		_ = binary.Write(&b, binary.LittleEndian, int16(32767*(i/50%2*2-1)))
	}
	_ = os.WriteFile(path, b.Bytes(), 0o666)
	drums := modelFile(t, "drums", 1)
	stdout, stderr := soloist(t, success, "extract", "--model", drums, "--json", "-o", filepath.Join(dir, "out"), path)
	_, floats := soloist(t, success, "extract", "--model", drums, "--format=wav32f", "-o", filepath.Join(dir, "float"), path)
	if floats != "" {
		t.Errorf("floating point clipped: %q", floats)
	}
	clipped := strings.Contains(stdout, `"clipped"`)
	if clipped != strings.Contains(stderr, "beyond full scale") {
		t.Errorf("%q and %q do not agree", stdout, stderr)
	}
	if !clipped {
		t.Error("nothing clipped: the test shows nothing")
	}
}

func TestExtractJSON(t *testing.T) {
	dir := t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 44100, 1, 3000)
	stdout, stderr := soloist(t, failure, "extract", "--model=identity", "--json", "-o", filepath.Join(dir, "out"), in, filepath.Join(dir, "none.wav"))
	line(t, stderr, "none.wav")
	var got []string
	for l := range strings.Lines(stdout) {
		var e event
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		got = append(got, e.Event)
		if e.Event == "done" && (*e.Frames != 3000 || len(e.Outputs) != 2 || e.Busy == nil) {
			t.Errorf("%s", l)
		}
		if e.Event == "summary" && (*e.Inputs != 2 || *e.Failed != 1) {
			t.Errorf("%s", l)
		}
	}
	if !slices.Equal(got, []string{"failed", "start", "done", "summary"}) {
		t.Errorf("%q", got)
	}
}

func TestExtractFullDisk(t *testing.T) {
	dir := t.TempDir()
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no small disk to fill: mounting one needs rights (%v)", err)
	}
	defer func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	}()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 44100, 2, 200_000)
	for _, format := range []string{"wav", "flac"} {
		_, stderr := soloist(t, failure, "extract", "--model=identity", "--format", format, "-o", filepath.Join(small, "out"), in)
		line(t, stderr, filepath.Join(small, "out", "a"), "no space left")
		if strings.Contains(stderr, ".part") {
			t.Errorf("names a file that the user does not know: %q", stderr)
		}
		nothing(t, filepath.Join(small, "out"))
	}
}

func TestExtractInterrupted(t *testing.T) {
	dir := t.TempDir()
	in := writeWAV(t, filepath.Join(dir, "a.wav"), 44100, 2, 6_000_000)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		out := filepath.Join(dir, "out")
		var errs bytes.Buffer
		c := program("extract", "--model=identity", "--block=4096", "-o", out, in)
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// In the middle of the work, which the folder shows.
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		for len(files(t, out)) < 2 && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if got := c.ProcessState.ExitCode(); got != failure {
			t.Errorf("%v: exit status %d, want %d", signal, got, failure)
		}
		line(t, errs.String(), "interrupted")
		nothing(t, out)
	}
}

func TestModels(t *testing.T) {
	stdout, _ := soloist(t, success, "models")
	for _, w := range []string{"identity", "identity-symmetric", "LATENCY", "11.6 ms"} {
		if !strings.Contains(stdout, w) {
			t.Errorf("want %q in\n%s", w, stdout)
		}
	}
	var infos []modelInfo
	stdout, _ = soloist(t, success, "models", "--json")
	if err := json.Unmarshal([]byte(stdout), &infos); err != nil || len(infos) < 2 {
		t.Errorf("%v: %s", err, stdout)
	}
	stdout, _ = soloist(t, success, "models", modelFile(t, "drums", 1))
	for _, w := range []string{"random", "MIT", "44.1 kHz", "look-ahead 2 frames"} {
		if !strings.Contains(stdout, w) {
			t.Errorf("want %q in\n%s", w, stdout)
		}
	}
	_, stderr := soloist(t, failure, "models", "flute")
	line(t, stderr, "flute")
}

func TestBench(t *testing.T) {
	var costs []cost
	stdout, _ := soloist(t, success, "bench", "--json", "--time=1ms", "--model=identity,"+modelFile(t, "drums", 1))
	if err := json.Unmarshal([]byte(stdout), &costs); err != nil || len(costs) != 4 {
		t.Fatalf("%v: %s", err, stdout)
	}
	for _, c := range costs {
		if c.Analysis <= 0 || c.Separate <= 0 || c.Synthesis <= 0 || c.Pipeline <= 0 || c.Deadline <= 0 {
			t.Errorf("%+v", c)
		}
	}
	stdout, _ = soloist(t, success, "bench", "--time=1ms", "--model=identity")
	if strings.Count(stdout, "\n") != 4 {
		t.Errorf("%q", stdout)
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"extract", "--help"}} {
		if stdout, _ := soloist(t, success, args...); !strings.Contains(stdout, "Usage: soloist") {
			t.Errorf("%q: %q", args, stdout)
		}
	}
	if stdout, _ := soloist(t, success, "version"); !strings.HasPrefix(stdout, "soloist "+version) {
		t.Errorf("%q", stdout)
	}
	_, stderr := soloist(t, misuse, "dance")
	line(t, stderr, "dance", "--help")
}

// TestSlowThreeHours wants memory that does not grow with the length.
func TestSlowThreeHours(t *testing.T) {
	if os.Getenv("SOLOIST_SLOW") == "" {
		t.Skip("takes minutes and 4 GB of disk: make slow")
	}
	dir := t.TempDir()
	_, sound := func() (string, []byte) {
		path := writeWAV(t, filepath.Join(dir, "minute.wav"), 44100, 2, 60*44100)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return path, data[44:]
	}()
	for _, minutes := range []int{10, 180} {
		path := filepath.Join(dir, fmt.Sprintf("%d.wav", minutes))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		header(f, 44100, 2, int64(minutes)*60*44100)
		for range minutes {
			if _, err := f.Write(sound); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		model := "identity"
		if slices.Contains(modelNames(), "drums") {
			model = "drums"
		}
		out := filepath.Join(dir, "out")
		c := program("extract", "--model", model, "-v", "-o", out, path)
		start := time.Now()
		text, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		const limit = 300 << 20
		peak := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
		t.Logf("%d minutes with %s in %v, peak %d MB\n%s", minutes, model, time.Since(start), peak>>20, text)
		if peak > limit {
			t.Errorf("%d minutes took %d MB, want less than %d", minutes, peak>>20, limit>>20)
		}
		for _, f := range []string{path, out} {
			if err := os.RemoveAll(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}
