package audiofile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

const (
	mp3Buffer = 64 << 10
	// mp3Ahead is what a decision about frames needs to see: three of the longest, and a header.
	mp3Ahead = 3*mp3MaxFrame + 4
	// mp3MaxJunk is how much that is not audio may stand before the first frame.
	mp3MaxJunk = 4 << 20
	// mp3MaxWarnings bounds the list for files with faults throughout.
	mp3MaxWarnings = 16
)

// mp3Reader decodes MPEG-1 and MPEG-2 Layer III.
//
// Where the first frame is one with a header of LAME's kind (lame's own and ffmpeg's "Lavc" have
// it), the encoder's delay and padding and the decoder's 529 samples are cut off, so that the
// samples are those that were encoded, in number and in time. Of other files nothing is cut but
// the frame with the Xing or VBRI header, which holds no sound: they begin late by the encoder's
// delay, which they do not tell, plus 529 samples.
//
// A frame that cannot be decoded becomes silence; bytes between frames are skipped. A file cut at
// the end of a frame, without a header to tell the count, cannot be told from a whole one. Should
// the channels change within a stream, a stereo frame gives its left one to a mono stream.
type mp3Reader struct {
	name  string
	info  Info
	warns []string
	more  int // warnings beyond mp3MaxWarnings

	br    *bufio.Reader
	pos   int64 // of the next byte of br in the file
	ended bool  // no more frames
	fail  error

	first mp3Header
	x     xing
	total int64 // samples to expect; -1 where not told
	start int64 // the first sample to give out, of those decoded
	end   int64 // after the last one; -1 where not told

	res        mp3Reservoir
	cur, next  *mp3Frame
	loaded     bool // cur is a frame
	begin      int  // main_data_begin for cur
	feed       mp3Feed
	dec        *mp3.Decoder
	index      int64 // frames decoded, silent ones included
	sound      bool  // a frame was decoded
	incomplete string
	overrun    bool // more frames than the header tells
	flushed    bool
	lacking    int // frames silent for want of earlier data
	bad        int // frames silent for what they hold

	pcm     []byte // of one frame, 16-bit stereo
	have    []byte // what of pcm is to be given out
	silence int64  // samples of silence to give out before have
	given   int64
}

// mp3Feed hands go-mp3 one frame at a time.
type mp3Feed struct{ buf, rest []byte }

func (f *mp3Feed) Read(b []byte) (int, error) {
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// newMP3 reads the tags and the first frame of the file of size bytes in r; name is for errors.
func newMP3(name string, r io.ReadSeeker, size int64) (Reader, error) {
	m := &mp3Reader{name: name, total: -1, end: -1, cur: &mp3Frame{}, next: &mp3Frame{}}
	m.feed.buf = make([]byte, 0, 2048)
	m.pcm = make([]byte, 1152*4)
	tags, from, to, warns, err := readID3(r, size)
	if err != nil {
		return nil, fileError(name, err)
	}
	m.warns = warns
	if _, err := r.Seek(from, io.SeekStart); err != nil {
		return nil, fileError(name, err)
	}
	m.br = bufio.NewReaderSize(io.LimitReader(r, to-from), mp3Buffer)
	m.pos = from
	h, skipped, err := m.sync(0, mp3MaxJunk)
	if err != nil {
		return nil, fileError(name, err)
	}
	if h == 0 {
		return nil, fmt.Errorf("%s: expected MP3 frames, found none in %d bytes", name, skipped)
	}
	if s := h.unsupported(); s != "" {
		return nil, fmt.Errorf("%s: %s is not supported, only MP3 (MPEG-1 and MPEG-2 Layer III)", name, s)
	}
	if skipped > 0 {
		m.warn("%d bytes before the first frame are not audio", skipped)
	}
	m.first = h
	m.info = Info{Format: "mp3", Rate: h.rate(), Channels: h.channels(), Frames: -1, Tags: tags}
	m.readXing(to - m.pos)
	return m, nil
}

// readXing reads what the first frame tells, if it is of that kind, of a stream of size bytes.
func (m *mp3Reader) readXing(size int64) {
	b, _ := m.br.Peek(m.first.size())
	x, ok := parseXing(m.first, b)
	m.x = x
	if !ok {
		return
	}
	m.discard(len(b))
	// An empty count is no count; whether VBRI's includes its own frame, encoders do not agree.
	if x.frames <= 0 || x.vbri {
		return
	}
	m.total = x.frames * int64(m.first.samples())
	if x.gapless {
		m.total -= int64(x.delay + x.padding)
		if x.padding == 0 {
			m.total -= mp3DecoderDelay // not told: lame always pads, so this was cut; as ffmpeg does
		}
		m.start = int64(x.delay + mp3DecoderDelay)
		m.end = m.start + m.total
	}
	if x.bytes <= size {
		m.info.Frames = m.total // otherwise the file is known to be cut
	}
}

func (m *mp3Reader) Info() Info   { return m.info }
func (m *mp3Reader) Close() error { return nil }

func (m *mp3Reader) Warnings() []string {
	if m.more > 0 {
		return append(m.warns[:len(m.warns):len(m.warns)], fmt.Sprintf("%d more faults", m.more))
	}
	return m.warns
}

func (m *mp3Reader) warn(format string, a ...any) {
	if len(m.warns) >= mp3MaxWarnings {
		m.more++
		return
	}
	m.warns = append(m.warns, fmt.Sprintf(format, a...))
}

func (m *mp3Reader) discard(n int) {
	k, _ := m.br.Discard(n)
	m.pos += int64(k)
}

// sync moves to the next place where frames begin that go with like, or any frames where like is
// 0. It gives up, with a header of 0, at the end of the file or after most bytes (0: no such bound).
func (m *mp3Reader) sync(like mp3Header, most int64) (h mp3Header, skipped int64, err error) {
	for {
		buf, err := m.br.Peek(mp3Buffer)
		end := err == io.EOF
		if err != nil && !end {
			return 0, skipped, err
		}
		limit := len(buf)
		if !end {
			limit -= mp3Ahead
		}
		for i := 0; i < limit; i++ {
			j := bytes.IndexByte(buf[i:limit], 0xff)
			if j < 0 {
				break
			}
			i += j
			h, ok := mp3Chain(buf[i:min(len(buf), i+mp3Ahead)], end && i+mp3Ahead >= len(buf))
			if ok && (like == 0 || (h^like)&mp3Same == 0 && h.supported()) {
				m.discard(i)
				return h, skipped + int64(i), nil
			}
		}
		m.discard(limit)
		skipped += int64(limit)
		if end || most > 0 && skipped >= most {
			return 0, skipped, nil
		}
	}
}

var errNoSound = errors.New("no MP3 frame of it can be decoded")

// conv writes 16-bit little-endian stereo pcm to dst[channel][at:].
func (m *mp3Reader) conv(dst [][]float32, at int, pcm []byte) {
	n := len(pcm) / 4
	pcm = pcm[:4*n]
	const scale = 1.0 / 32768
	if m.info.Channels == 1 { // of a mono frame go-mp3 gives both channels the same
		d := dst[0][at : at+n]
		for i := range d {
			d[i] = float32(int16(binary.LittleEndian.Uint16(pcm[4*i:]))) * scale
		}
		return
	}
	l, r := dst[0][at:at+n], dst[1][at:at+n]
	for i := range l {
		v := binary.LittleEndian.Uint32(pcm[4*i:])
		l[i] = float32(int16(v)) * scale
		r[i] = float32(int32(v)>>16) * scale
	}
}
