package audiofile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac/frame"
)

// flacReader reads FLAC. The metadata it parses itself, because nothing that a block claims about its
// size may decide how much memory is taken; frames are decoded by the library.
type flacReader struct {
	name  string
	r     io.ReadSeeker
	size  int64
	src   posReader
	info  Info
	block int64 // samples of a frame in streams of fixed block size
	total int64 // samples that the header promises, 0 for unknown

	pos      int64       // samples decoded, with silence in the place of lost ones
	silence  int64       // samples of silence to deliver before cur
	cur      [][]float32 // decoded samples not yet delivered, cut to what is left
	buf      [][]float32
	budget   int64 // bytes that may still be spent on the search for frames
	lost     int   // places of damage
	partial  bool  // the last frame is incomplete
	warnings []string
	err      error
}

// maxFLACFrame is more bytes than a frame can have.
const maxFLACFrame = 4 << 20

// posReader knows where in the file it is.
type posReader struct {
	*bufio.Reader
	pos  int64
	stop int64 // reads end here
}

func (p *posReader) Read(b []byte) (int, error) {
	if p.pos >= p.stop {
		return 0, io.EOF
	}
	n, err := p.Reader.Read(b[:min(int64(len(b)), p.stop-p.pos)])
	p.pos += int64(n)
	return n, err
}

func (p *posReader) ReadByte() (byte, error) {
	if p.pos >= p.stop {
		return 0, io.EOF
	}
	b, err := p.Reader.ReadByte()
	if err == nil {
		p.pos++
	}
	return b, err
}

// newFLAC reads the stream that starts at the place at.
func newFLAC(name string, r io.ReadSeeker, at, size int64) (Reader, error) {
	f := &flacReader{name: name, r: r, size: size, budget: size + 16<<20, info: Info{Format: "flac", Frames: -1}}
	at += 4
	var h [4]byte
	for first, last := true, false; !last; first = false {
		if err := readAt(r, at, h[:]); err != nil {
			return nil, fmt.Errorf("%s: FLAC cut short within its header", name)
		}
		last = h[0]&0x80 != 0
		kind, n := h[0]&0x7F, int64(binary.BigEndian.Uint32(h[:])&0xFFFFFF)
		at += 4
		if first && (kind != 0 || n < 34) {
			return nil, fmt.Errorf("%s: FLAC without a description of the stream", name)
		}
		if n > size-at {
			return nil, fmt.Errorf("%s: FLAC cut short within its header: expected %d more bytes, found %d", name, n, size-at)
		}
		switch {
		case first:
			var b [34]byte
			if err := readAt(r, at, b[:]); err != nil {
				return nil, fileError(name, err)
			}
			if err := f.streamInfo(b[:]); err != nil {
				return nil, err
			}
		case kind == 4:
			b := make([]byte, min(n, maxComments))
			if err := readAt(r, at, b); err != nil {
				return nil, fileError(name, err)
			}
			f.info.Tags = addComments(f.info.Tags, b)
		}
		at += n
	}
	f.src.Reader = bufio.NewReaderSize(r, 1<<16)
	return f, f.seek(at)
}

// streamInfo takes the first block of metadata.
func (f *flacReader) streamInfo(b []byte) error {
	v := binary.BigEndian.Uint64(b[10:])
	f.info.Rate, f.info.Channels, f.info.Bits = int(v>>44), int(v>>41&7)+1, int(v>>36&31)+1
	f.total = int64(v & (1<<36 - 1))
	f.block = int64(binary.BigEndian.Uint16(b[2:]))
	if f.total > 0 {
		f.info.Frames = f.total
	}
	switch {
	case f.info.Rate < 1 || f.info.Rate > maxRate:
		return fmt.Errorf("%s: FLAC with a rate of %d Hz: expected 1 to %d", f.name, f.info.Rate, maxRate)
	case f.info.Bits < 4 || f.info.Bits > 24:
		return fmt.Errorf("%s: FLAC of %d bits a sample: expected 4 to 24", f.name, f.info.Bits)
	}
	return nil
}

func (f *flacReader) seek(at int64) error {
	if _, err := f.r.Seek(at, io.SeekStart); err != nil {
		return fileError(f.name, err)
	}
	f.src.Reset(f.r)
	f.src.pos, f.src.stop = at, f.size
	return nil
}

func (f *flacReader) Info() Info         { return f.info }
func (f *flacReader) Warnings() []string { return f.warnings }
func (f *flacReader) Close() error       { return nil }

func (f *flacReader) Read(dst [][]float32) (int, error) {
	if len(dst) != f.info.Channels {
		return 0, fmt.Errorf("%s: read into %d channels, but the file has %d", f.name, len(dst), f.info.Channels)
	}
	n := 0
	for n < len(dst[0]) {
		switch {
		case f.silence > 0:
			m := int(min(f.silence, int64(len(dst[0])-n)))
			for c := range dst {
				clear(dst[c][n : n+m])
			}
			f.silence -= int64(m)
			n += m
		case len(f.cur) > 0 && len(f.cur[0]) > 0:
			m := 0
			for c := range dst {
				m = copy(dst[c][n:], f.cur[c])
				f.cur[c] = f.cur[c][m:]
			}
			n += m
		case f.err != nil:
			if n > 0 {
				return n, nil
			}
			return 0, f.err
		default:
			f.err = f.next()
		}
	}
	return n, nil
}

// next decodes a frame, the first whole one from here on.
func (f *flacReader) next() error {
	if f.total > 0 && f.pos >= f.total {
		return f.end() // what follows, if anything, are tags of other kinds
	}
	start := f.src.pos
	fr, err := f.frame()
	var se *sourceError
	switch {
	case err == nil:
		return f.take(fr, 0)
	case err == io.EOF:
		return f.end()
	case errors.As(err, &se):
		return fileError(f.name, se.error)
	}
	f.budget -= f.src.pos - start
	fr, at, err := f.search(start + 1)
	if err != nil {
		return err
	}
	if fr == nil {
		f.partial = true
		return f.end()
	}
	return f.take(fr, at-start)
}

// sourceError is an error of the file system rather than of the stream.
type sourceError struct{ error }

// frame decodes the frame that starts here. io.EOF says that nothing does.
func (f *flacReader) frame() (fr *frame.Frame, err error) {
	defer func() {
		f.src.stop = f.size
		if p := recover(); p != nil {
			fr, err = nil, errors.New(oneLine(p))
		}
	}()
	if _, err := f.src.Peek(1); err != nil {
		if err != io.EOF {
			err = &sourceError{err}
		}
		return nil, err
	}
	f.src.stop = min(f.size, f.src.pos+maxFLACFrame)
	if fr, err = frame.New(&f.src); err != nil {
		return nil, notEOF(err)
	}
	if fr.BitsPerSample == 0 {
		fr.BitsPerSample = uint8(f.info.Bits)
	}
	switch {
	case int(fr.BitsPerSample) != f.info.Bits, fr.Channels.Count() != f.info.Channels, fr.BlockSize == 0:
		return nil, errors.New("a frame unlike the header of the stream")
	}
	if err := fr.Parse(); err != nil {
		return nil, notEOF(err)
	}
	return fr, nil
}

func notEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// search finds the next whole frame from the place at on, and tells where it starts; nil if there is none.
func (f *flacReader) search(at int64) (*frame.Frame, int64, error) {
	for f.budget > 0 {
		if err := f.seek(at); err != nil {
			return nil, 0, err
		}
		for {
			head, err := f.src.Peek(2)
			if len(head) < 2 {
				if err != nil && err != io.EOF {
					return nil, 0, fileError(f.name, err)
				}
				return nil, 0, nil
			}
			if head[0] == 0xFF && head[1]&0xFE == 0xF8 {
				break
			}
			if _, err := f.src.ReadByte(); err != nil {
				return nil, 0, nil
			}
		}
		at = f.src.pos
		fr, err := f.frame()
		if err == nil {
			return fr, at, nil
		}
		f.budget -= f.src.pos - at + 1<<10
		at++
	}
	return nil, 0, nil
}

// take makes fr the current block. If bytes before it were skipped, silence stands for what they held.
func (f *flacReader) take(fr *frame.Frame, skipped int64) error {
	if skipped > 0 {
		place := int64(fr.Num)
		if fr.HasFixedBlockSize {
			place *= max(f.block, 1)
		}
		// A frame has ten bytes at the least, so that a forged number cannot make endless silence.
		if gap := place - f.pos; gap > 0 && gap <= (skipped/10+1)*65535 {
			f.silence = gap
		}
		f.lost++
		if f.lost <= 8 {
			f.warnings = append(f.warnings, fmt.Sprintf("%s: damaged after %d samples: %d bytes skipped, %d samples replaced by silence", f.name, f.pos, skipped, f.silence))
		}
		f.pos += f.silence
	}
	n := len(fr.Subframes[0].Samples)
	if f.total > 0 {
		n = int(min(int64(n), max(0, f.total-f.pos)))
	}
	if f.buf == nil {
		f.buf = make([][]float32, f.info.Channels)
		f.cur = make([][]float32, f.info.Channels)
	}
	scale := 1 / float32(int(1)<<(f.info.Bits-1))
	for c, s := range fr.Subframes {
		if cap(f.buf[c]) < n {
			f.buf[c] = make([]float32, n)
		}
		f.cur[c] = f.buf[c][:n]
		for i, v := range s.Samples[:n] {
			f.cur[c][i] = float32(v) * scale
		}
	}
	f.pos += int64(n)
	return nil
}

// end settles what is known once nothing more can be read.
func (f *flacReader) end() error {
	if f.pos == 0 && f.partial {
		return fmt.Errorf("%s: FLAC in which no frame of samples is whole", f.name)
	}
	if f.lost > 8 {
		f.warnings = append(f.warnings, fmt.Sprintf("%s: damaged in %d places altogether", f.name, f.lost))
	}
	switch {
	case f.total > f.pos:
		f.warnings = append(f.warnings, fmt.Sprintf("%s: cut short: expected %d samples, found %d", f.name, f.total, f.pos))
	case f.partial:
		f.warnings = append(f.warnings, fmt.Sprintf("%s: cut short or damaged at its end, after %d samples", f.name, f.pos))
	}
	f.info.Frames = f.pos
	return io.EOF
}

// maxComments is how many bytes of comments are looked at.
const maxComments = 1 << 20

// addComments notes what a packet or block of Vorbis comments holds, as far as it is whole.
func addComments(tags Tags, b []byte) Tags {
	next := func() ([]byte, bool) {
		if len(b) < 4 {
			return nil, false
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n > int64(len(b)-4) {
			return nil, false
		}
		s := b[4 : 4+n]
		b = b[4+n:]
		return s, true
	}
	if _, ok := next(); !ok || len(b) < 4 { // the name of the encoder
		return tags
	}
	count := binary.LittleEndian.Uint32(b)
	b = b[4:]
	for range min(count, 1<<16) {
		s, ok := next()
		if !ok {
			break
		}
		if bytes.IndexByte(s, '=') > 0 {
			tags = addComment(tags, string(s))
		}
	}
	return tags
}
