package kernel

// mla is the plain kernels' multiply-add. The conversion keeps the compiler
// from fusing it, which it otherwise may and on some processors does, so that
// the plain kernel gives the same bits on every processor.
func mla(a, b, c float32) float32 { return float32(a*b) + c }

// packGo lays n ≤ 16 rows of w [n][in] out as one panel [in][16].
func packGo(panel, w []float32, in, n int) {
	if n < lanes {
		for o := range n {
			row := w[o*in : (o+1)*in]
			for k, v := range row {
				panel[k*lanes+o] = v
			}
		}
		return
	}
	for o := 0; o < lanes; o += 4 {
		w0, w1 := w[o*in:(o+1)*in], w[(o+1)*in:(o+2)*in]
		w2, w3 := w[(o+2)*in:(o+3)*in], w[(o+3)*in:(o+4)*in]
		for k, v := range w0 {
			d := (*[4]float32)(panel[k*lanes+o:])
			d[0], d[1], d[2], d[3] = v, w1[k], w2[k], w3[k]
		}
	}
}

// mulGo is the plain-Go twin of mulSIMD.
func (p *Packed) mulGo(y []float32, ldy int, x []float32, ldx int, rows int, bias []float32) {
	// A block of inputs of this length keeps the block of a panel (32 KiB) in
	// the first-level cache while all rows pass over it.
	const block = 512
	for o := 0; o < p.out; o += lanes {
		panel := p.data[o*p.in : (o+lanes)*p.in]
		n := min(lanes, p.out-o)
		for k := 0; k < p.in; k += block {
			kn := min(block, p.in-k)
			for r := range rows {
				var acc [lanes]float32
				out := y[r*ldy+o : r*ldy+o+n]
				switch {
				case k > 0:
					copy(acc[:], out)
				case bias != nil:
					copy(acc[:], bias[o:])
				}
				xr := x[r*ldx+k : r*ldx+k+kn]
				for i := 0; i < lanes; i += 4 {
					dot4((*[4]float32)(acc[i:]), panel[k*lanes+i:], xr)
				}
				copy(out, acc[:n])
			}
		}
	}
}

// dot4 adds Σₖ x[k]·w[16k+i] to acc[i], in order of k. Four sums at a time are
// what the compiler keeps in registers; with eight it spills.
func dot4(acc *[4]float32, w, x []float32) {
	a0, a1, a2, a3 := acc[0], acc[1], acc[2], acc[3]
	for len(x) >= 2 && len(w) >= lanes+4 {
		v, q := x[0], (*[lanes + 4]float32)(w)
		a0 = mla(v, q[0], a0)
		a1 = mla(v, q[1], a1)
		a2 = mla(v, q[2], a2)
		a3 = mla(v, q[3], a3)
		v = x[1]
		a0 = mla(v, q[lanes+0], a0)
		a1 = mla(v, q[lanes+1], a1)
		a2 = mla(v, q[lanes+2], a2)
		a3 = mla(v, q[lanes+3], a3)
		x, w = x[2:], w[min(2*lanes, len(w)):]
	}
	if len(x) > 0 {
		v, q := x[0], (*[4]float32)(w)
		a0 = mla(v, q[0], a0)
		a1 = mla(v, q[1], a1)
		a2 = mla(v, q[2], a2)
		a3 = mla(v, q[3], a3)
	}
	*acc = [4]float32{a0, a1, a2, a3}
}
