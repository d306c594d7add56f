package model_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
)

// tinySpec has five bins, a band each, and one layer of 5 × 5 weights.
func tinySpec() model.Spec {
	return model.Spec{
		Name: "tiny", Source: "drums", Rate: 8000, STFT: model.Transform{Frame: 8, Synthesis: 8, Hop: 4},
		Feature: feature.Spec{Compression: feature.Log, Level: 10},
		Layers:  []nn.Spec{{Type: "dense", In: 5, Out: 5, Activation: nn.Sigmoid}},
		Output:  model.Mask,
	}
}

func create(t testing.TB, s model.Spec) *model.Model {
	t.Helper()
	m, err := model.New(s, model.Card{Licence: "MIT", Data: []string{"noise"}, Scores: map[string]float64{"SI-SDR": 1.5}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// split returns the header of a model's file, without its padding, and the weights.
func split(t testing.TB, m *model.Model) (header string, data []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b.Next(8))
	return strings.TrimSpace(string(b.Next(int(n)))), b.Bytes()
}

func join(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

// change replaces what is there once. Inside the header, specification and card are JSON within a text.
func change(t testing.TB, header, from, to string) string {
	t.Helper()
	if strings.Count(header, from) != 1 {
		t.Fatalf("%q is %d times in %s", from, strings.Count(header, from), header)
	}
	return strings.Replace(header, from, to, 1)
}

func TestMalformedFiles(t *testing.T) {
	header, data := split(t, create(t, tinySpec()))
	if _, err := model.Read(bytes.NewReader(join(header, data))); err != nil {
		t.Fatal(err)
	}
	whole := join(header, data)
	text := func(from, to string) []byte { return join(change(t, header, from, to), data) }
	length := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), whole[8:]...) }
	weight := func(i int, v float32) []byte {
		d := slices.Clone(data)
		binary.LittleEndian.PutUint32(d[4*i:], math.Float32bits(v))
		return join(header, d)
	}
	const bias = `"layers.0.bias":{"dtype":"F32","shape":[5],"data_offsets":[140,160]}`
	spec := strings.Index(header, `"spec":"`)
	specEnd := spec + strings.Index(header[spec:], `}"`) + 2
	for _, f := range []struct {
		name, want string // the error holds it
		data       []byte
	}{
		{"empty", "within the first 8 bytes", nil},
		{"short", "within the first 8 bytes", whole[:7]},
		{"length only", "within the header", whole[:8]},
		{"half a header", "within the header", whole[:100]},
		{"no header", "length is 0 bytes", length(0)},
		{"huge header", "length is 262145 bytes", length(1<<18 + 1)},
		{"hugest header", "length is 18446744073709551615 bytes", length(math.MaxUint64)},
		{"header beyond the end", "within the header", length(1 << 18)},
		{"no JSON", "the header: invalid character", join("no JSON at all", data)},
		{"half JSON", "the header: the JSON ends too early", join(header[:100], data)},
		{"header is a list", "the header: it is not an object", join("[1]", data)},
		{"header is a number", "the header: it is not an object", join("17", data)},
		{"header is null", "__metadata__: it is missing", join("null", data)},
		{"two headers", "the header: there is more after it", join(header+"{}", data)},
		{"stray brace", "the header: there is more after it", join(header+"}", data)},
		{"stray bracket", "the header: there is more after it", join(header+"]", data)},
		{"header twice", `"__metadata__" is there twice`, join(`{"__metadata__":{},`+header[1:], data)},

		{"no metadata", "__metadata__: it is missing", text("__metadata__", "metadata")},
		{"metadata in another case", "__metadata__: it is missing", text("__metadata__", "__Metadata__")},
		{"metadata of numbers", "__metadata__", text(`"format":"soloist-1"`, `"format":1`)},
		{"metadata of null", "null", text(`"format":"soloist-1"`, `"format":null`)},
		{"metadata of objects", "it is no single value", text(`"format":"soloist-1"`, `"format":{}`)},
		{"no format", `format is ""`, text(`"format":"soloist-1",`, "")},
		{"other format", `format is "soloist-2"`, text("soloist-1", "soloist-2")},
		{"format twice", `"format" is there twice`, text(`"format":"soloist-1"`, `"format":"soloist-1","format":"soloist-1"`)},
		{"unknown metadata", `"author", which is unknown`, text(`"format":`, `"author":"x","format":`)},
		{"no specification", "the specification: it is missing", text(`"spec":`, `"Spec":`)},
		{"no card", "the card: it is missing", text(`"card":`, `"carte":`)},

		{"unknown field", `the specification: "colour" is unknown`, text(`{\"name\"`, `{\"colour\":1,\"name\"`)},
		{"unknown field inside", `"feature": "window" is unknown`, text(`{\"q\"`, `{\"window\":1,\"q\"`)},
		{"unknown field of a layer", `"layers": "stride" is unknown`, text(`{\"type\"`, `{\"stride\":1,\"type\"`)},
		{"unknown field of the card", `the card: "price" is unknown`, text(`{\"description\"`, `{\"price\":1,\"description\"`)},
		{"field in another case", `"Name" is unknown`, text(`{\"name\"`, `{\"Name\"`)},
		{"field twice", `"name" is there twice`, text(`{\"name\"`, `{\"name\":\"a\",\"name\"`)},
		{"specification is null", "the specification: null", join(header[:spec]+`"spec":"null"`+header[specEnd:], data)},
		{"field of null", `"rate_hz": null`, text(`\"rate_hz\":8000`, `\"rate_hz\":null`)},
		{"rate of text", "the specification: json: cannot unmarshal string", text(`\"rate_hz\":8000`, `\"rate_hz\":\"8000\"`)},
		{"rate and a half", "the specification: json: cannot unmarshal number", text(`\"rate_hz\":8000`, `\"rate_hz\":8000.5`)},
		{"feature is a list", `"feature": it is not an object`, text(`\"feature\":{`, `\"feature\":[],\"x\":{`)},
		{"layers are an object", `"layers": it is not a list`, text(`\"layers\":[`, `\"layers\":{},\"x\":[`)},
		{"card of numbers", `the card: json: cannot unmarshal number`, text(`\"licence\":\"MIT\"`, `\"licence\":7`)},
		{"rest of a specification", "the specification: there is more after it", text(`\"output\":\"mask\"}`, `\"output\":\"mask\"}]`)},

		{"no name", "no name", text(`\"name\":\"tiny\"`, `\"name\":\"\"`)},
		{"no source", "no source", text(`\"source\":\"drums\"`, `\"source\":\"\"`)},
		{"source elsewhere", `name "../../drums"`, text(`\"source\":\"drums\"`, `\"source\":\"../../drums\"`)},
		{"hidden source", `name ".drums"`, text(`\"source\":\"drums\"`, `\"source\":\".drums\"`)},
		{"source of two lines", `name "a\nb"`, text(`\"source\":\"drums\"`, `\"source\":\"a\\nb\"`)},
		{"source remainder", `source "remainder"`, text(`\"source\":\"drums\"`, `\"source\":\"remainder\"`)},
		{"any rate", "rate 0 Hz", text(`\"rate_hz\":8000`, `\"rate_hz\":0`)},
		{"negative rate", "rate -5 Hz", text(`\"rate_hz\":8000`, `\"rate_hz\":-5`)},
		{"frame", "frame of 9 samples", text(`\"frame\":8`, `\"frame\":9`)},
		{"hop", "hop of 5 samples", text(`\"hop\":4`, `\"hop\":5`)},
		{"compression", `compression "sqrt"`, text(`\"compression\":\"log\"`, `\"compression\":\"sqrt\"`)},
		{"layer type", `layer 0: nn: layer type "gru"`, text(`\"type\":\"dense\"`, `\"type\":\"gru\"`)},
		{"activation", `activation "elu"`, text(`\"activation\":\"sigmoid\"`, `\"activation\":\"elu\"`)},
		{"output", `output "phase"`, text(`\"output\":\"mask\"`, `\"output\":\"phase\"`)},
		{"width", "takes 4 values, the front-end gives 5", text(`\"in\":5`, `\"in\":4`)},
		{"bands", "gives 6 values for 5 bands", text(`\"out\":5`, `\"out\":6`)},

		{"missing tensor", "tensor layers.0.bias is missing", text(bias+",", "")},
		{"tensor in another case", "tensor layers.0.bias is missing", text(`"layers.0.bias"`, `"layers.0.Bias"`)},
		{"tensor in two cases", `tensor "layers.0.Bias" is unknown`, text(bias, bias+","+strings.Replace(bias, "bias", "Bias", 1))},
		{"tensor twice", `"layers.0.bias" is there twice`, text(bias, bias+","+bias)},
		{"extra tensor", `tensor "layers.1.bias" is unknown`, text(bias, bias+","+strings.Replace(bias, "0", "1", 1))},
		{"tensor type", `layers.0.bias is of type "F16", want F32`, text(bias, strings.Replace(bias, "F32", "F16", 1))},
		{"tensor key", `layers.0.bias: "Dtype" is unknown`, text(bias, strings.Replace(bias, "dtype", "Dtype", 1))},
		{"tensor key too many", `layers.0.bias: "stride" is unknown`, text(bias, strings.Replace(bias, "}", `,"stride":1}`, 1))},
		{"tensor is a number", "layers.0.bias: it is not an object", text(bias, `"layers.0.bias":5`)},
		{"tensor is null", "layers.0.bias: null", text(bias, `"layers.0.bias":null`)},
		{"shape", "layers.0.bias has shape [4], want [5]", text(bias, strings.Replace(bias, "[5]", "[4]", 1))},
		{"more dimensions", "layers.0.bias has shape [5 1], want [5]", text(bias, strings.Replace(bias, "[5]", "[5,1]", 1))},
		{"no dimensions", "layers.0.bias has shape [], want [5]", text(bias, strings.Replace(bias, "[5]", "[]", 1))},
		{"negative dimensions", "layers.0.bias has shape [-5], want [5]", text(bias, strings.Replace(bias, "[5]", "[-5]", 1))},
		{"overlapping", "layers.0.bias lies at [0 20], want [140 160]", text(bias, strings.Replace(bias, "[140,160]", "[0,20]", 1))},
		{"beyond the end", "layers.0.bias lies at [140 164]", text(bias, strings.Replace(bias, "160", "164", 1))},
		{"one place", "layers.0.bias lies at [140]", text(bias, strings.Replace(bias, ",160", "", 1))},
		{"three places", "layers.0.bias lies at [140 160 0]", text(bias, strings.Replace(bias, ",160", ",160,0", 1))},
		{"huge place", "layers.0.bias: json: cannot unmarshal number", text(bias, strings.Replace(bias, "160", "99999999999999999999", 1))},

		{"truncated", "holds 159 bytes of weights, want 160", whole[:len(whole)-1]},
		{"no weights", "holds 0 bytes of weights, want 160", whole[:len(whole)-160]},
		{"trailing", "more after its 160 bytes of weights", append(slices.Clone(whole), 0)},
		{"NaN", "tensor norm.mean holds NaN at 2", weight(2, float32(math.NaN()))},
		{"infinity", "tensor layers.0.bias holds -Inf at 4", weight(39, float32(math.Inf(-1)))},
	} {
		m, err := model.Read(bytes.NewReader(f.data))
		if !errors.Is(err, model.ErrFormat) || !strings.Contains(err.Error(), f.want) {
			t.Errorf("%s: error %q, want an ErrFormat with %q", f.name, err, f.want)
		}
		if m != nil {
			t.Errorf("%s: there is a model beside the error", f.name)
		}
	}
	for n := range whole { // cut anywhere
		if _, err := model.Read(bytes.NewReader(whole[:n])); !errors.Is(err, model.ErrFormat) {
			t.Fatalf("%d of %d bytes: error %v", n, len(whole), err)
		}
	}
}

// allocated is what f allocates, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a file asks for costs nothing until it has paid for it with as many bytes.
func TestHostileFilesAllocateLittle(t *testing.T) {
	header, _ := split(t, create(t, tinySpec()))
	text := func(from, to string) string { return change(t, header, from, to) }
	layer := `{\"type\":\"dense\",\"in\":5,\"out\":5,\"activation\":\"sigmoid\"}`
	fill := func(unit string, n int) string { return strings.Repeat(unit+",", n-1) + unit }
	const room = 1<<18 - 2000
	large := tinySpec()
	large.Layers = []nn.Spec{{Type: "dense", In: 5, Out: 2000, Activation: nn.ReLU}, {Type: "dense", In: 2000, Out: 2000, Activation: nn.ReLU}, {Type: "dense", In: 2000, Out: 5, Activation: nn.ReLU}}
	largeHeader, _ := split(t, create(t, large))
	for name, h := range map[string]string{
		"many layers":         text(layer, fill("{}", room/3)),
		"65 layers":           text(layer, fill(layer, 65)),
		"wide layers":         text(layer, fill(`{\"type\":\"dense\",\"in\":65536,\"out\":65536,\"activation\":\"relu\"}`, 3)),
		"widest layer":        text(`\"out\":5,`, `\"out\":9223372036854775807,`),
		"many offsets":        text(layer, `{\"type\":\"context\",\"in\":1,\"out\":1,\"offsets\":[`+fill("0", room/2)+`]}`),
		"long past":           text(layer, layer+`,{\"type\":\"context\",\"in\":32768,\"out\":65536,\"offsets\":[0,-4096]}`),
		"many means":          text(`\"level_frames\":10`, `\"level_frames\":10,\"means_frames\":[`+fill("1", room/2)+`]`),
		"long frame":          text(`\"frame\":8`, `\"frame\":1048576`),
		"longest frame":       text(`\"frame\":8`, `\"frame\":4611686018427387904`),
		"long look-ahead":     strings.Replace(text(layer, fill(`{\"type\":\"context\",\"in\":5,\"out\":5,\"offsets\":[0,4096]}`, 10)), `\"frame\":8`, `\"frame\":1048576`, 1),
		"many tensors":        "{" + fill(`"":0`, room/5) + "}",
		"many other tensors":  "{" + many(room/14, `"t%d":null`) + "}",
		"many metadata":       `{"__metadata__":{` + many(room/14, `"t%d":""`) + "}}",
		"long shape":          strings.Replace(header, `"shape":[5]`, `"shape":[`+fill("5", room/2)+`]`, 1),
		"deep lists":          strings.Repeat("[", room),
		"deep objects":        strings.Repeat(`{"a":`, room/5),
		"deep tensor":         `{"layers.0.bias":` + strings.Repeat("[", room/2) + strings.Repeat("]", room/2) + "}",
		"deep within":         text(`\"rate_hz\":8000`, `\"rate_hz\":`+strings.Repeat("[", room)),
		"long name":           text(`\"name\":\"tiny\"`, `\"name\":\"`+strings.Repeat("x", room)+`\"`),
		"long format":         text("soloist-1", strings.Repeat("x", room)),
		"long key":            `{"` + strings.Repeat("x", room) + `":{}}`,
		"weights not there":   largeHeader,
		"spaces":              strings.Repeat(" ", 1<<18),
		"200 MB of weights":   text(layer, `{\"type\":\"dense\",\"in\":5,\"out\":1000,\"activation\":\"relu\"},{\"type\":\"dense\",\"in\":1000,\"out\":50000,\"activation\":\"relu\"}`),
		"look-ahead of hours": strings.Replace(strings.Replace(text(layer, layer+","+fill(`{\"type\":\"context\",\"in\":5,\"out\":10,\"offsets\":[0,4096]},{\"type\":\"dense\",\"in\":10,\"out\":5,\"activation\":\"relu\"}`, 31)), `\"frame\":8`, `\"frame\":131072`, 1), `\"q\":0`, `\"q\":1`, 1),
	} {
		file := join(h, nil)
		var err error
		n := allocated(func() { _, err = model.Read(bytes.NewReader(file)) })
		if !errors.Is(err, model.ErrFormat) || len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%s: error %q, want one line", name, err)
		}
		// The header, at most 256 KiB, is read, walked and decoded; the specification in it again.
		if most := uint64(200_000 + 24*len(file)); n > most {
			t.Errorf("%s: %d bytes allocated for a file of %d (%v)", name, n, len(file), err)
		}
	}
}

func many(n int, format string) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(format, i))
	}
	return strings.Join(parts, ",")
}

// A specification is checked before it costs anything, whoever made it.
func TestSpecCheckIsCheap(t *testing.T) {
	base := func(edit func(*model.Spec)) model.Spec { s := tinySpec(); edit(&s); return s }
	long := model.Transform{Frame: 1 << 20, Synthesis: 1 << 20, Hop: 1}
	ahead := nn.Spec{Type: "context", In: 5, Out: 10, Offsets: []int{0, 4000}}
	for want, s := range map[string]model.Spec{
		"front-end gives 524289": base(func(s *model.Spec) { s.STFT = long }),
		"front-end gives 4718601": base(func(s *model.Spec) {
			s.STFT, s.Feature.Q, s.Feature.Means = long, 1e6, []float64{1, 1, 1, 1, 1, 1, 1, 1}
		}),
		"front-end gives 21": base(func(s *model.Spec) { s.STFT, s.Feature.Q = long, 1 }),
		"more than 67108864 weights": base(func(s *model.Spec) {
			s.Layers = []nn.Spec{{Type: "dense", In: 5, Out: 60000, Activation: nn.ReLU}, {Type: "dense", In: 60000, Out: 60000, Activation: nn.ReLU}, {Type: "dense", In: 60000, Out: 5, Activation: nn.ReLU}}
		}),
		"look-ahead of 4000 frames of 2049 bins": base(func(s *model.Spec) {
			s.STFT, s.Feature.Q = model.Transform{Frame: 4096, Synthesis: 64, Hop: 32}, 1
			n := s.Feature.Width(2049)
			s.Layers = []nn.Spec{{Type: "dense", In: n, Out: 5, Activation: nn.ReLU}, ahead, {Type: "dense", In: 10, Out: n, Activation: nn.ReLU}}
		}),
		"name \"a/b\"":      base(func(s *model.Spec) { s.Name = "a/b" }),
		"name \"a\\\\b\"":   base(func(s *model.Spec) { s.Source = `a\b` }),
		"name \"-rf\"":      base(func(s *model.Spec) { s.Source = "-rf" }),
		"name \"a\\x00\"":   base(func(s *model.Spec) { s.Source = "a\x00" }),
		"name \"a\\xff\"":   base(func(s *model.Spec) { s.Source = "a\xff" }),
		"name \"xxxxxxxxxx": base(func(s *model.Spec) { s.Source = strings.Repeat("x", 65) }),
	} {
		var err error
		n := allocated(func() { err = s.Check() })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if n > 50_000 {
			t.Errorf("%s: %d bytes allocated", want, n)
		}
	}
	for _, name := range []string{"drums", "lead vocals", "bass-2.1", "Schlagzeug (laut)", "ドラム", "grosse caisse, été"} {
		if err := base(func(s *model.Spec) { s.Source = name }).Check(); err != nil {
			t.Errorf("source %q: %v", name, err)
		}
	}
}

func TestIdentityFile(t *testing.T) {
	m := model.Identity(tinySpec().STFT.Pair())
	header, data := split(t, m)
	again, err := model.Read(bytes.NewReader(join(header, data)))
	if err != nil {
		t.Fatal(err)
	}
	if again.Name() != m.Name() || again.Network() != nil || again.Rate() != 0 || again.Parameters() != 0 || again.Latency() != 8 {
		t.Errorf("read %+v", again.Spec())
	}
	_, err = model.Read(bytes.NewReader(join(change(t, header, "}}", `},"norm.mean":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`), nil)))
	if !errors.Is(err, model.ErrFormat) || !strings.Contains(err.Error(), `tensor "norm.mean" is unknown`) {
		t.Errorf("a tensor too many: error %v", err)
	}
}

// Padding, the order of keys and fields that may be left out are the writer's business.
func TestOtherWritersFiles(t *testing.T) {
	m := create(t, tinySpec())
	header, data := split(t, m)
	var want bytes.Buffer
	if err := m.Write(&want); err != nil {
		t.Fatal(err)
	}
	if want.Len() != 8+len(header)+(8-len(header)%8)%8+len(data) {
		t.Errorf("%d bytes: the weights do not begin at a multiple of 8", want.Len())
	}
	for name, h := range map[string]string{
		"spaces":          " \n" + strings.ReplaceAll(header, `":`, `" : `) + "\t  ",
		"nothing skipped": change(t, header, `\"activation\":\"sigmoid\"`, `\"activation\":\"sigmoid\",\"skip\":false,\"offsets\":[]`),
		"escapes":         change(t, header, `\"name\":\"tiny\"`, `\"name\":\"\\u0074iny\"`),
	} {
		got, err := model.Read(bytes.NewReader(join(h, data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b bytes.Buffer
		if err := got.Write(&b); err != nil {
			t.Fatal(err)
		}
		if name != "nothing skipped" && !bytes.Equal(b.Bytes(), want.Bytes()) {
			t.Errorf("%s: written again it differs", name)
		}
	}
	if _, err := model.Read(iotest.OneByteReader(bytes.NewReader(want.Bytes()))); err != nil {
		t.Errorf("byte by byte: %v", err)
	}
}

// A disk that fails is not a bad model.
func TestReadErrors(t *testing.T) {
	var b bytes.Buffer
	if err := create(t, tinySpec()).Write(&b); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, n := range []int{0, 3, 8, 100, b.Len() - 1, b.Len()} {
		_, err := model.Read(io.MultiReader(bytes.NewReader(b.Bytes()[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || errors.Is(err, model.ErrFormat) {
			t.Errorf("a failure after %d bytes: error %v", n, err)
		}
	}
	dir := t.TempDir()
	if _, err := model.Open(filepath.Join(dir, "none.model")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.model") {
		t.Errorf("no file: error %v", err)
	}
	if _, err := model.Open(dir); err == nil || errors.Is(err, model.ErrFormat) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder: error %v", err)
	}
	bad := filepath.Join(dir, "bad.model")
	if err := os.WriteFile(bad, b.Bytes()[:50], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := model.Open(bad); !errors.Is(err, model.ErrFormat) || !strings.Contains(err.Error(), "bad.model") {
		t.Errorf("half a file: error %v", err)
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.model")
	m := create(t, tinySpec())
	files := func(want ...string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if !slices.Equal(names, want) {
			t.Errorf("the folder holds %q, want %q", names, want)
		}
	}
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	files("a.model")
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil || !bytes.Equal(b.Bytes(), saved) {
		t.Errorf("Save and Write differ (%v)", err)
	}

	// What cannot be written leaves the file that is there, and nothing else.
	unwritable := create(t, tinySpec())
	unwritable.Network().Tensors()[1].Data[3] = float32(math.NaN())
	if err := unwritable.Save(path); err == nil || !strings.Contains(err.Error(), "layers.0.bias holds NaN at 3") || !strings.Contains(err.Error(), path) {
		t.Errorf("NaN: error %v", err)
	}
	unwritable = create(t, tinySpec())
	unwritable.SetCard(model.Card{Scores: map[string]float64{"x": math.Inf(1)}})
	if err := unwritable.Save(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("an infinite score: error %v", err)
	}
	unwritable.SetCard(model.Card{Recipe: strings.Repeat("x", 1<<18)})
	if err := unwritable.Save(path); err == nil || !strings.Contains(err.Error(), "header is 26") {
		t.Errorf("a card that cannot be read again: error %v", err)
	}
	unwritable.SetCard(model.Card{Data: make([]string, 5000)})
	if err := unwritable.Save(path); err == nil || !strings.Contains(err.Error(), "more than 4096 values") {
		t.Errorf("a list that cannot be read again: error %v", err)
	}
	files("a.model")
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, saved) {
		t.Errorf("the file that was there has changed (%v)", err)
	}

	// Another is written over it whole.
	s := tinySpec()
	s.Name = "other"
	if err := create(t, s).Save(path); err != nil {
		t.Fatal(err)
	}
	if again, err := model.Open(path); err != nil || again.Name() != "other" {
		t.Errorf("saved again: %v", err)
	}
	files("a.model")

	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := m.Save(folder); err == nil {
		t.Error("a model was saved over a folder")
	}
	if err := m.Save(filepath.Join(dir, "none", "a.model")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: error %v", err)
	}
	files("a.model", "folder")
}

// checkRead holds Read to its word for any file.
func checkRead(t *testing.T, file []byte) {
	var m *model.Model
	var err error
	if n := allocated(func() { m, err = model.Read(bytes.NewReader(file)) }); n > uint64(1<<21+100*len(file)) {
		t.Errorf("%d bytes allocated for a file of %d", n, len(file))
	}
	if err != nil {
		if !errors.Is(err, model.ErrFormat) || len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\n\r\x00") || m != nil {
			t.Fatalf("error %q, model %v", err, m)
		}
		return
	}
	var a, b bytes.Buffer
	if err := m.Write(&a); err != nil {
		t.Fatal(err)
	}
	again, err := model.Read(bytes.NewReader(a.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("a model read and written again differs")
	}
	if m.Pair().K > 1<<12 {
		return
	}
	sep, err := model.NewSeparator(1, 2, m)
	if err != nil {
		t.Fatal(err)
	}
	in, out := frames(2, m.Pair().Bins()), frames(2, m.Pair().Bins())
	sep.Separate([][][]complex64{out}, in)
}

func frames(rows, bins int) [][]complex64 {
	f := make([][]complex64, rows)
	for i := range f {
		f[i] = make([]complex64, bins)
	}
	return f
}

func seeds(t testing.TB) map[string]model.Spec {
	t.Helper()
	ahead := tinySpec()
	ahead.Feature.Means = []float64{5}
	ahead.Output = model.Magnitude
	ahead.Layers = []nn.Spec{
		{Type: "dense", In: 10, Out: 3, Activation: nn.ReLU},
		{Type: "context", In: 3, Out: 9, Offsets: []int{0, -2, 1}},
		{Type: "dense", In: 9, Out: 3, Activation: nn.Tanh, Skip: true},
		{Type: "dense", In: 3, Out: 5, Activation: nn.Linear},
	}
	return map[string]model.Spec{"tiny": tinySpec(), "ahead": ahead, "identity": model.Identity(tinySpec().STFT.Pair()).Spec()}
}

func FuzzRead(f *testing.F) {
	for _, s := range seeds(f) {
		header, data := split(f, create(f, s))
		whole := join(header, data)
		f.Add(whole)
		f.Add(whole[:len(whole)/2])
		f.Add(append(slices.Clone(whole), 1, 2, 3))
		for _, i := range []int{0, 2, 7, 8, 9, 40, len(header), len(whole) - 1} {
			b := slices.Clone(whole)
			b[i] ^= 0x81
			f.Add(b)
		}
	}
	f.Fuzz(checkRead)
}

// FuzzHeader gets past the header's length and, with the right weights beside it, into the rest.
func FuzzHeader(f *testing.F) {
	sizes := map[int]bool{}
	for _, s := range seeds(f) {
		header, data := split(f, create(f, s))
		f.Add(header, uint16(len(data)))
		f.Add(strings.ReplaceAll(header, `\"in\":5`, `\"in\":65536`), uint16(len(data)))
		f.Add(strings.ReplaceAll(header, "F32", "F16"), uint16(len(data)))
		f.Add(strings.ReplaceAll(header, `:8`, `:16`), uint16(len(data)))
		f.Add(strings.ReplaceAll(header, "[", "[["), uint16(len(data)))
		sizes[len(data)] = true
	}
	if len(slices.Collect(maps.Keys(sizes))) != 3 {
		f.Error("two seeds have as many weights")
	}
	f.Fuzz(func(t *testing.T, header string, n uint16) { checkRead(t, join(header, make([]byte, n))) })
}
