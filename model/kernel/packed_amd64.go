package kernel

import "unsafe"

// tile is the argument of the tile functions in assembly, which continue the
// sums of some rows by some panels over k inputs:
//
//	y[r][o] = init[r][o] + Σ x[r][i]·w[panel of o][i][o mod 16]   for i < k, in order of i
//
// with distances in bytes between the rows of y, init and x (ldinit may be 0)
// and between panels.
type tile struct {
	y, init, x, w         *float32
	ldy, ldinit, ldx, ldw uintptr
	k                     int
	mask                  uint64  // the lanes of the last panel that exist, a bit each
	masks                 *uint32 // the same, a word each
}

// zeros stands in for a missing bias: as wide as the widest tile.
var zeros [8 * lanes]float32

// laneMasks has a window of 16 for each number of lanes up to 16.
var laneMasks = func() (m [2 * lanes]uint32) {
	for i := range lanes {
		m[i] = ^uint32(0)
	}
	return m
}()

const (
	// A block of inputs of a pair of panels (32 KiB) and of twelve rows (12 KiB)
	// together fit a first-level cache of 48 KiB, and those of rowBlock rows
	// (240 KiB) a good part of a second-level one. Neither number changes a
	// result: a sum that continues in the next block passes through y exactly.
	inBlock  = 256
	rowBlock = 240
)

// split returns the end of the next part of [at, n) when the rest is cut into
// as few nearly equal parts of at most size as possible.
func split(at, n, size int) int {
	rest := n - at
	parts := (rest + size - 1) / size
	return at + (rest+parts-1)/parts
}

// mulSIMD is Mul with the assembly kernel in use, or returns false if there is
// none.
func (p *Packed) mulSIMD(y []float32, ldy int, x []float32, ldx int, rows int, bias []float32) bool {
	wide := kind(active.Load())
	var limit []int
	switch wide {
	case kindAVX512:
		limit = tileAVX512Panels[:]
	case kindAVX2:
		limit = tileAVX2Panels[:]
	default:
		return false
	}
	height := len(limit) - 1
	panels := (p.out + lanes - 1) / lanes
	in := inBlock
	if rows <= 4 {
		in = p.in // the weights pass once, whatever the order; keep the streams long
	}
	t := tile{
		ldy: uintptr(ldy) * 4,
		ldx: uintptr(ldx) * 4,
		ldw: uintptr(p.in) * lanes * 4,
	}
	for r0, r1 := 0, 0; r0 < rows; r0 = r1 {
		r1 = split(r0, rows, rowBlock)
		width := limit[split(0, r1-r0, height)]
		for k0, k1 := 0, 0; k0 < p.in; k0 = k1 {
			k1 = split(k0, p.in, in)
			t.k = k1 - k0
			for p0, p1 := 0, 0; p0 < panels; p0 = p1 {
				p1 = split(p0, panels, width)
				n := min(lanes, p.out-(p1-1)*lanes)
				t.mask = 1<<n - 1
				t.masks = &laneMasks[lanes-n]
				t.w = &p.data[(p0*p.in+k0)*lanes]
				for r, e := r0, 0; r < r1; r = e {
					e = split(r, r1, height)
					t.x = &x[r*ldx+k0]
					t.y = &y[r*ldy+p0*lanes]
					switch {
					case k0 > 0:
						t.init, t.ldinit = t.y, t.ldy
					case bias != nil:
						t.init, t.ldinit = &bias[p0*lanes], 0
					default:
						t.init, t.ldinit = unsafe.SliceData(zeros[:]), 0
					}
					if wide == kindAVX512 {
						tileAVX512(e-r, p1-p0, &t)
					} else {
						tileAVX2(e-r, p1-p0, &t)
					}
				}
			}
		}
	}
	return true
}
