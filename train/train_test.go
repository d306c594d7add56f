package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"soloist/model"
	"soloist/train/dataset"
)

const recipeText = `
[model]
name = "tone"
source = "vocals"
rate_hz = 8000
output = "mask"
stft = { frame = 256, synthesis = 128, hop = 64 }
feature = { q = 16, compression = "log", level_frames = 100, means_frames = [10] }
layers = [
  { type = "dense", out = 24, activation = "relu" },
  { type = "context", offsets = [0, -1, 1] },
  { type = "dense", out = 24, activation = "relu", skip = true },
  { type = "dense", activation = "sigmoid" },
]
[train]
seed = 3
steps = 30
excerpts = 8
frames = 60
warmup = 10
rate = 3e-3
least_squares = 2
every = 10
`

// material writes two songs of tones (vocals) and noise bursts (drums).
func material(t testing.TB) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	for _, song := range []string{"a", "b"} {
		tones, bursts := make([]float64, 4*8000), make([]float64, 4*8000)
		f := 300 + 400*r.Float64()
		for i := range tones {
			tones[i] = 0.3 * math.Sin(2*math.Pi*f*float64(i)/8000)
			if i%2000 < 500 {
				bursts[i] = 0.3 * r.NormFloat64()
			}
		}
		writeWAV(t, filepath.Join(dir, song, "vocals.wav"), tones)
		writeWAV(t, filepath.Join(dir, song, "drums.wav"), bursts)
	}
	set, err := dataset.Load(8000, "", dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// writeWAV writes 16-bit mono at 8 kHz.
func writeWAV(t testing.TB, path string, x []float64) {
	t.Helper()
	var b bytes.Buffer
	le := binary.LittleEndian
	b.WriteString("RIFF")
	b.Write(le.AppendUint32(nil, uint32(36+2*len(x))))
	b.WriteString("WAVEfmt ")
	for _, v := range []uint32{16, 1 | 1<<16, 8000, 16000, 2 | 16<<16} {
		b.Write(le.AppendUint32(nil, v))
	}
	b.WriteString("data")
	b.Write(le.AppendUint32(nil, uint32(2*len(x))))
	for _, v := range x {
		b.Write(le.AppendUint16(nil, uint16(int16(math.Round(max(-1, min(1, v))*32767)))))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func recipe(t testing.TB) *Recipe {
	t.Helper()
	r, err := parseRecipe(recipeText)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func trainer(t testing.TB, set *dataset.Set) *Trainer {
	t.Helper()
	tr, err := New(recipe(t), set)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func file(t *testing.T, m *model.Model) string {
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func silent(Report) {}

// What a user does: learn, and separate a song by it.
func TestLearnsToTellTonesFromNoise(t *testing.T) {
	set := material(t)
	tr := trainer(t, set)
	var first, last Report
	for range 2 { // the recipe's steps, with reports only at 50s and the end: compare start and end
		first = Report{}
		first.Loss, first.Absent = tr.step()
	}
	if err := tr.Run(context.Background(), "", func(r Report) { last = r }, nil, nil); err != nil {
		t.Fatal(err)
	}
	if !(last.Loss < first.Loss && last.Loss < 0.5*last.Absent) {
		t.Errorf("loss %.4f at the start, %.4f in the end, %.4f for giving nothing", first.Loss, last.Loss, last.Absent)
	}
	scores, err := Evaluate(tr.Averaged(), set)
	if err != nil {
		t.Fatal(err)
	}
	if g := MedianGain(scores); !(g > 5) {
		t.Errorf("median gain %.2f dB over %+v, want more than 5", g, scores)
	}
}

// The least-squares start must be better than what a network without it starts from.
func TestLeastSquaresStart(t *testing.T) {
	set := material(t)
	loss := func(batches int) float64 {
		r := recipe(t)
		r.Train.LeastSquares = batches
		tr, err := New(r, set)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		var parts [shards]float64
		tr.each(7, func(i int, s *shard) { parts[i] = s.loss(false) })
		for _, p := range parts {
			sum += p
		}
		return sum
	}
	if with, without := loss(4), loss(0); !(with < 0.8*without) {
		t.Errorf("loss %.4f after least squares, %.4f after Glorot", with, without)
	}
}

// The loss's derivatives by the weights agree with differences of the loss itself.
func TestLossGradient(t *testing.T) {
	tr := trainer(t, material(t))
	s := tr.parts[0]
	s.draw(4, 0)
	s.loss(true)
	grad := append([]float32(nil), s.grad...)
	at := 0
	r := rand.New(rand.NewPCG(2, 2))
	for _, tensor := range tr.model.Network().Tensors() {
		for range 6 {
			j := r.IntN(len(tensor.Data))
			w := tensor.Data[j]
			const h = 2e-3
			eval := func(v float32) float64 {
				tensor.Data[j] = v
				tr.model.Network().Refresh()
				return s.loss(false)
			}
			numeric := (eval(w+h) - eval(w-h)) / (2 * h)
			tensor.Data[j] = w
			// The loss is float32 inside (1e-6 of about 3, over 2h: 1e-3), and ReLUs have corners.
			if d := math.Abs(numeric - float64(grad[at+j])); d > 3e-3+0.03*math.Abs(numeric) {
				t.Errorf("%s[%d]: derivative %g, by differences %g", tensor.Name, j, grad[at+j], numeric)
			}
		}
		at += len(tensor.Data)
	}
}

// A run that was killed and resumed ends in the very same model.
func TestResumeIsExact(t *testing.T) {
	set := material(t)
	whole := trainer(t, set)
	if err := whole.Run(context.Background(), "", silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	killed := trainer(t, set)
	ctx, kill := context.WithCancel(context.Background())
	err := killed.Run(ctx, path, silent, nil, func(*model.Model) error {
		if killed.Step() == 20 { // before the checkpoint of this step is written
			kill()
		}
		return nil
	})
	if err != context.Canceled {
		t.Fatal(err)
	}
	resumed := trainer(t, set)
	if err := resumed.Resume(path); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Run(context.Background(), path, silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	if file(t, whole.Averaged()) != file(t, resumed.Averaged()) || file(t, whole.Model()) != file(t, resumed.Model()) {
		t.Error("the resumed model differs from the uninterrupted one")
	}
}

func TestResumeRefuses(t *testing.T) {
	set := material(t)
	dir := t.TempDir()
	tr := trainer(t, set)
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte("no checkpoint"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := tr.Resume(junk); err == nil || !strings.Contains(err.Error(), "junk: not a checkpoint") {
		t.Error(err)
	}
	good := filepath.Join(dir, "good")
	if err := tr.save(good); err != nil {
		t.Fatal(err)
	}
	other := recipe(t)
	other.Train.Rate = 1e-4
	tr2, err := New(other, set)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr2.Resume(good); err == nil || !strings.Contains(err.Error(), "another recipe") {
		t.Error(err)
	}
}

func TestBadRecipes(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"excerpts = 8", "excerpts = 7", "multiple of 2"},
		{"frames = 60", "frames = 11", "warm-up"},
		{"seed = 3", "sede = 3", "sede"},
		{`type = "context"`, `type = "pool"`, "pool"},
		{"hop = 64", "hop = 100", "hop of 100"},
		{`compression = "log"`, `compression = "zip"`, "zip"},
		{`activation = "sigmoid"`, `activation = "sigmoid", out = 3`, "gives 3 values"},
		{"[train]", "[train]\npresence = { drums = 1.5 }", "presence of drums"},
		{"[train]", "[train", "toml"},
		{"every = 10", "every = 10\n[train.augment]\nroom = 1.5", "room is 1.5"},
		{"every = 10", "every = 10\n[train.augment]\nbus = nan", "NaN"},
		{"every = 10", "every = 10\n[train.augment]\nrooms = 0.5", "rooms"},
	} {
		if _, err := parseRecipe(strings.Replace(recipeText, c.from, c.to, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.to, err, c.want)
		}
	}
	r := recipe(t)
	r.Model.Source = "piano"
	if _, err := New(r, material(t)); err == nil || !strings.Contains(err.Error(), "no piano") {
		t.Error(err)
	}
}

// What a recipe says of augmentation is what examples are drawn by; what it leaves out has its default.
func TestRecipeAugments(t *testing.T) {
	r, err := parseRecipe(recipeText + "[train.augment]\nroom = 0\ncodec = 1\n")
	if err != nil {
		t.Fatal(err)
	}
	want := dataset.DefaultAugmentation()
	want.Room, want.Codec = 0, 1
	set := material(t)
	if _, err := New(r, set); err != nil || set.Augment != want {
		t.Errorf("%+v, %v, want %+v", set.Augment, err, want)
	}
	r.Train.Augment.Hum = math.NaN()
	if _, err := New(r, set); err == nil || !strings.Contains(err.Error(), "hum is NaN") {
		t.Error(err)
	}
}

func TestShippedRecipesAreGood(t *testing.T) {
	paths, err := filepath.Glob("recipes/*.toml")
	shipped, err2 := filepath.Glob("../assets/models/*.toml")
	if err != nil || err2 != nil || len(paths) == 0 || len(shipped) == 0 {
		t.Fatal("no recipes", err, err2)
	}
	paths = append(paths, shipped...)
	for _, p := range paths {
		if text, err := os.ReadFile(p); err != nil || strings.Contains(string(text), "[layerwise]") {
			continue // those of train/layerwise
		}
		if _, err := ReadRecipe(p); err != nil {
			t.Error(err)
		}
	}
}
