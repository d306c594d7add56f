package layerwise

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"soloist/stft"
	"soloist/train/dataset"
)

const recipeText = `
[model]
name = "tone"
source = "vocals"
rate_hz = 8000
stft = { frame = 128, synthesis = 128, hop = 64 }
[layerwise]
context = 1
layers = 2
iterations = 20
final = 20
samples = 1500
validation = 400
gain = [0.1, 1]
`

func recipe(t testing.TB, text string) *Recipe {
	t.Helper()
	r, err := parseRecipe(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// material are two songs of tones (vocals), noise bursts (drums) and slow beats (bass), 16-bit mono at 8 kHz.
func material(t testing.TB) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	write := func(path string, f func(i int) float64) {
		var b bytes.Buffer
		le := binary.LittleEndian
		const n = 4 * 8000
		b.WriteString("RIFF")
		b.Write(le.AppendUint32(nil, 36+2*n))
		b.WriteString("WAVEfmt ")
		for _, v := range []uint32{16, 1 | 1<<16, 8000, 16000, 2 | 16<<16} {
			b.Write(le.AppendUint32(nil, v))
		}
		b.WriteString("data")
		b.Write(le.AppendUint32(nil, 2*n))
		for i := range n {
			b.Write(le.AppendUint16(nil, uint16(int16(math.Round(20000*f(i))))))
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i, song := range []string{"a", "b"} {
		f := 700 + 300*float64(i)
		write(filepath.Join(dir, song, "vocals.wav"), func(i int) float64 { return math.Sin(2 * math.Pi * f * float64(i) / 8000) })
		write(filepath.Join(dir, song, "drums.wav"), func(i int) float64 {
			if i%2000 < 500 {
				return 2*r.Float64() - 1
			}
			return 0
		})
		write(filepath.Join(dir, song, "bass.wav"), func(i int) float64 { return math.Sin(2*math.Pi*f/10*float64(i)/8000) * math.Sin(float64(i)/4000) })
	}
	set, err := dataset.Load(8000, "", dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// magnitude is the spectrum's at a hop of the signal.
func magnitude(p stft.Pair, x []float32, hop int) []float64 {
	a, z := stft.NewAnalyzer(p), make([]complex64, p.Bins())
	for h := range hop + 1 {
		a.Analyze(z, x[h*p.H:(h+1)*p.H])
	}
	m := make([]float64, len(z))
	for k, v := range z {
		m[k] = math.Hypot(float64(real(v)), float64(imag(v)))
	}
	return m
}

// Against the definition: magnitudes of the sum, at frames that do not overlap, over the mean of their norms,
// and the source's in the middle.
func TestDraw(t *testing.T) {
	for _, causal := range []bool{false, true} {
		r := recipe(t, recipeText)
		if causal {
			r = recipe(t, recipeText+"causal = true\n")
		}
		clips, err := families(material(t), "vocals")
		if err != nil {
			t.Fatal(err)
		}
		d := newDrawer(r, clips)
		pair := d.pair
		bins := pair.Bins()
		x, s := make([]float32, 3*bins), make([]float32, bins)
		for example := range 20 {
			d.draw(x, s, rand.New(rand.NewPCG(1, uint64(example))))
			gamma, frames := 0., [][]float64{}
			for _, o := range r.Model.Feature.Context {
				f := magnitude(pair, d.mix, d.middle+o)
				frames = append(frames, f)
				sum := 0.
				for _, v := range f {
					sum += v * v
				}
				gamma += math.Sqrt(sum) / 3
			}
			want := slices.Concat(append(frames, magnitude(pair, d.source, d.middle))...)
			for i, v := range slices.Concat(x, s) {
				if math.Abs(float64(v)-want[i]/gamma) > 1e-5 {
					t.Fatalf("causal %t, example %d: value %d is %g, want %g", causal, example, i, v, want[i]/gamma)
				}
			}
		}
	}
}

// An example depends on its number and the seed alone.
func TestDrawIsDeterministic(t *testing.T) {
	set, r := material(t), recipe(t, recipeText)
	draw := func(n int, seed uint64) Examples {
		e, err := Draw(r, set, n, seed)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	few, many, other := draw(7, 1), draw(20, 1), draw(7, 2)
	if !slices.Equal(few.X.Data, many.X.Data[:len(few.X.Data)]) || !slices.Equal(few.S.Data, many.S.Data[:len(few.S.Data)]) {
		t.Error("examples depend on how many there are")
	}
	if slices.Equal(few.X.Data, other.X.Data) {
		t.Error("examples do not depend on the seed")
	}
	r.Model.Source = "piano"
	if _, err := Draw(r, set, 2, 1); err == nil {
		t.Error("the piano of songs without one was drawn")
	}
}

func TestRecipe(t *testing.T) {
	r := recipe(t, recipeText)
	f := r.Model.Feature
	if !slices.Equal(f.Context, []int{0, -2, 2}) || len(r.Model.Layers) != 2 || r.Model.Layers[0].In != 3*65 || r.Model.Lookahead() != 2 || r.Plan.Memory != 20 {
		t.Errorf("%+v", r)
	}
	if o := offsets(2, 3, true); !slices.Equal(o, []int{0, -3, -6, -9, -12}) {
		t.Errorf("causal offsets %v", o)
	}
	for _, more := range []string{
		"colour = 1\n", "spacing = 0\n", "context = 50\n", "context = -1\n", "start = \"zero\"\n", "layers = 99\n",
		"[model.feature]\ncompression = \"log\"\n", "gain = [0, 1]\n", "rate = inf\n", "samples = 1\n",
	} {
		if _, err := parseRecipe("[model]\nname = \"a\"\nsource = \"a\"\n[layerwise]\n" + more); err == nil {
			t.Errorf("%q is accepted", more)
		}
	}
	for _, file := range []string{"sae-drums", "sae-published"} {
		if _, err := ReadRecipe(filepath.Join("..", "recipes", file+".toml")); err != nil {
			t.Error(err)
		}
	}
	if IsRecipe(filepath.Join("..", "recipes", "mir1k.toml")) || !IsRecipe(filepath.Join("..", "recipes", "sae-drums.toml")) {
		t.Error("recipes are not told apart")
	}
}
