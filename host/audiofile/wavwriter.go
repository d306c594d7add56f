package audiofile

import (
	"encoding/binary"
	"io"
	"math"
)

// rf64Threshold is the size of a WAV file from which on its header is that of RF64; tests lower it.
var rf64Threshold int64 = math.MaxUint32

// infoTags pairs the identifiers of a LIST/INFO chunk with Tags.
var infoTags = [...][2]string{
	{"INAM", "TITLE"}, {"IART", "ARTIST"}, {"IPRD", "ALBUM"}, {"ICRD", "DATE"}, {"ITRK", "TRACKNUMBER"},
	{"IGNR", "GENRE"}, {"ICMT", "COMMENT"}, {"ICOP", "COPYRIGHT"}, {"ISFT", "ENCODER"},
}

type wavWriter struct {
	output
	format Format
	width  int // bytes a sample
	rate   int
	info   []byte // the LIST chunk, if any
	frames int64
	block  []byte
}

func newWAVWriter(o output, f Format, info Info) (Writer, error) {
	w := &wavWriter{output: o, format: f, rate: info.Rate, info: infoChunk(info.Tags), width: 4}
	if b := f.Bits(); b > 0 {
		w.width = b / 8
	}
	// Until Close completes them, the sizes say "to the end of the file".
	if _, err := w.buf.Write(w.header(-1)); err != nil {
		return nil, err
	}
	return w, nil
}

// infoChunk is the LIST chunk of the tags that such a chunk can hold; nil if there are none.
func infoChunk(tags Tags) []byte {
	b := []byte("LIST\x00\x00\x00\x00INFO")
	for _, t := range infoTags {
		s := tags[t[1]]
		if s == "" || len(s) > 1<<16 {
			continue
		}
		b = append(b, t[0]...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)+1))
		b = append(append(b, s...), 0)
		if len(b)%2 != 0 {
			b = append(b, 0)
		}
	}
	if len(b) == 12 {
		return nil
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// header is everything before the samples; its length does not depend on frames, -1 for unknown.
func (w *wavWriter) header(frames int64) []byte {
	le := binary.LittleEndian
	align := w.channels * w.width
	b := make([]byte, 12+36, 200+len(w.info)) // RIFF, and JUNK that ds64 may replace

	tag, fmtSize := uint16(1), 16
	extensible := w.channels > 2 || w.format == WAV24
	if w.format == WAV32F {
		tag, fmtSize = 3, 18
	}
	if extensible {
		fmtSize = 40
	}
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, uint32(fmtSize))
	if extensible {
		b = le.AppendUint16(b, 0xFFFE)
	} else {
		b = le.AppendUint16(b, tag)
	}
	b = le.AppendUint16(b, uint16(w.channels))
	b = le.AppendUint32(b, uint32(w.rate))
	b = le.AppendUint32(b, uint32(w.rate*align))
	b = le.AppendUint16(b, uint16(align))
	b = le.AppendUint16(b, uint16(8*w.width))
	if extensible {
		b = le.AppendUint16(b, 22)
		b = le.AppendUint16(b, uint16(8*w.width))
		b = le.AppendUint32(b, channelMask(w.channels))
		b = le.AppendUint16(b, tag)
		b = append(b, subFormatTail...)
	} else if fmtSize == 18 {
		b = le.AppendUint16(b, 0)
	}
	if w.format == WAV32F {
		b = append(b, "fact"...)
		b = le.AppendUint32(b, 4)
		b = le.AppendUint32(b, uint32(min(max(frames, 0), math.MaxUint32)))
	}
	b = append(b, w.info...)
	b = append(b, "data"...)
	b = le.AppendUint32(b, math.MaxUint32)

	copy(b, "RIFF")
	le.PutUint32(b[4:], math.MaxUint32)
	copy(b[8:], "WAVEJUNK")
	le.PutUint32(b[16:], 28)
	if frames < 0 {
		return b
	}
	data := frames * int64(align)
	total := int64(len(b)) - 8 + data + data%2
	if total < rf64Threshold {
		le.PutUint32(b[4:], uint32(total))
		le.PutUint32(b[len(b)-4:], uint32(data))
		return b
	}
	copy(b, "RF64")
	copy(b[12:], "ds64")
	le.PutUint64(b[20:], uint64(total))
	le.PutUint64(b[28:], uint64(data))
	le.PutUint64(b[36:], uint64(frames))
	return b
}

// subFormatTail follows the format's tag in the identifier of an extensible format.
const subFormatTail = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// channelMask is the usual places of the speakers.
func channelMask(channels int) uint32 {
	masks := [...]uint32{0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x13F, 0x63F}
	if channels < len(masks) {
		return masks[channels]
	}
	return 0
}

func (w *wavWriter) Write(src [][]float32) error {
	n, err := w.check(src)
	if err != nil {
		return err
	}
	const most = 4096
	for at := 0; at < n; at += most {
		m := min(most, n-at)
		if size := m * w.channels * w.width; cap(w.block) < size {
			w.block = make([]byte, size)
		}
		b := w.block[:m*w.channels*w.width]
		for c := range src {
			w.encode(b, c, src[c][at:at+m])
		}
		if _, err := w.buf.Write(b); err != nil {
			return w.fail(err)
		}
		w.frames += int64(m)
	}
	return nil
}

// encode puts the samples x of channel c into the interleaved block b.
func (w *wavWriter) encode(b []byte, c int, x []float32) {
	at, step := c*w.width, w.channels*w.width
	for _, v := range x {
		switch w.format {
		case WAV16:
			binary.LittleEndian.PutUint16(b[at:], uint16(w.quantize(v, 1<<15)))
		case WAV24:
			q := w.quantize(v, 1<<23)
			b[at], b[at+1], b[at+2] = byte(q), byte(q>>8), byte(q>>16)
		default:
			binary.LittleEndian.PutUint32(b[at:], math.Float32bits(v))
		}
		at += step
	}
}

func (w *wavWriter) Close() error {
	return w.finish(func() error {
		if (w.frames*int64(w.channels*w.width))%2 != 0 {
			if _, err := w.file.Write([]byte{0}); err != nil {
				return err
			}
		}
		if _, err := w.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := w.file.Write(w.header(w.frames))
		return err
	})
}
