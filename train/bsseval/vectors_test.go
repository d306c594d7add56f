package bsseval

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"soloist/host/audiofile"
)

// folders hold reference vectors in one layout: those of testdata, made by testdata/vectors.py, and,
// where the data of the workshop is at hand, those of mir_eval's own test suite and more of museval's.
var folders = []string{"testdata", "../../../shared/data/bsseval"}

// eachFolder runs test on the folders that exist.
func eachFolder(t *testing.T, test func(t *testing.T, dir string)) {
	for i, dir := range folders {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(dir); i > 0 && err != nil {
				t.Skip("no further vectors here")
			}
			test(t, dir)
		})
	}
}

// decode reads JSON as Python writes it: NaN and Infinity, as numbers or in quotes, become null.
func decode(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`"?-?\b(NaN|nan|Infinity|inf)\b"?`).ReplaceAll(text, []byte("null"))
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// load reads files as the sources of Waves.
func load(t *testing.T, paths ...string) Waves[float64] {
	t.Helper()
	var w Waves[float64]
	for _, path := range paths {
		_, x, _, err := audiofile.ReadAll(path)
		if err != nil {
			t.Fatal(err)
		}
		w = append(w, double(x))
	}
	return w
}

func double(x [][]float32) [][]float64 {
	y := make([][]float64, len(x))
	for c := range x {
		y[c] = make([]float64, len(x[c]))
		for i, v := range x[c] {
			y[c][i] = float64(v)
		}
	}
	return y
}

// table holds scores as they are stored: of all sources, or by source and window.
type table [][]*float64

func (t *table) UnmarshalJSON(text []byte) error {
	var windows [][]*float64
	if err := json.Unmarshal(text, &windows); err == nil && !slices.ContainsFunc(windows, func(w []*float64) bool { return w == nil }) {
		*t = windows
		return nil
	}
	var flat []*float64
	err := json.Unmarshal(text, &flat)
	for _, v := range flat {
		*t = append(*t, []*float64{v})
	}
	return err
}

// compare reports the largest difference of got from want in dB, and differences beyond the tolerance.
// A score that is undefined in one must be so in the other.
func compare(t *testing.T, name string, got [][]float64, want table, tolerance float64) (worst float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d sources, want %d", name, len(got), len(want))
		return
	}
	for j := range want {
		if len(got[j]) != len(want[j]) {
			t.Errorf("%s: source %d has %d windows, want %d", name, j, len(got[j]), len(want[j]))
			continue
		}
		for w, v := range want[j] {
			switch g := got[j][w]; {
			case v == nil:
				if !math.IsNaN(g) {
					t.Errorf("%s: source %d window %d: %g dB, want undefined", name, j, w, g)
				}
			case !(math.Abs(g-*v) <= tolerance):
				t.Errorf("%s: source %d window %d: %.9f dB, want %.9f", name, j, w, g, *v)
				fallthrough
			default:
				worst = max(worst, math.Abs(g-*v))
			}
		}
	}
	return worst
}

func TestMuseval(t *testing.T) {
	type scores struct{ SDR, ISR, SIR, SAR table }
	eachFolder(t, func(t *testing.T, dir string) {
		files, _ := filepath.Glob(filepath.Join(dir, "museval/*/museval.json"))
		if len(files) == 0 {
			t.Fatal("no vectors")
		}
		for _, file := range files {
			var v struct {
				Sources             []string
				Window, Hop, Filter int
				Images              *scores `json:"images_v4"`
				Sources4            *scores `json:"sources_v4"`
			}
			decode(t, file, &v)
			var refs, ests []string
			for _, s := range v.Sources {
				refs = append(refs, filepath.Join(filepath.Dir(file), "ref-"+s+".wav"))
				ests = append(ests, filepath.Join(filepath.Dir(file), "est-"+s+".wav"))
			}
			ref, est := load(t, refs...), load(t, ests...)
			for name, want := range map[string]*scores{"images": v.Images, "sources": v.Sources4} {
				if want == nil {
					continue
				}
				got, err := Eval(ref, est, Options{Taps: v.Filter, Window: v.Window, Hop: v.Hop, Sources: name == "sources"})
				if err != nil {
					t.Fatal(err)
				}
				var worst float64
				name = filepath.Base(filepath.Dir(file)) + " " + name
				worst = max(worst, compare(t, name+" SDR", got.SDR, want.SDR, 1e-3))
				worst = max(worst, compare(t, name+" ISR", got.ISR, want.ISR, 1e-3))
				worst = max(worst, compare(t, name+" SIR", got.SIR, want.SIR, 1e-3))
				worst = max(worst, compare(t, name+" SAR", got.SAR, want.SAR, 1e-3))
				t.Logf("%s: within %.2g dB", name, worst)
			}
		}
	})
}

// mono is the mean of the channels, which is what mir_eval reads from a file.
func mono(w Waves[float64]) Waves[float64] {
	out := make(Waves[float64], len(w))
	for j, channels := range w {
		x := make([]float64, len(channels[0]))
		for _, c := range channels {
			for i, v := range c {
				x[i] += v / float64(len(channels))
			}
		}
		out[j] = [][]float64{x}
	}
	return out
}

// repeat gives mono sources so many channels, all but the first of them scaled, as mir_eval's test suite
// does for "images". (Its "reverse" reverses the order of those channels, which are all alike.)
func repeat(w Waves[float64], channels int, gain float64) Waves[float64] {
	out := make(Waves[float64], len(w))
	for j := range w {
		for c := range channels {
			x := slices.Clone(w[j][0])
			for i := range x {
				if c > 0 {
					x[i] *= gain
				}
			}
			out[j] = append(out[j], x)
		}
	}
	return out
}

func TestMirEval(t *testing.T) {
	eachFolder(t, func(t *testing.T, dir string) {
		files, _ := filepath.Glob(filepath.Join(dir, "mir_eval/output*.json"))
		if len(files) == 0 {
			t.Fatal("no vectors")
		}
		for _, file := range files {
			id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "output"), ".json")
			paths := func(kind string) []string {
				p, _ := filepath.Glob(filepath.Join(dir, "mir_eval", kind+id, "*.wav"))
				slices.Sort(p)
				return p
			}
			ref, est := load(t, paths("ref")...), load(t, paths("est")...)
			var v map[string]struct {
				SDR      table `json:"Source to Distortion"`
				ISR      table `json:"Image to Spatial"`
				SIR      table `json:"Source to Interference"`
				SAR      table `json:"Source to Artifact"`
				Order    table `json:"Source permutation"`
				Win, Hop int
				Channels int `json:"nchan"`
				Gain     float64
			}
			decode(t, file, &v)
			for name, want := range v {
				images, frames := strings.HasPrefix(name, "Images"), strings.Contains(name, "Framewise")
				ref, est := ref, est
				o := Options{PerFrame: true, Sources: !images, Window: want.Win, Hop: want.Hop, Permute: !frames}
				tolerance := 1e-6
				switch {
				case images && want.Channels > 0:
					est, ref = repeat(mono(est), want.Channels, want.Gain), repeat(mono(ref), want.Channels, 1)
					fallthrough
				case images:
					tolerance = 1e-3
				default:
					est, ref = mono(est), mono(ref)
				}
				got, err := Eval(ref, est, o)
				if err != nil {
					t.Fatal(err)
				}
				name = id + " " + name
				worst := compare(t, name+" SDR", got.SDR, want.SDR, tolerance)
				if images {
					worst = max(worst, compare(t, name+" ISR", got.ISR, want.ISR, tolerance))
				}
				worst = max(worst, compare(t, name+" SIR", got.SIR, want.SIR, tolerance))
				worst = max(worst, compare(t, name+" SAR", got.SAR, want.SAR, tolerance))
				t.Logf("%s: within %.2g dB", name, worst)
			}
		}
	})
}
