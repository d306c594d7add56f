package audiofile

import "math"

// mendFloors returns the setup header p, which checkSetup has passed, in a form that the decoding
// library understands. The library expects a class even in a floor without partitions, where the
// specification (Vorbis I, section 7.2.2) has none; libvorbis writes such a floor for the bass
// channel of 5.1. An unused class is put there. What cannot be parsed is returned as it is.
func mendFloors(p []byte) []byte {
	c := &bitCursor{b: p[7:]}
	for range c.read(8) + 1 {
		c.skip(24) // the mark of a codebook
		if !c.book() {
			return p
		}
	}
	c.skip(16 * (int(c.read(6)) + 1)) // transforms, of which there are none
	var mend []int                    // places for a class, in bits
	for range c.read(6) + 1 {
		switch c.read(16) {
		case 0:
			c.skip(8 + 16 + 16 + 6 + 8)
			c.skip(8 * (int(c.read(4)) + 1))
		case 1:
			if c.floor1() {
				mend = append(mend, c.at)
				c.skip(2 + 4)
			}
		default:
			return p
		}
		if c.eof {
			return p
		}
	}
	if len(mend) == 0 {
		return p
	}
	out := bitWriter{b: append([]byte(nil), p[:7]...)}
	from := bitCursor{b: p[7:]}
	for _, at := range mend {
		out.copy(&from, at-from.at)
		for range 3 + 2 + 8 { // one dimension, no subclass, no book
			out.put(0)
		}
	}
	out.copy(&from, len(from.b)*8-from.at)
	return out.b
}

// book passes the codebook after its mark.
func (c *bitCursor) book() bool {
	dims, n := int(c.read(16)), int(c.read(24))
	if !c.lengths(n) {
		return false
	}
	if lookup := c.read(4); lookup != 0 {
		c.skip(64)
		width := int(c.read(4)) + 1
		c.skip(1)
		count := dims * n
		if lookup == 1 {
			count = int(math.Floor(math.Pow(float64(n), 1/float64(dims))))
		}
		c.skip(count * width)
	}
	return !c.eof
}

// floor1 passes a floor of type 1, unless it has no partitions: then it returns true, and stays after
// their number.
func (c *bitCursor) floor1() (empty bool) {
	parts := int(c.read(5))
	if parts == 0 {
		return true
	}
	var classes [31]uint32
	top := uint32(0)
	for i := range parts {
		classes[i] = c.read(4)
		top = max(top, classes[i])
	}
	var dims [16]int
	for i := range top + 1 {
		dims[i] = int(c.read(3)) + 1
		subs := c.read(2)
		if subs > 0 {
			c.skip(8)
		}
		c.skip(8 << subs)
	}
	c.skip(2)
	width := int(c.read(4))
	for _, k := range classes[:parts] {
		c.skip(dims[k] * width)
	}
	return false
}

// bitWriter appends bits, the lowest of a byte first.
type bitWriter struct {
	b []byte
	n int // bits written
}

func (w *bitWriter) put(bit uint32) {
	if w.n&7 == 0 {
		w.b = append(w.b, 0)
	}
	w.b[len(w.b)-1] |= byte(bit) << (w.n & 7)
	w.n++
}

// copy appends n bits of c.
func (w *bitWriter) copy(c *bitCursor, n int) {
	for range n {
		w.put(c.read(1))
	}
}
