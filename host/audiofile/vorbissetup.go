package audiofile

import (
	"errors"
	"math"
	"math/bits"
)

// The decoding library trusts the codebooks of a file: it takes as much memory as they claim to need, and
// some make it go on for ever. checkSetup looks at them first.

// Bounds on all codebooks together, far above those of any encoder.
const (
	maxBookEntries = 1 << 20
	maxBookValues  = 1 << 22
)

var errBadBooks = errors.New("damaged codebooks")

// bitCursor reads bits, the lowest of a byte first.
type bitCursor struct {
	b   []byte
	at  int // in bits
	eof bool
}

func (c *bitCursor) read(n int) uint32 {
	var v uint32
	for i := range n {
		if c.at>>3 >= len(c.b) {
			c.eof = true
			return 0
		}
		v |= uint32(c.b[c.at>>3]>>(c.at&7)&1) << i
		c.at++
	}
	return v
}

func (c *bitCursor) skip(n int) {
	if n > len(c.b)*8-c.at {
		c.eof = true
		return
	}
	c.at += n
}

// checkSetup examines the codebooks in the setup header p.
func checkSetup(p []byte) error {
	if len(p) < 8 {
		return errBadBooks
	}
	c := &bitCursor{b: p[7:]}
	entries, values := 0, 0
	for range c.read(8) + 1 {
		if c.read(24) != 0x564342 {
			return errBadBooks
		}
		dims, n := int(c.read(16)), int(c.read(24))
		entries += n
		if dims < 1 || n < 1 || entries > maxBookEntries {
			return errBadBooks
		}
		if !c.lengths(n) {
			return errBadBooks
		}
		switch lookup := c.read(4); lookup {
		case 0:
		case 1, 2:
			c.skip(64)
			width := int(c.read(4)) + 1
			c.skip(1)
			values += dims * n
			count := dims * n
			if lookup == 1 {
				count = int(math.Floor(math.Pow(float64(n), 1/float64(dims))))
			}
			if values > maxBookValues {
				return errBadBooks
			}
			c.skip(count * width)
		default:
			return errBadBooks
		}
		if c.eof {
			return errBadBooks
		}
	}
	return nil
}

// lengths reads the lengths of the n codes of a book, and says whether there are any.
func (c *bitCursor) lengths(n int) bool {
	used := 0
	if c.read(1) == 0 {
		sparse := c.read(1) == 1
		for i := 0; i < n && !c.eof; i++ {
			if !sparse || c.read(1) == 1 {
				c.read(5)
				used++
			}
		}
		return used > 0 && !c.eof
	}
	length := int(c.read(5)) + 1
	for at := 0; at < n; length++ {
		num := int(c.read(bits.Len(uint(n - at))))
		if num > n-at || length > 32 || c.eof {
			return false
		}
		at += num
	}
	return true
}
