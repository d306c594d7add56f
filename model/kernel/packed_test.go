package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func noise(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

func packed(out, in int, w []float32) *Packed {
	p := Pack(out, in)
	p.Set(w)
	return p
}

// Small integers, worked by hand: W = [[1 2 3] [4 5 6]], x = [[1 0 −1] [2 2 2]].
func TestMulKnown(t *testing.T) {
	each(t, func(t *testing.T) {
		p := packed(2, 3, []float32{1, 2, 3, 4, 5, 6})
		x := []float32{1, 0, -1, 2, 2, 2}
		y := make([]float32, 4)
		p.Mul(y, 2, x, 3, 2, nil)
		if want := [4]float32{-2, -2, 12, 30}; [4]float32(y) != want {
			t.Errorf("without bias %v, want %v", y, want)
		}
		p.Mul(y, 2, x, 3, 2, []float32{10, 0.5})
		if want := [4]float32{8, -1.5, 22, 30.5}; [4]float32(y) != want {
			t.Errorf("with bias %v, want %v", y, want)
		}
		p.SetTransposed([]float32{1, 4, 2, 5, 3, 6})
		p.Mul(y, 2, x, 3, 2, nil)
		if want := [4]float32{-2, -2, 12, 30}; [4]float32(y) != want {
			t.Errorf("transposed %v, want %v", y, want)
		}
	})
}

// Against float64, within the bound in the comment of Mul: γ(in+1) for fused
// operations; the plain kernel rounds each product too, which the same bound
// covers since its sum then has in additions of products with one error each:
// γ(in+1) as well (the bias has no product). Sizes straddle the panels, the
// unrolled loops and the blocks.
func TestMulReference(t *testing.T) {
	shapes := [][2]int{{129, 600}, {513, 40}, {40, 1025}, {256, 256}, {1, 1}, {250, 257}}
	for out := 1; out <= 67; out += 3 {
		shapes = append(shapes, [2]int{out, out*7%67 + 1}, [2]int{out*5%67 + 1, out})
	}
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, s := range shapes {
			out, in := s[0], s[1]
			for _, rows := range []int{0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 29, 67, 241} {
				if rows > 67 && out*in > 20000 {
					continue
				}
				ldx, ldy := in+r.IntN(5), out+r.IntN(5)
				w, x, bias := noise(r, out*in), noise(r, rows*ldx), noise(r, out)
				if r.IntN(3) == 0 {
					bias = nil
				}
				p := packed(out, in, w)
				if r.IntN(2) == 0 {
					wt := make([]float32, len(w))
					for o := range out {
						for k := range in {
							wt[k*out+o] = w[o*in+k]
						}
					}
					p.SetTransposed(wt)
				}
				y, intact := guarded(rows*ldy, float32(12345))
				for i := range y {
					y[i] = 12345
				}
				p.Mul(y, ldy, x, ldx, rows, bias)
				if !intact() {
					t.Fatalf("%d×%d, %d rows: wrote outside y", out, in, rows)
				}
				n := float64(in+1) * 0x1p-24
				gamma := n / (1 - n)
				for row := range rows {
					for o := range ldy {
						got := y[row*ldy+o]
						if o >= out {
							if got != 12345 {
								t.Fatalf("%d×%d, %d rows: wrote between the rows of y", out, in, rows)
							}
							continue
						}
						var sum, abs float64
						if bias != nil {
							sum = float64(bias[o])
							abs = math.Abs(sum)
						}
						for k := range in {
							v := float64(x[row*ldx+k]) * float64(w[o*in+k])
							sum += v
							abs += math.Abs(v)
						}
						if !(math.Abs(float64(got)-sum) <= gamma*abs) {
							t.Fatalf("%d×%d, %d rows: y[%d][%d] = %g, want %g ± %g", out, in, rows, row, o, got, sum, gamma*abs)
						}
					}
				}
			}
		}
	})
}

// The property that makes live and batch results equal.
func TestMulSameBitsForAnyRows(t *testing.T) {
	each(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, s := range [][2]int{{1, 1}, {5, 3}, {16, 16}, {17, 67}, {33, 31}, {67, 129}, {144, 515}, {513, 301}, {300, 1030}} {
			out, in := s[0], s[1]
			most := 40
			const large = 253 // more than rowBlock
			w, x, bias := noise(r, out*in), noise(r, large*in), noise(r, out)
			p := packed(out, in, w)
			alone := make([]float32, large*out)
			for i := range large {
				p.Mul(alone[i*out:(i+1)*out], out, x[i*in:(i+1)*in], in, 1, bias)
			}
			check := func(rows, first int) {
				y := make([]float32, rows*out)
				p.Mul(y, out, x[first*in:], in, rows, bias)
				for i, v := range y {
					if math.Float32bits(v) != math.Float32bits(alone[first*out+i]) {
						t.Fatalf("%d×%d: row %d of %d gives %x, alone %x", out, in, i/out, rows, v, alone[first*out+i])
					}
				}
			}
			for rows := 1; rows <= most; rows++ {
				check(rows, 0)
				check(rows, rows%7) // elsewhere in the batch
			}
			check(large, 0)
		}
	})
}

// The plain kernel's order of operations, written out.
func TestMulOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const out, in, rows = 37, 700, 5
	w, x, bias := noise(r, out*in), noise(r, rows*in), noise(r, out)
	p := packed(out, in, w)
	y := make([]float32, rows*out)
	p.mulGo(y, out, x, in, rows, bias)
	for i := range rows {
		for o := range out {
			sum := bias[o]
			for k := range in {
				sum += float32(x[i*in+k] * w[o*in+k])
			}
			if y[i*out+o] != sum {
				t.Fatalf("y[%d][%d] = %g, want %g", i, o, y[i*out+o], sum)
			}
		}
	}
}

// The assembly kernels agree with each other in every bit, and with the plain
// twin within twice the bound of either.
func TestMulKernelsAgree(t *testing.T) {
	was := Name()
	defer Select(was)
	r := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		out, in, rows := 1+r.IntN(150), 1+r.IntN(600), 1+r.IntN(30)
		w, x := noise(r, out*in), noise(r, rows*in)
		results := map[string][]float32{}
		for _, name := range Names() {
			Select(name)
			p := packed(out, in, w)
			y := make([]float32, rows*out)
			p.Mul(y, out, x, in, rows, nil)
			results[name] = y
		}
		for i, v := range results["avx512"] {
			if v != results["avx2"][i] {
				t.Fatalf("%d×%d, %d rows, element %d: avx512 %x, avx2 %x", out, in, rows, i, v, results["avx2"][i])
			}
		}
		for i, v := range results["avx2"] {
			var abs float64
			for k := range in {
				abs += math.Abs(float64(x[i/out*in+k]) * float64(w[i%out*in+k]))
			}
			if d := math.Abs(float64(v - results["go"][i])); d > 2*1.01*float64(in+1)*0x1p-24*abs {
				t.Fatalf("%d×%d, %d rows, element %d: avx2 %g, go %g", out, in, rows, i, v, results["go"][i])
			}
		}
	}
}

func TestSetLayout(t *testing.T) {
	each(t, func(t *testing.T) {
		for out := 1; out <= 67; out++ {
			for _, in := range []int{1, 7, 8, 9, 16, 31, out, 67, 131} {
				w := make([]float32, out*in)
				for i := range w {
					w[i] = float32(i + 1)
				}
				p := Pack(out, in)
				p.Set(w)
				for i, v := range p.data {
					o, k := i/(in*lanes)*lanes+i%lanes, i/lanes%in
					want := float32(0)
					if o < out {
						want = w[o*in+k]
					}
					if v != want {
						t.Fatalf("%d×%d: weight [%d][%d] is %g, want %g", out, in, o, k, v, want)
					}
				}
			}
		}
	})
}

// A NaN or Inf reaches the outputs of its row and no others: the padding lanes
// of the last panel are not read.
func TestMulNonFinite(t *testing.T) {
	each(t, func(t *testing.T) {
		const out, in, rows = 21, 35, 14
		w := make([]float32, out*in)
		for i := range w {
			w[i] = 1
		}
		x := make([]float32, rows*in)
		x[3*in+5] = float32(math.NaN())
		x[4*in+5] = float32(math.Inf(1))
		y := make([]float32, rows*out)
		packed(out, in, w).Mul(y, out, x, in, rows, nil)
		for i, v := range y {
			switch i / out {
			case 3:
				if v == v {
					t.Fatalf("y[3] = %g, want NaN", v)
				}
			case 4:
				if !math.IsInf(float64(v), 1) {
					t.Fatalf("y[4] = %g, want +Inf", v)
				}
			default:
				if v != 0 {
					t.Fatalf("y[%d] = %g, want 0", i/out, v)
				}
			}
		}
	})
}

func TestPackedPanics(t *testing.T) {
	p := Pack(3, 2)
	f := func(n int) []float32 { return make([]float32, n) }
	for what, mul := range map[string]func(){
		"Pack of no outputs":      func() { Pack(0, 1) },
		"Pack of no inputs":       func() { Pack(1, -1) },
		"Set":                     func() { p.Set(f(5)) },
		"SetTransposed":           func() { p.SetTransposed(f(7)) },
		"negative rows":           func() { p.Mul(f(6), 3, f(4), 2, -1, nil) },
		"short x":                 func() { p.Mul(f(6), 3, f(3), 2, 2, nil) },
		"short y":                 func() { p.Mul(f(5), 3, f(4), 2, 2, nil) },
		"empty x":                 func() { p.Mul(f(6), 3, nil, 2, 1, nil) },
		"empty y":                 func() { p.Mul(nil, 3, f(4), 2, 1, nil) },
		"overlapping rows of x":   func() { p.Mul(f(6), 3, f(4), 1, 2, nil) },
		"overlapping rows of y":   func() { p.Mul(f(6), 2, f(4), 2, 2, nil) },
		"bias of the wrong size":  func() { p.Mul(f(6), 3, f(4), 2, 2, f(2)) },
		"empty bias, not nil":     func() { p.Mul(f(6), 3, f(4), 2, 2, []float32{}) },
		"rows beyond any product": func() { p.Mul(f(6), 3, f(4), 2, math.MaxInt, nil) },
	} {
		mustPanic(t, what, mul)
	}
	p.Mul(f(6), 3, f(4), 2, 2, nil)
	// The last row need not reach to the next.
	p.Mul(f(13), 10, f(12), 10, 2, nil)
}

func TestPackedDoesNotAllocate(t *testing.T) {
	each(t, func(t *testing.T) {
		w := make([]float32, 45*70)
		p := Pack(45, 70)
		if n := testing.AllocsPerRun(10, func() {
			var bias [45]float32
			var x [70]float32
			var y [45]float32
			p.Set(w)
			p.SetTransposed(w)
			p.Mul(y[:], 45, x[:], 70, 1, bias[:])
			p.Mul(y[:], 45, x[:], 70, 1, nil)
		}); n != 0 {
			t.Errorf("%g allocations", n)
		}
	})
}

func ExamplePacked_Mul() {
	p := Pack(2, 3)
	p.Set([]float32{
		1, 2, 3,
		4, 5, 6,
	})
	y := make([]float32, 2)
	p.Mul(y, 2, []float32{1, 0, -1}, 3, 1, []float32{10, 20})
	fmt.Println(y)
	// Output: [8 18]
}

func BenchmarkMul(b *testing.B) {
	was := Name()
	defer Select(was)
	for _, name := range Names() {
		Select(name)
		for _, s := range [][2]int{{513, 1680}, {1024, 1024}} {
			out, in := s[0], s[1]
			r := rand.New(rand.NewPCG(1, 1))
			p := packed(out, in, noise(r, out*in))
			for _, rows := range []int{1, 2, 8, 64, 512} {
				if name == "go" && rows > 64 {
					continue
				}
				x, y, bias := noise(r, rows*in), make([]float32, rows*out), noise(r, out)
				b.Run(fmt.Sprintf("%s/%dx%d/rows=%d", name, out, in, rows), func(b *testing.B) {
					b.SetBytes(int64(4 * out * in))
					for b.Loop() {
						p.Mul(y, out, x, in, rows, bias)
					}
					b.ReportMetric(2*float64(out*in*rows)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}

func BenchmarkSet(b *testing.B) {
	was := Name()
	defer Select(was)
	for _, name := range Names() {
		Select(name)
		w := make([]float32, 1024*1024)
		p := Pack(1024, 1024)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(4 << 20)
			for b.Loop() {
				p.Set(w)
			}
		})
		b.Run(name+"/transposed", func(b *testing.B) {
			b.SetBytes(4 << 20)
			for b.Loop() {
				p.SetTransposed(w)
			}
		})
	}
}
