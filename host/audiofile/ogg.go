package audiofile

import (
	"bytes"
	"encoding/binary"
	"io"
)

// oggPage is a page of an Ogg file whose checksum is right.
type oggPage struct {
	continued, first, last bool
	granule                int64 // samples at the end of the last packet that ends here; -1 if none does
	serial                 uint32
	sequence               uint32
	body                   []byte
	lacing                 []byte
	skipped                int64 // bytes before it that are of no page
}

// oggReader reads pages. Of a damaged file it finds the next whole page.
type oggReader struct {
	r    io.ReadSeeker
	size int64
	pos  int64
	buf  []byte // what has been read from pos on
	page oggPage
	bad  int64 // bytes looked at in vain, to bound the time that a hostile file takes
}

// maxOggPage is the size of the largest page.
const maxOggPage = 27 + 255 + 255*255

// fill makes n bytes from pos on available, unless the file ends before.
func (o *oggReader) fill(n int) error {
	if len(o.buf) >= n {
		return nil
	}
	at := o.pos + int64(len(o.buf))
	more := int(min(max(int64(n-len(o.buf)), maxOggPage), o.size-at))
	if more <= 0 {
		return nil
	}
	b := make([]byte, len(o.buf)+more)
	copy(b, o.buf)
	if err := readAt(o.r, at, b[len(o.buf):]); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			o.size = at
			return nil
		}
		return err
	}
	o.buf = b
	return nil
}

func (o *oggReader) drop(n int) {
	o.buf = o.buf[n:]
	o.pos += int64(n)
}

// next reads the next whole page, which is valid until the call after. At the end it returns io.EOF, and
// skipped then says how many bytes were of no page.
func (o *oggReader) next() (*oggPage, error) {
	p := &o.page
	*p = oggPage{}
	for {
		if err := o.fill(27); err != nil {
			return nil, err
		}
		i := bytes.Index(o.buf, []byte("OggS"))
		if i < 0 {
			keep := min(3, len(o.buf))
			if o.pos+int64(len(o.buf)) >= o.size {
				keep = 0
			}
			p.skipped += int64(len(o.buf) - keep)
			o.drop(len(o.buf) - keep)
			if o.pos >= o.size {
				return p, io.EOF
			}
			if err := o.fill(maxOggPage); err != nil {
				return nil, err
			}
			continue
		}
		p.skipped += int64(i)
		o.drop(i)
		if err := o.fill(maxOggPage); err != nil {
			return nil, err
		}
		if n := p.parse(o.buf); n > 0 {
			o.drop(n)
			return p, nil
		}
		if o.bad += int64(min(len(o.buf), maxOggPage)); o.bad > 16*o.size+1<<26 {
			p.skipped += o.size - o.pos
			return p, io.EOF
		}
		p.skipped += 4
		o.drop(4)
	}
}

// parse takes the page that b starts with, and returns its size, 0 if it is not whole.
func (p *oggPage) parse(b []byte) int {
	if len(b) < 27 || b[4] != 0 {
		return 0
	}
	size := 27 + int(b[26])
	if len(b) < size {
		return 0
	}
	p.lacing = b[27:size]
	for _, n := range p.lacing {
		size += int(n)
	}
	if len(b) < size {
		return 0
	}
	crc := uint32(0)
	for i, v := range b[:size] {
		if i >= 22 && i < 26 {
			v = 0
		}
		crc = crc<<8 ^ oggTable[byte(crc>>24)^v]
	}
	le := binary.LittleEndian
	if crc != le.Uint32(b[22:]) {
		return 0
	}
	p.continued, p.first, p.last = b[5]&1 != 0, b[5]&2 != 0, b[5]&4 != 0
	p.granule, p.serial, p.sequence = int64(le.Uint64(b[6:])), le.Uint32(b[14:]), le.Uint32(b[18:])
	p.body = b[27+len(p.lacing) : size]
	return size
}

// oggTable is that of the checksum of pages.
var oggTable = func() (t [256]uint32) {
	for i := range t {
		v := uint32(i) << 24
		for range 8 {
			v = v<<1 ^ v>>31*0x04c11db7
		}
		t[i] = v
	}
	return t
}()

// maxOggPacket is the most bytes that a packet may have; comments with pictures are the longest there are.
const maxOggPacket = 64 << 20

// packets splits the body of p. rest is what came before of a packet that was not complete; the new rest
// is returned too.
func (p *oggPage) packets(rest []byte) (packets [][]byte, tail []byte) {
	if !p.continued {
		rest = nil
	}
	// The end of a packet whose beginning is lost is lost as well.
	orphan := p.continued && rest == nil
	at, start := 0, 0
	for _, n := range p.lacing {
		at += int(n)
		if n == 255 {
			continue
		}
		b := p.body[start:at]
		if len(packets) == 0 && rest != nil {
			b = append(rest, b...)
			rest = nil
		}
		if !orphan {
			packets = append(packets, b)
		}
		orphan = false
		start = at
	}
	if start == at && (rest == nil || orphan) {
		return packets, nil
	}
	if orphan || len(rest)+at-start > maxOggPacket {
		return packets, nil
	}
	return packets, append(rest, p.body[start:at]...)
}
