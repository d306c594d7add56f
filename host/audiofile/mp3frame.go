package audiofile

import "encoding/binary"

// go-mp3 gets every frame of a stream written anew: at the highest bit rate, without check word,
// and with exactly the main data that the frame uses. Its own treatment of the bit reservoir
// decodes whatever it holds where a frame refers to data that are not there (after garbage, or at
// the start of a cut stream), and it takes padded MPEG-2 frames for one byte shorter than they
// are at half of the bit rates of 22050 Hz.

// mp3MaxMain is the most main data a frame can use: four lengths of 12 bits, in bytes.
const mp3MaxMain = 4 * 4095 / 8

const mp3Gap = "refers to data that are not there"

// mp3Frame is a frame with its main data collected.
type mp3Frame struct {
	h      mp3Header
	side   [32]byte
	main   [mp3MaxMain + 1]byte
	n      int  // bytes of main in use
	silent bool // what it needs is not there
	why    string
}

// mp3Reservoir holds the last bytes of main data, of which main_data_begin reaches back 511.
type mp3Reservoir struct {
	buf [511]byte
	n   int
}

func (r *mp3Reservoir) tail(n int) []byte { return r.buf[r.n-n : r.n] }

func (r *mp3Reservoir) push(b []byte) {
	if len(b) >= len(r.buf) {
		r.n = copy(r.buf[:], b[len(b)-len(r.buf):])
		return
	}
	keep := min(r.n, len(r.buf)-len(b))
	copy(r.buf[:], r.buf[r.n-keep:r.n])
	r.n = keep + copy(r.buf[keep:], b)
}

// mp3Bits reads from the most significant bit.
type mp3Bits struct {
	b   []byte
	pos int
}

func (r *mp3Bits) read(n int) int {
	v := 0
	for ; n > 0; n-- {
		v = v<<1 | int(r.b[r.pos>>3]>>(7-r.pos&7)&1)
		r.pos++
	}
	return v
}

// clear sets n bits from pos to zero.
func (r *mp3Bits) clear(pos, n int) {
	for ; n > 0; n-- {
		r.b[pos>>3] &^= 1 << (7 - pos&7)
		pos++
	}
}

// load fills f from the bytes of one frame, which may lack its end.
func (f *mp3Frame) load(h mp3Header, raw []byte, res *mp3Reservoir) {
	f.mute(h, "")
	off := 4
	if h.crc() {
		off += 2
	}
	n := h.sideLen()
	if len(raw) < off+n {
		f.mute(h, "no side information")
		res.n = 0
		return
	}
	copy(f.side[:n], raw[off:])
	own := raw[off+n:]
	begin, need := f.parseSide()
	switch {
	case begin > res.n:
		f.mute(h, mp3Gap)
	case need > begin+len(own):
		f.mute(h, "main data too long")
	default:
		f.h, f.silent = h, false
		k := copy(f.main[:need], res.tail(begin))
		copy(f.main[k:need], own)
		f.n = need
	}
	res.push(own)
}

// mute makes f a frame of silence.
func (f *mp3Frame) mute(h mp3Header, why string) {
	f.h, f.silent, f.why, f.n = h&^0x30, true, why, 0
	f.side = [32]byte{}
}

// parseSide returns main_data_begin and the main data used, in bytes, and makes the side
// information fit for build: main_data_begin zero, and so all of what has no data.
func (f *mp3Frame) parseSide() (begin, need int) {
	s := mp3Bits{b: f.side[:]}
	granules, part := 2, 59
	if f.h.lsf() {
		granules, part = 1, 63
		begin = s.read(8)
		s.clear(0, 8)
		s.pos += f.h.channels() // private bits
	} else {
		begin = s.read(9)
		s.clear(0, 9)
		s.pos += 7 - 2*f.h.channels() // private bits
		s.pos += 4 * f.h.channels()   // scfsi
	}
	bits := 0
	for range granules * f.h.channels() {
		n := s.read(12)
		bits += n
		if n == 0 {
			s.clear(s.pos, part-12)
		}
		s.pos += part - 12
	}
	return begin, (bits + 7) / 8
}

// build appends to dst[:0] the frame f, of whose main data the first begin bytes stood at the end
// of the frame before, and after it as many bytes of next's main data as there is room for, which
// is the begin to give with next. Data for which no room is left are lost.
func (f *mp3Frame) build(dst []byte, begin int, next *mp3Frame) (frame []byte, nextBegin int) {
	h := f.h&(mp3Same|0xff) | 0x10000 | 14<<12
	if !h.lsf() {
		h |= 1 << 9 // padding; go-mp3 gets it wrong in MPEG-2
	}
	size := h.size()
	dst = dst[:size]
	clear(dst)
	binary.BigEndian.PutUint32(dst, uint32(h))
	n := 4 + h.sideLen()
	copy(dst[4:n], f.side[:])
	if h.lsf() {
		dst[4] = byte(begin)
	} else {
		dst[4] = byte(begin >> 1)
		dst[5] |= byte(begin) << 7
	}
	n += copy(dst[n:], f.main[begin:f.n])
	if next != nil {
		most := 511
		if h.lsf() {
			most = 255
		}
		nextBegin = min(most, size-n, next.n)
		copy(dst[size-nextBegin:], next.main[:nextBegin])
	}
	return dst, nextBegin
}
