package audiofile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// wavReader reads WAV: PCM of 8, 16, 24 and 32 bits, floating point of 32 and 64.
type wavReader struct {
	name     string
	r        io.ReadSeeker
	info     Info
	width    int   // bytes of a stored sample
	left     int64 // frames not yet read
	raw      []byte
	odd      int // samples that are not finite
	warnings []string
	err      error
}

// maxWAVChunks bounds how many chunks of a file are looked at.
const maxWAVChunks = 4096

func newWAV(name string, r io.ReadSeeker, size int64) (Reader, error) {
	w := &wavReader{name: name, r: r, info: Info{Format: "wav"}}
	le := binary.LittleEndian
	var h [12]byte
	if err := readAt(r, 0, h[:]); err != nil {
		return nil, fmt.Errorf("%s: WAV cut short within its header", name)
	}
	rf64 := string(h[:4]) != "RIFF"
	data, length, ds64 := int64(-1), int64(0), int64(-1)
	formatted := false
	at := int64(12)
	for i := 0; i < maxWAVChunks && at+8 <= size; i++ {
		if err := readAt(r, at, h[:8]); err != nil {
			return nil, fileError(name, err)
		}
		id, n := string(h[:4]), int64(le.Uint32(h[4:]))
		at += 8
		body := func(most int64) ([]byte, error) {
			b := make([]byte, min(n, most, size-at))
			if err := readAt(r, at, b); err != nil {
				return nil, fileError(name, err)
			}
			return b, nil
		}
		switch {
		case id == "ds64" && rf64:
			b, err := body(28)
			if err != nil {
				return nil, err
			}
			if len(b) >= 16 {
				if v := le.Uint64(b[8:]); v <= math.MaxInt64 {
					ds64 = int64(v)
				}
			}
		case id == "fmt " && !formatted:
			b, err := body(64)
			if err != nil {
				return nil, err
			}
			if err := w.format(b); err != nil {
				return nil, err
			}
			formatted = true
		case id == "LIST" && n <= 1<<20:
			b, err := body(1 << 20)
			if err != nil {
				return nil, err
			}
			w.list(b)
		case id == "data" && data < 0:
			if n == math.MaxUint32 && ds64 >= 0 {
				n = ds64
			}
			switch {
			case n == math.MaxUint32, n == 0 && !chunksTo(r, at, size):
				n = size - at // written as a stream: the length was never filled in
			case n > size-at:
				w.warnings = append(w.warnings, fmt.Sprintf("%s: cut short: expected %d bytes of samples, found %d", name, n, size-at))
				n = size - at
			}
			data, length = at, n
		}
		at += n + n%2
		if at < 0 {
			break
		}
	}
	switch {
	case !formatted:
		return nil, fmt.Errorf("%s: WAV without a description of its samples: expected a chunk \"fmt \"", name)
	case data < 0:
		return nil, fmt.Errorf("%s: WAV without samples: expected a chunk \"data\"", name)
	}
	step := int64(w.width * w.info.Channels)
	if rest := length % step; rest != 0 && len(w.warnings) == 0 {
		w.warnings = append(w.warnings, fmt.Sprintf("%s: the last sample is incomplete: %d of %d bytes", name, rest, step))
	}
	w.left = length / step
	w.info.Frames = w.left
	if _, err := r.Seek(data, io.SeekStart); err != nil {
		return nil, fileError(name, err)
	}
	return w, nil
}

// chunksTo says whether whole chunks, at least one, fill r from at to size. It tells a file without
// samples from one whose length was never filled in.
func chunksTo(r io.ReadSeeker, at, size int64) bool {
	var h [8]byte
	for i := 0; i < 64 && at+8 <= size; i++ {
		if readAt(r, at, h[:]) != nil {
			return false
		}
		for _, c := range h[:4] {
			if c < ' ' || c > '~' {
				return false
			}
		}
		n := int64(binary.LittleEndian.Uint32(h[4:]))
		at += 8 + n + n%2
		if at == size || at == size+1 {
			return true
		}
	}
	return false
}

// format takes the body of the chunk "fmt ".
func (w *wavReader) format(b []byte) error {
	le := binary.LittleEndian
	if len(b) < 16 {
		return fmt.Errorf("%s: WAV with a damaged description: expected 16 bytes, found %d", w.name, len(b))
	}
	tag, channels, rate := le.Uint16(b), int(le.Uint16(b[2:])), int64(le.Uint32(b[4:]))
	align, bits := int(le.Uint16(b[12:])), int(le.Uint16(b[14:]))
	valid := bits
	if tag == 0xFFFE && len(b) >= 40 {
		tag = le.Uint16(b[24:])
		if v := int(le.Uint16(b[18:])); v > 0 && v <= bits {
			valid = v
		}
	}
	switch {
	case channels < 1 || channels > 64:
		return fmt.Errorf("%s: WAV of %d channels: expected 1 to 64", w.name, channels)
	case rate < 1 || rate > maxRate:
		return fmt.Errorf("%s: WAV with a rate of %d Hz: expected 1 to %d", w.name, rate, maxRate)
	case tag != 1 && tag != 3:
		kind := map[uint16]string{2: "Microsoft ADPCM", 6: "A-law", 7: "µ-law", 0x11: "IMA ADPCM", 0x31: "GSM", 0x50: "MPEG", 0x55: "MP3", 0xFF: "AAC"}[tag]
		if kind == "" {
			kind = fmt.Sprintf("format %#x", tag)
		}
		return fmt.Errorf("%s: WAV that holds %s: expected PCM or floating point", w.name, kind)
	}
	w.width = (bits + 7) / 8
	if align%channels == 0 && align/channels > w.width && align/channels <= 4 && tag == 1 {
		w.width = align / channels // samples in wider containers, at their upper end
	}
	if tag == 1 && (bits < 1 || w.width > 4) || tag == 3 && bits != 32 && bits != 64 {
		kind := "PCM of 8, 16, 24 or 32 bits"
		if tag == 3 {
			kind = "floating point of 32 or 64 bits"
		}
		return fmt.Errorf("%s: WAV of %d bits a sample: expected %s", w.name, bits, kind)
	}
	w.info.Channels, w.info.Rate, w.info.Bits, w.info.Float = channels, int(rate), valid, tag == 3
	return nil
}

// list takes the body of a chunk "LIST", from which it wants the tags.
func (w *wavReader) list(b []byte) {
	if len(b) < 4 || string(b[:4]) != "INFO" {
		return
	}
	for b = b[4:]; len(b) >= 8; {
		id, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		s := b[:min(n, int64(len(b)))]
		for _, t := range infoTags {
			if t[0] == id || t[1] == "TRACKNUMBER" && id == "IPRT" {
				w.info.Tags = addTag(w.info.Tags, t[1], wavText(s))
			}
		}
		b = b[min(n+n%2, int64(len(b))):]
	}
}

// wavText is a text of a LIST chunk: UTF-8 if it can be, else Latin-1.
func wavText(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	if utf8.ValidString(s) {
		return strings.TrimSpace(s)
	}
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return strings.TrimSpace(string(r))
}

func (w *wavReader) Info() Info         { return w.info }
func (w *wavReader) Warnings() []string { return w.warnings }
func (w *wavReader) Close() error       { return nil }

func (w *wavReader) Read(dst [][]float32) (int, error) {
	if len(dst) != w.info.Channels {
		return 0, fmt.Errorf("%s: read into %d channels, but the file has %d", w.name, len(dst), w.info.Channels)
	}
	if w.err != nil {
		return 0, w.err
	}
	if w.left == 0 {
		if w.odd > 0 {
			w.warnings = append(w.warnings, fmt.Sprintf("%s: %d samples that are no finite numbers are read as 0", w.name, w.odd))
		}
		w.err = io.EOF
		return 0, io.EOF
	}
	step := w.width * w.info.Channels
	n := 0
	for n < len(dst[0]) && w.left > 0 {
		m := int(min(int64(len(dst[0])-n), w.left, int64(max(1, (1<<18)/step))))
		if cap(w.raw) < m*step {
			w.raw = make([]byte, m*step)
		}
		got, err := io.ReadFull(w.r, w.raw[:m*step])
		got /= step
		for c := range dst {
			w.decode(dst[c][n:n+got], c)
			if w.info.Float {
				w.odd += finite(dst[c][n : n+got])
			}
		}
		n += got
		w.left -= int64(got)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			w.info.Frames -= w.left
			w.left = 0
			w.warnings = append(w.warnings, fmt.Sprintf("%s: became shorter while it was read", w.name))
		} else if err != nil {
			w.err = fileError(w.name, err)
			break
		}
	}
	if n > 0 || len(dst[0]) == 0 {
		return n, nil
	}
	if w.err == nil {
		return w.Read(dst) // nothing is left
	}
	return 0, w.err
}

// finite puts 0 in the place of what is not a finite number, and counts it.
func finite(x []float32) (n int) {
	for i, v := range x {
		if v-v != 0 {
			x[i] = 0
			n++
		}
	}
	return n
}

// decode takes channel c of the interleaved block.
func (w *wavReader) decode(x []float32, c int) {
	at, step := c*w.width, w.width*w.info.Channels
	le := binary.LittleEndian
	for i := range x {
		b := w.raw[at:]
		switch {
		case w.info.Float && w.width == 4:
			x[i] = math.Float32frombits(le.Uint32(b))
		case w.info.Float:
			x[i] = float32(math.Float64frombits(le.Uint64(b)))
		case w.width == 2:
			x[i] = float32(int16(le.Uint16(b))) / (1 << 15)
		case w.width == 1:
			x[i] = float32(int(b[0])-128) / (1 << 7)
		case w.width == 3:
			x[i] = float32(int32(b[0])<<8|int32(b[1])<<16|int32(b[2])<<24) / (1 << 31)
		default:
			x[i] = float32(float64(int32(le.Uint32(b))) / (1 << 31))
		}
		at += step
	}
}
