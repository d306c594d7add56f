package audiofile

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
)

// Format is a kind of file that Create writes. The zero value is 16-bit WAV.
type Format int

// The formats that Create writes.
const (
	WAV16  Format = iota // 16-bit PCM
	WAV24                // 24-bit PCM
	WAV32F               // 32-bit floating point, which never clips
	FLAC16               // 16-bit, lossless
	FLAC24               // 24-bit, lossless
)

var formats = [...]struct {
	name, ext string
	bits      int
}{
	WAV16:  {"wav", ".wav", 16},
	WAV24:  {"wav24", ".wav", 24},
	WAV32F: {"wav32f", ".wav", 0},
	FLAC16: {"flac", ".flac", 16},
	FLAC24: {"flac24", ".flac", 24},
}

// ParseFormat returns the format of the name wav, wav24, wav32f, flac or flac24, in any case of letters.
func ParseFormat(name string) (Format, error) {
	var names []string
	for i, f := range formats {
		if strings.EqualFold(name, f.name) {
			return Format(i), nil
		}
		names = append(names, f.name)
	}
	return 0, fmt.Errorf("unknown format %q: expected one of %s", name, strings.Join(names, ", "))
}

func (f Format) valid() bool { return f >= 0 && int(f) < len(formats) }

// String returns the name that ParseFormat understands.
func (f Format) String() string {
	if !f.valid() {
		return fmt.Sprintf("Format(%d)", int(f))
	}
	return formats[f].name
}

// Ext returns the usual extension of a file of the format, with its dot.
func (f Format) Ext() string {
	if !f.valid() {
		return ""
	}
	return formats[f].ext
}

// Bits returns the bits of a stored sample, or 0 where samples are stored as floating point.
func (f Format) Bits() int {
	if !f.valid() {
		return 0
	}
	return formats[f].bits
}

// Create makes, or truncates, the file path and returns a Writer of the format f into it. Of info it uses
// Rate (Hz), Channels (up to 64 in WAV, 8 in FLAC) and Tags; the length need not be known. Samples that
// lie on the grid of an integer format are stored exactly, others rounded to the nearest; what is beyond
// full scale is limited there, and counted.
//
// The file is complete only once Close has returned nil. Every error of the file system comes back, from
// Create, Write or Close, as one line that names the file; after one, Write repeats it and Close releases
// the file and repeats it. Closing again does nothing.
func Create(path string, f Format, info Info) (Writer, error) {
	maxChannels, maxRate := 64, 768000
	if f == FLAC16 || f == FLAC24 {
		maxChannels, maxRate = 8, 655350
	}
	switch {
	case !f.valid():
		return nil, fmt.Errorf("%s: unknown format %d", path, int(f))
	case info.Channels < 1 || info.Channels > maxChannels:
		return nil, fmt.Errorf("%s: %d channels do not fit the format %s: expected 1 to %d", path, info.Channels, f, maxChannels)
	case info.Rate < 1 || info.Rate > maxRate:
		return nil, fmt.Errorf("%s: a rate of %d Hz does not fit the format %s: expected 1 to %d", path, info.Rate, f, maxRate)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	out := output{path: path, file: file, buf: bufio.NewWriterSize(file, 1<<18), channels: info.Channels}
	var w Writer
	if f == FLAC16 || f == FLAC24 {
		w, err = newFLACWriter(out, f, info)
	} else {
		w, err = newWAVWriter(out, f, info)
	}
	if err != nil {
		_ = file.Close()
		return nil, fileError(path, err)
	}
	return w, nil
}

// output is what the writers share.
type output struct {
	path     string
	file     *os.File
	buf      *bufio.Writer
	channels int
	clipped  int64
	err      error // the first failure, which sticks
	closed   bool
}

// Clipped is the number of samples that were limited.
func (o *output) Clipped() int64 { return o.clipped }

// check says whether a block may be written, and how many samples a channel it has.
func (o *output) check(src [][]float32) (int, error) {
	switch {
	case o.err != nil:
		return 0, o.err
	case o.closed:
		return 0, fmt.Errorf("%s: written to after it was closed", o.path)
	case len(src) != o.channels:
		return 0, fmt.Errorf("%s: a block of %d channels, but the file has %d", o.path, len(src), o.channels)
	}
	for _, c := range src[1:] {
		if len(c) != len(src[0]) {
			return 0, fmt.Errorf("%s: a block whose channels differ in length: %d and %d samples", o.path, len(src[0]), len(c))
		}
	}
	return len(src[0]), nil
}

// fail keeps the first failure and returns it, worded.
func (o *output) fail(err error) error {
	if err != nil && o.err == nil {
		o.err = fileError(o.path, err)
	}
	return o.err
}

// finish flushes, runs complete (which mends the header) and closes the file whatever happens.
func (o *output) finish(complete func() error) error {
	if o.closed {
		return nil
	}
	o.closed = true
	if o.err == nil {
		_ = o.fail(o.buf.Flush())
	}
	if o.err == nil {
		_ = o.fail(complete())
	}
	_ = o.fail(o.file.Close())
	return o.err
}

// quantize stores v, full scale ±1, as an integer of half the range scale; it counts what it limits.
func (o *output) quantize(v float32, scale float64) int32 {
	x := math.RoundToEven(float64(v) * scale)
	if x >= -scale && x <= scale-1 {
		return int32(x)
	}
	o.clipped++
	switch {
	case x > 0:
		return int32(scale - 1)
	case x < 0:
		return int32(-scale)
	}
	return 0 // not a number
}

// fileError is err in one line with the path named once, and without the name of the system call.
func fileError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	if strings.HasPrefix(err.Error(), path+": ") {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
