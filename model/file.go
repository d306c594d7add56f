package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"

	"soloist/model/nn"
)

// A model file is a safetensors file: the length of a JSON header in 8 bytes, little-endian, the
// header, which says for each tensor its type, shape and place, and the values. Its __metadata__
// holds "format" (what this package writes: "soloist-1"), "spec" (a Spec) and "card" (a Card), both
// as JSON. All values are F32.
const format = "soloist-1"

// maxHeader bounds the JSON header; that of a real model is a few kilobytes.
const maxHeader = 1 << 20

// ErrFormat is wrapped by every error about what a model file holds.
var ErrFormat = errors.New("not a model of this program")

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write writes the model.
func (m *Model) Write(w io.Writer) error {
	spec, err := json.Marshal(m.spec)
	if err != nil {
		return err
	}
	card, err := json.Marshal(m.card)
	if err != nil {
		return err
	}
	header := map[string]any{"__metadata__": map[string]string{"format": format, "spec": string(spec), "card": string(card)}}
	var at int64
	for _, t := range m.tensors() {
		n := int64(len(t.Data)) * 4
		header[t.Name] = entry{"F32", t.Shape, [2]int64{at, at + n}}
		at += n
	}
	h, err := json.Marshal(header) // keys in order, so that equal models are equal files
	if err != nil {
		return err
	}
	for len(h)%8 != 0 {
		h = append(h, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(h))); err != nil {
		return err
	}
	if _, err := w.Write(h); err != nil {
		return err
	}
	for _, t := range m.tensors() {
		if err := binary.Write(w, binary.LittleEndian, t.Data); err != nil {
			return err
		}
	}
	return nil
}

// Save writes the model to a file, which appears only when it is complete.
func (m *Model) Save(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		f.Close()
		return err
	}
	if _, err := f.Write(b.Bytes()); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Open reads a model file. The error names the file.
func Open(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Read reads a model. Whatever is malformed, missing, unknown or left over is an error that names
// it; memory stays in proportion to what r really holds.
func Read(r io.Reader) (*Model, error) {
	bad := func(text string, args ...any) (*Model, error) {
		return nil, fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(text, args...))
	}
	var size uint64
	if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
		return bad("it ends within the first 8 bytes")
	}
	if size < 2 || size > maxHeader {
		return bad("the header's length is %d bytes, want 2 to %d", size, maxHeader)
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(r, raw); err != nil {
		return bad("it ends within the header of %d bytes", size)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return bad("the header is not JSON: %v", err)
	}
	var meta map[string]string
	if err := json.Unmarshal(fields["__metadata__"], &meta); err != nil {
		return bad("the header has no __metadata__ of texts")
	}
	delete(fields, "__metadata__")
	if meta["format"] != format {
		return bad("its format is %q, want %q", meta["format"], format)
	}
	var spec Spec
	if err := strict(meta["spec"], &spec); err != nil {
		return bad("the specification: %v", err)
	}
	var card Card
	if err := strict(meta["card"], &card); err != nil {
		return bad("the card: %v", err)
	}
	for k := range meta {
		if k != "format" && k != "spec" && k != "card" {
			return bad("__metadata__ holds %q, which is unknown", k)
		}
	}
	if err := spec.Check(); err != nil {
		return bad("%v", err)
	}
	// Shapes are compared before anything as large as they say is allocated.
	want := spec.shapes()
	var total int64
	for _, t := range want {
		text, ok := fields[t.Name]
		if !ok {
			return bad("the tensor %s is missing", t.Name)
		}
		delete(fields, t.Name)
		var e entry
		if err := strict(string(text), &e); err != nil {
			return bad("the tensor %s: %v", t.Name, err)
		}
		if e.DType != "F32" {
			return bad("the tensor %s is of type %s, want F32", t.Name, e.DType)
		}
		n := int64(4)
		same := len(e.Shape) == len(t.Shape)
		for i, d := range t.Shape {
			n *= int64(d)
			same = same && e.Shape[i] == d
		}
		if !same {
			return bad("the tensor %s has shape %v, want %v", t.Name, e.Shape, t.Shape)
		}
		if e.Offsets != [2]int64{total, total + n} {
			return bad("the tensor %s lies at %v, want %v", t.Name, e.Offsets, [2]int64{total, total + n})
		}
		total += n
	}
	for _, name := range sortedKeys(fields) {
		return bad("the tensor %s is unknown", name)
	}
	// Read before the weights are allocated, so that a short file costs no more than its length.
	var data bytes.Buffer
	if n, err := io.Copy(&data, io.LimitReader(r, total+1)); err != nil {
		return nil, err
	} else if n != total {
		if n > total {
			return bad("there is more after its %d bytes of weights", total)
		}
		return bad("it holds %d bytes of weights, want %d", n, total)
	}
	m, err := New(spec, card)
	if err != nil {
		return bad("%v", err)
	}
	b := data.Bytes()
	for _, t := range m.tensors() {
		for i := range t.Data {
			v := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return bad("the tensor %s holds %g at %d", t.Name, v, i)
			}
			t.Data[i] = v
		}
		b = b[4*len(t.Data):]
	}
	if m.net != nil {
		m.net.Refresh()
	}
	return m, nil
}

// shapes are the tensors of a model without their data, in the order of Model.tensors.
func (s Spec) shapes() []nn.Tensor {
	if len(s.Layers) == 0 {
		return nil
	}
	in := s.Layers[0].In
	return append([]nn.Tensor{{Name: "norm.mean", Shape: []int{in}}, {Name: "norm.scale", Shape: []int{in}}}, nn.Shapes(s.Layers)...)
}

// strict decodes JSON and refuses unknown fields and leftovers.
func strict(text string, v any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("it is missing")
		}
		return err
	}
	if d.More() {
		return errors.New("there is more after it")
	}
	return nil
}

func sortedKeys(m map[string]json.RawMessage) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
