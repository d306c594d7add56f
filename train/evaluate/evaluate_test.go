package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"soloist/host"
	"soloist/host/audiofile"
	"soloist/realtime"
	"soloist/stft"
	"soloist/train/dataset"
)

const rate = 8000

// noise is a signal with so many channels, of values that 16 bits hold exactly.
func noise(seed uint64, channels, frames int, level float64) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, frames)
		for i := range x[c] {
			x[c][i] = float32(math.Round(level*(2*rng.Float64()-1)*32768) / 32768)
		}
	}
	return x
}

func store(t *testing.T, path string, rate int, x [][]float32) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	w, err := audiofile.Create(path, audiofile.WAV16, audiofile.Info{Rate: rate, Channels: len(x)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(x), w.Close()); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, dir string, also ...string) []dataset.Folder {
	t.Helper()
	folders, err := dataset.Find([]string{dir}, also...)
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

// leaky estimates a source as the mixture less nine tenths of all other stems: the source and a tenth of the others.
func leaky(sources ...string) Estimator {
	return func(_ context.Context, f dataset.Folder, _ int, mix [][]float32) (map[string][][]float32, error) {
		out := map[string][][]float32{}
		m, err := read(f, sources)
		if err != nil {
			return nil, err
		}
		for i, s := range m.sources {
			y := make([][]float32, len(mix))
			for c := range y {
				for n, v := range mix[c] {
					y[c] = append(y[c], 0.1*v+0.9*m.refs[i][c][n])
				}
			}
			out[s] = y
		}
		return out, nil
	}
}

func near(t *testing.T, what string, got DB, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tolerance) {
		t.Errorf("%s: %.3f dB, want %.3f ± %g", what, float64(got), want, tolerance)
	}
}

func scoresOf(t *testing.T, s *Song, source string, c Contestant) Scores {
	t.Helper()
	for _, x := range s.Scores {
		if x.Source == source && x.Contestant == c {
			return x
		}
	}
	t.Fatalf("%s: no scores of %s by %s: %s", s.Dir, source, c, s.Error)
	return Scores{}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	const n = 3 * rate
	drums, bass, synth := noise(1, 2, n, 0.2), noise(2, 2, n, 0.2), noise(3, 1, n-100, 0.1)
	for c := range drums {
		clear(drums[c][rate : 2*rate]) // a silent second
	}
	store(t, filepath.Join(dir, "set/one/drums.wav"), rate, drums)
	store(t, filepath.Join(dir, "set/one/bass.wav"), rate, bass)
	store(t, filepath.Join(dir, "set/one/synth.wav"), rate, synth) // mono and shorter
	store(t, filepath.Join(dir, "set/two/vocals.wav"), rate, bass)
	store(t, filepath.Join(dir, "set/three/drums.wav"), rate, drums)
	store(t, filepath.Join(dir, "set/three/bass.wav"), 2*rate, bass)
	store(t, filepath.Join(dir, "set/four/drums.wav"), rate, noise(0, 1, n, 0))
	store(t, filepath.Join(dir, "set/four/bass.wav"), rate, bass)
	folders := find(t, dir) // four, one, three, two
	e := Evaluation{
		Sources: []string{"drums", "bass"}, Estimate: leaky("drums", "bass"), Models: []string{"leaky"},
		Pair: stft.Pair{K: 256, L: 256, H: 64}, Oracle: true, Baseline: true,
	}
	var results []string
	for _, jobs := range []int{1, 3} {
		e.Jobs = jobs
		var steps atomic.Int32
		r, err := e.Run(t.Context(), folders, func() { steps.Add(1) })
		if err != nil {
			t.Fatal(err)
		}
		if int(steps.Load()) != len(folders)*e.Steps() {
			t.Errorf("%d steps, want %d", steps.Load(), len(folders)*e.Steps())
		}
		four, one, three, two := &r.Songs[0], &r.Songs[1], &r.Songs[2], &r.Songs[3]
		if !strings.Contains(three.Error, "drums.wav: want 16000 Hz") || len(three.Scores) > 0 {
			t.Errorf("stems of two rates: %q", three.Error)
		}
		if two.Error != "" || len(two.Scores) > 0 {
			t.Errorf("a song without the sources: %q, %d scores", two.Error, len(two.Scores))
		}
		for _, s := range four.Scores {
			if s.Source == "drums" {
				t.Error("silent drums are scored")
			}
		}
		if one.Set != "set" || one.Name != "one" || one.Channels != 2 || one.Frames != n || one.Rate != rate {
			t.Errorf("song one: %+v", one)
		}
		// Bass is held against drums (2 s of 3) and a synthesiser at half the level: 0.2²·(2/3 + 1/4) to 0.2².
		bass, mixture := scoresOf(t, one, "bass", Model), scoresOf(t, one, "bass", Mixture)
		noise := 10 * math.Log10(2./3+1./4)
		near(t, "uSDR of the mixture", mixture.USDR, -noise, 0.1)
		near(t, "uSDR", bass.USDR, 20-noise, 0.1)
		near(t, "SI-SDR of the mixture", mixture.SISDR, -noise, 0.1)
		near(t, "SI-SDR", bass.SISDR, 20-noise, 0.1)
		near(t, "SDR", bass.SDR, 20-10*math.Log10(1.25), 0.3)
		if mixture.SAR.Defined() {
			t.Errorf("the mixture has artifacts, %g dB", mixture.SAR)
		}
		for i, v := range bass.Frames.SDR {
			if v.Defined() != (i != 1) {
				t.Errorf("window %d of 3, of which the second is silent: %g dB", i, v)
			}
		}
		for _, source := range e.Sources {
			if o, m := scoresOf(t, one, source, Oracle), scoresOf(t, one, source, Mixture); !(o.SISDR > m.SISDR+3) {
				t.Errorf("%s: the oracle scores %g dB, the mixture %g", source, o.SISDR, m.SISDR)
			}
			if b := scoresOf(t, one, source, Baseline); !b.SISDR.Defined() {
				t.Errorf("%s: no baseline", source)
			}
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, string(text))
	}
	if results[0] != results[1] {
		t.Error("the result depends on the number of jobs")
	}
	valid(t, results[0])
}

// valid checks a result against the documented schema.
func valid(t *testing.T, text string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
	var back Result
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(again, []byte(text)) {
		t.Errorf("a result changes when it is read and written: %v", err)
	}
}

func TestMixFile(t *testing.T) {
	dir := t.TempDir()
	mix, drums := noise(1, 1, rate, 0.4), noise(2, 1, rate, 0.2)
	store(t, filepath.Join(dir, "a/song/drums.wav"), rate, drums)
	store(t, filepath.Join(dir, "a/song/Mixture.wav"), rate, mix)
	m, err := read(find(t, dir)[0], []string{"drums"})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.refs) != 2 {
		t.Fatalf("%d references, want drums and the rest", len(m.refs))
	}
	for i, v := range m.mix[0] {
		if v != mix[0][i] || m.refs[0][0][i] != drums[0][i] || m.refs[1][0][i] != v-drums[0][i] {
			t.Fatalf("sample %d: mixture %g, drums %g, rest %g", i, v, m.refs[0][0][i], m.refs[1][0][i])
		}
	}
	// Without a file, the mixture is the sum, and the stems are left as they are.
	store(t, filepath.Join(dir, "b/song/drums.wav"), rate, drums)
	store(t, filepath.Join(dir, "b/song/cowbell.wav"), rate, mix)
	store(t, filepath.Join(dir, "b/song/bass.wav"), rate, mix)
	if m, err = read(find(t, filepath.Join(dir, "b"))[0], []string{"drums"}); err != nil {
		t.Fatal(err)
	}
	for i, v := range m.mix[0] {
		if v != 2*mix[0][i]+drums[0][i] || m.refs[0][0][i] != drums[0][i] || m.refs[1][0][i] != 2*mix[0][i] {
			t.Fatalf("sample %d: mixture %g, drums %g, rest %g", i, v, m.refs[0][0][i], m.refs[1][0][i])
		}
	}
}

// halver is a processor that gives half of its input, late.
type halver struct{ past [][]float32 }

func (h *halver) Sources() []string { return []string{"drums"} }
func (h *halver) Latency() int      { return 37 }
func (h *halver) Reset()            {}
func (h *halver) Process(out []realtime.Block, in realtime.Block) {
	for c := range in {
		h.past[c] = append(h.past[c], in[c]...)
		for i := range in[c] {
			out[0][c][i] = h.past[c][i] / 2
			if len(out) > 1 {
				out[1][c][i] = h.past[c][i] / 2
			}
		}
		h.past[c] = h.past[c][len(in[c]):]
	}
}

func TestSeparatedAndStored(t *testing.T) {
	mix := noise(1, 2, 50000, 0.5)
	estimate := Separated(host.Batch{
		New: func(channels int) (realtime.Processor, error) {
			h := &halver{make([][]float32, channels)}
			for c := range h.past {
				h.past[c] = make([]float32, h.Latency())
			}
			return h, nil
		},
		Sources: []string{"drums"}, Bits: 16, Jobs: 1,
	})
	got, err := estimate(t.Context(), dataset.Folder{}, rate, mix)
	if err != nil {
		t.Fatal(err)
	}
	for c := range mix {
		for i, v := range mix[c] {
			if got["drums"][c][i] != v/2 || got[host.Remainder][c][i] != v-v/2 {
				t.Fatalf("channel %d sample %d: %g and %g of %g", c, i, got["drums"][c][i], got[host.Remainder][c][i], v)
			}
		}
	}
	dir := t.TempDir()
	store(t, filepath.Join(dir, "drums.wav"), rate, mix)
	stored := Stored(func(dataset.Folder) string { return dir })
	if got, err = stored(t.Context(), dataset.Folder{}, rate, mix); err != nil || got["drums"][1][123] != mix[1][123] {
		t.Errorf("stored stems: %v", err)
	}
	if _, err = stored(t.Context(), dataset.Folder{}, rate, mix[:1]); err == nil || !strings.Contains(err.Error(), "want 1 channels") {
		t.Errorf("stems of another shape: %v", err)
	}
}
