package audiofile

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// mp3Header is the 32-bit header of a frame of MPEG audio (ISO/IEC 11172-3 section 2.4.2.3).
type mp3Header uint32

// mp3Same covers what all frames of one stream share: sync, version, layer and rate.
const mp3Same = 0xfffe0c00

// mp3MaxFrame is the longest frame of any layer: Layer II, MPEG-2.5, 160 kbit/s at 8 kHz.
const mp3MaxFrame = 144*160000/8000 + 1

var mp3Kbits = [2][3][16]int{
	{ // MPEG-1: Layers III, II, I
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
	},
	{ // MPEG-2 and 2.5
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
	},
}

// parseMP3Header reads a header of any version and layer; ok is false where it has a reserved value.
func parseMP3Header(b []byte) (h mp3Header, ok bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return 0, false
	}
	h = mp3Header(binary.BigEndian.Uint32(b))
	return h, h>>19&3 != 1 && h>>17&3 != 0 && h>>12&15 != 15 && h>>10&3 != 3 && h&3 != 2
}

func (h mp3Header) layer() int      { return 4 - int(h>>17&3) } // 1–3
func (h mp3Header) lsf() bool       { return h>>19&3 != 3 }     // MPEG-2 and 2.5
func (h mp3Header) crc() bool       { return h>>16&1 == 0 }
func (h mp3Header) free() bool      { return h>>12&15 == 0 }
func (h mp3Header) mono() bool      { return h>>6&3 == 3 }
func (h mp3Header) supported() bool { return h.unsupported() == "" }

func (h mp3Header) channels() int {
	if h.mono() {
		return 1
	}
	return 2
}

// rate is in Hz.
func (h mp3Header) rate() int {
	r := [3]int{44100, 48000, 32000}[h>>10&3]
	switch h >> 19 & 3 {
	case 2:
		return r / 2
	case 0:
		return r / 4
	}
	return r
}

// samples is the length of a Layer III frame in samples a channel.
func (h mp3Header) samples() int {
	if h.lsf() {
		return 576
	}
	return 1152
}

// size is the length of the frame in bytes, header included; 0 in free format.
func (h mp3Header) size() int {
	if h.free() {
		return 0
	}
	v := 0
	if h.lsf() {
		v = 1
	}
	bits := mp3Kbits[v][3-h.layer()][h>>12&15] * 1000
	pad := int(h >> 9 & 1)
	switch {
	case h.layer() == 1:
		return (12*bits/h.rate() + pad) * 4
	case h.layer() == 3 && h.lsf():
		return 72*bits/h.rate() + pad
	}
	return 144*bits/h.rate() + pad
}

// sideLen is the length of Layer III's side information in bytes.
func (h mp3Header) sideLen() int {
	switch {
	case h.lsf() && h.mono():
		return 9
	case h.lsf() || h.mono():
		return 17
	}
	return 32
}

// unsupported names what keeps the stream from being decoded, or is empty.
func (h mp3Header) unsupported() string {
	switch {
	case h>>19&3 == 0:
		return fmt.Sprintf("MPEG-2.5 (%d Hz)", h.rate())
	case h.layer() == 2:
		return "MPEG audio Layer II"
	case h.layer() == 1:
		return "MPEG audio Layer I"
	case h.free():
		return "MP3 in free format"
	}
	return ""
}

// mp3Chain reports whether b begins with three frames that agree, or with fewer up to the end of
// the file (end says that b reaches it): noise has one header in 4 KB, and a wrong one gives a
// wrong rate.
func mp3Chain(b []byte, end bool) (first mp3Header, ok bool) {
	first, ok = parseMP3Header(b)
	if !ok {
		return 0, false
	}
	if first.free() {
		return first, mp3FreeChain(b, first)
	}
	off := 0
	for n := 0; n < 3; n++ {
		if off+4 > len(b) {
			return first, end && (n >= 2 || n == 1 && off == len(b))
		}
		h, ok := parseMP3Header(b[off:])
		if !ok || (h^first)&mp3Same != 0 || h.free() {
			return 0, false
		}
		off += h.size()
	}
	return first, true
}

// mp3FreeChain looks for three headers at one distance, ±1 byte of padding: a frame of free
// format does not say its length.
func mp3FreeChain(b []byte, first mp3Header) bool {
	same := func(off int) bool {
		h, ok := parseMP3Header(b[min(off, len(b)):])
		return ok && (h^first)&(mp3Same|0xf0c0) == 0
	}
	for d := 24; d+4 <= len(b) && d < mp3MaxFrame; d++ {
		if same(d) && (same(2*d-1) || same(2*d) || same(2*d+1)) {
			return true
		}
	}
	return false
}

// looksLikeMP3 reports whether head, the first kilobytes of a file, begins with an ID3v2 tag or
// holds frame headers that agree: two, or one with a Xing, Info or VBRI header where head ends
// before the second.
func looksLikeMP3(head []byte) bool {
	if len(head) >= 10 && string(head[:3]) == "ID3" && head[3] < 0xff && head[4] < 0xff {
		return true
	}
	for i := 0; i+4 <= len(head); i++ {
		j := bytes.IndexByte(head[i:], 0xff)
		if j < 0 {
			return false
		}
		i += j
		h, ok := parseMP3Header(head[i:])
		if !ok {
			continue
		}
		if h.free() {
			if mp3FreeChain(head[i:], h) {
				return true
			}
			continue
		}
		next := i + h.size()
		if next+4 > len(head) {
			if i == 0 {
				if _, ok := parseXing(h, head); ok {
					return true
				}
			}
			continue
		}
		if h2, ok := parseMP3Header(head[next:]); ok && (h^h2)&mp3Same == 0 && !h2.free() {
			return true
		}
	}
	return false
}
