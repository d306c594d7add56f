package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"

	"soloist/model/atomicfile"
	"soloist/model/nn"
)

// A model file is a safetensors file: the length of a JSON header in 8 bytes, little-endian, the
// header, which says for each tensor its type, shape and place, and the values. Its __metadata__
// holds "format" (what this package writes: "soloist-1"), "spec" (a Spec) and "card" (a Card), both
// as JSON. All values are F32.
const format = "soloist-1"

// maxHeader bounds the JSON header; that of a real model is a few kilobytes. Decoding takes about
// twenty times as much memory.
const maxHeader = 1 << 18

// maxMessage bounds an error, in bytes.
const maxMessage = 300

// ErrFormat is wrapped by every error about what a model file holds.
var ErrFormat = errors.New("not a model of this program")

type entry struct {
	DType   string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"`
}

// Write writes the model. It refuses what Read would refuse.
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
		if i := notFinite(t.Data); i >= 0 {
			return fmt.Errorf("model: the tensor %s holds %g at %d", t.Name, t.Data[i], i)
		}
		n := int64(len(t.Data)) * 4
		header[t.Name] = entry{"F32", t.Shape, []int64{at, at + n}}
		at += n
	}
	h, err := json.Marshal(header) // keys in order, so that equal models are equal files
	if err != nil {
		return err
	}
	for len(h)%8 != 0 {
		h = append(h, ' ')
	}
	if len(h) > maxHeader {
		return fmt.Errorf("model: the header is %d bytes long, want at most %d", len(h), maxHeader)
	}
	if _, _, _, err := parse(h); err != nil {
		return fmt.Errorf("model: it could not be read again: %w", err)
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
func (m *Model) Save(path string) error { return atomicfile.Write(path, m.Write) }

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
	bad := func(text string, args ...any) (*Model, error) { return nil, malformed(text, args...) }
	var size uint64
	if err := binary.Read(r, binary.LittleEndian, &size); ended(err) {
		return bad("it ends within the first 8 bytes")
	} else if err != nil {
		return nil, err
	}
	if size < 2 || size > maxHeader {
		return bad("the header's length is %d bytes, want 2 to %d", size, maxHeader)
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(r, raw); ended(err) {
		return bad("it ends within the header of %d bytes", size)
	} else if err != nil {
		return nil, err
	}
	spec, card, total, err := parse(raw)
	if err != nil {
		return nil, err
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
			t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*len(t.Data):]
		if i := notFinite(t.Data); i >= 0 {
			return bad("the tensor %s holds %g at %d", t.Name, t.Data[i], i)
		}
	}
	if m.net != nil {
		m.net.Refresh()
	}
	return m, nil
}

// malformed is an ErrFormat.
func malformed(text string, args ...any) error {
	why := fmt.Sprintf(text, args...)
	if len(why) > maxMessage { // it quotes what the file holds
		why = strings.ToValidUTF8(why[:maxMessage], "") + "…"
	}
	return fmt.Errorf("%w: %s", ErrFormat, why)
}

// parse reads a header and compares the shapes that it gives with those that its specification asks
// for, before anything as large as they say is allocated. The weights are total bytes.
func parse(raw []byte) (spec Spec, card Card, total int64, err error) {
	bad := func(text string, args ...any) (Spec, Card, int64, error) {
		return Spec{}, Card{}, 0, malformed(text, args...)
	}
	var fields map[string]json.RawMessage
	if err := strict(raw, &fields); err != nil {
		return bad("the header: %v", err)
	}
	var meta map[string]string
	if err := strict(fields["__metadata__"], &meta); err != nil {
		return bad("__metadata__: %v", err)
	}
	delete(fields, "__metadata__")
	if meta["format"] != format {
		return bad("its format is %q, want %q", meta["format"], format)
	}
	if err := strict([]byte(meta["spec"]), &spec); err != nil {
		return bad("the specification: %v", err)
	}
	if err := strict([]byte(meta["card"]), &card); err != nil {
		return bad("the card: %v", err)
	}
	for _, k := range slices.Sorted(maps.Keys(meta)) {
		if k != "format" && k != "spec" && k != "card" {
			return bad("__metadata__ holds %q, which is unknown", k)
		}
	}
	if err := spec.Check(); err != nil {
		return bad("%v", err)
	}
	for _, t := range spec.shapes() {
		text, ok := fields[t.Name]
		if !ok {
			return bad("the tensor %s is missing", t.Name)
		}
		delete(fields, t.Name)
		var e entry
		if err := strict(text, &e); err != nil {
			return bad("the tensor %s: %v", t.Name, err)
		}
		if e.DType != "F32" {
			return bad("the tensor %s is of type %q, want F32", t.Name, e.DType)
		}
		n := int64(4)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		if !slices.Equal(e.Shape, t.Shape) {
			return bad("the tensor %s has shape %v, want %v", t.Name, e.Shape, t.Shape)
		}
		if at := []int64{total, total + n}; !slices.Equal(e.Offsets, at) {
			return bad("the tensor %s lies at %v, want %v", t.Name, e.Offsets, at)
		}
		total += n
	}
	if len(fields) > 0 {
		return bad("the tensor %q is unknown", slices.Min(slices.Collect(maps.Keys(fields))))
	}
	return spec, card, total, nil
}

// shapes are the tensors of a model without their data, in the order of Model.tensors.
func (s Spec) shapes() []nn.Tensor {
	if len(s.Layers) == 0 {
		return nil
	}
	in := s.Layers[0].In
	return append([]nn.Tensor{{Name: "norm.mean", Shape: []int{in}}, {Name: "norm.scale", Shape: []int{in}}}, nn.Shapes(s.Layers)...)
}

// notFinite is the place of the first value that is NaN or infinite, or −1.
func notFinite(x []float32) int {
	return slices.IndexFunc(x, func(v float32) bool { return !(v-v == 0) })
}

// ended tells a file that is too short from one that cannot be read.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// strict decodes JSON and refuses what encoding/json lets pass: fields that are unknown, there twice or
// written in another case, what follows the value, and lists too long for a model.
func strict(text []byte, v any) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return errors.New("it is missing")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := exact(d, reflect.TypeOf(v).Elem()); err != nil {
		if ended(err) {
			err = errors.New("the JSON ends too early")
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after it")
	}
	return json.Unmarshal(text, v)
}

// maxItems bounds the lists and objects of a header: they take up to a hundred times as much memory
// as text.
const maxItems = 4096

// exact walks over a JSON value that is to be decoded into a t. What is no object or list is left to
// the decoding.
func exact(d *json.Decoder, t reflect.Type) error {
	if t == reflect.TypeFor[json.RawMessage]() {
		var skipped json.RawMessage
		return d.Decode(&skipped)
	}
	object := t.Kind() == reflect.Struct || t.Kind() == reflect.Map
	list := t.Kind() == reflect.Slice
	tok, err := d.Token()
	switch {
	case err != nil:
		return err
	case tok == nil && (list || t.Kind() == reflect.Map): // how Go writes none
	case tok == nil:
		return errors.New("null, want a value")
	case object != (tok == json.Delim('{')) || list != (tok == json.Delim('[')):
		if object {
			return errors.New("it is not an object")
		} else if list {
			return errors.New("it is not a list")
		}
		return errors.New("it is no single value")
	case list:
		for n := 0; d.More(); n++ {
			if n == maxItems {
				return fmt.Errorf("a list of more than %d values", maxItems)
			}
			if err := exact(d, t.Elem()); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case object:
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name := key.(string) // the decoder gives no other keys
			if seen[name] {
				return fmt.Errorf("%q is there twice", name)
			}
			if seen[name] = true; len(seen) > maxItems {
				return fmt.Errorf("an object of more than %d values", maxItems)
			}
			value, known := valueType(t, name)
			if !known {
				return fmt.Errorf("%q is unknown", name)
			}
			if err := exact(d, value); err != nil {
				return fmt.Errorf("%q: %w", name, err)
			}
		}
		_, err = d.Token()
	}
	return err
}

// valueType is the type of the value that a struct or map t holds by a name.
func valueType(t reflect.Type, name string) (value reflect.Type, known bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for f := range t.Fields() {
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name {
			return f.Type, true
		}
	}
	return nil, false
}
