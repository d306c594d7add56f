package audiofile

import "encoding/binary"

// xing is what the first frame of a stream tells about the rest, by the headers of Xing (Info
// where the bit rate is constant), LAME and Fraunhofer (VBRI).
type xing struct {
	frames int64 // frames after this one; -1 where not told
	bytes  int64 // length of the stream, this frame included; -1 where not told
	vbri   bool
	// The encoder's delay and padding in samples; gapless says whether they were told.
	delay, padding int
	gapless        bool
}

// mp3DecoderDelay is the number of samples by which a decoder's filter bank is late: 528 + 1
// (the LAME technical FAQ).
const mp3DecoderDelay = 529

// parseXing reads the header in the frame b, which may be cut after the header.
func parseXing(h mp3Header, b []byte) (x xing, ok bool) {
	x = xing{frames: -1, bytes: -1}
	if h.layer() != 3 {
		return x, false
	}
	// VBRI always stands 32 bytes after the header.
	if len(b) >= 36+18 && string(b[36:40]) == "VBRI" {
		x.vbri = true
		x.bytes = int64(binary.BigEndian.Uint32(b[36+10:]))
		x.frames = int64(binary.BigEndian.Uint32(b[36+14:]))
		return x, true
	}
	off := 4 + h.sideLen()
	if h.crc() && len(b) >= off+6 && !isXing(b[off:]) {
		off += 2 // encoders disagree about whether the check word moves it
	}
	if len(b) < off+8 || !isXing(b[off:]) {
		return x, false
	}
	flags := binary.BigEndian.Uint32(b[off+4:])
	b = b[off+8:]
	field := func(flag uint32, n int) []byte {
		if flags&flag == 0 || len(b) < n {
			return nil
		}
		f := b[:n]
		b = b[n:]
		return f
	}
	if f := field(1, 4); f != nil {
		x.frames = int64(binary.BigEndian.Uint32(f))
	}
	if f := field(2, 4); f != nil {
		x.bytes = int64(binary.BigEndian.Uint32(f))
	}
	field(4, 100) // table of contents
	field(8, 4)   // quality
	// LAME's extension: 9 bytes of encoder name … delay and padding, 12 bits each, at 21.
	if len(b) >= 24 && x.frames >= 0 {
		switch string(b[:4]) {
		case "LAME", "Lavc", "Lavf", "L3.9", "GOGO":
			d, p := int(b[21])<<4|int(b[22])>>4, int(b[22]&15)<<8|int(b[23])
			if d+p > 0 && int64(d+p) < x.frames*int64(h.samples()) {
				x.delay, x.padding, x.gapless = d, p, true
			}
		}
	}
	return x, true
}

func isXing(b []byte) bool {
	return len(b) >= 4 && (string(b[:4]) == "Xing" || string(b[:4]) == "Info")
}
