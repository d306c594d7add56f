//go:build openblas

// Side by side with OpenBLAS:
//
//	OPENBLAS_NUM_THREADS=1 CGO_LDFLAGS=-lopenblas go test -tags openblas -run OpenBLAS -bench 'OpenBLAS|Mul/avx512'
package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/netlib/blas/netlib"

	"soloist/model/kernel"
)

func openBLAS(y, x, w []float32, rows, out, in int) {
	netlib.Implementation{}.Sgemm(blas.NoTrans, blas.Trans, rows, out, in, 1, x, in, w, in, 0, y, out)
}

func noise(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 1))
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

func TestOpenBLAS(t *testing.T) {
	const rows, out, in = 37, 513, 300
	x, w := noise(rows*in), noise(out*in)
	want, got := make([]float32, rows*out), make([]float32, rows*out)
	openBLAS(want, x, w, rows, out, in)
	p := kernel.Pack(out, in)
	p.Set(w)
	p.Mul(got, out, x, in, rows, nil)
	for i, v := range got {
		// Sums of 300 products of unit variance: γ(300)·300 is 0.005.
		if math.Abs(float64(v-want[i])) > 5e-3 {
			t.Fatalf("element %d is %g, OpenBLAS has %g", i, v, want[i])
		}
	}
}

func BenchmarkOpenBLAS(b *testing.B) {
	for _, s := range [][2]int{{513, 1680}, {1024, 1024}} {
		out, in := s[0], s[1]
		w := noise(out * in)
		for _, rows := range []int{1, 2, 8, 64, 512} {
			x, y := noise(rows*in), make([]float32, rows*out)
			b.Run(fmt.Sprintf("%dx%d/rows=%d", out, in, rows), func(b *testing.B) {
				for b.Loop() {
					if rows == 1 {
						netlib.Implementation{}.Sgemv(blas.NoTrans, out, in, 1, w, in, x, 1, 0, y, 1)
						continue
					}
					openBLAS(y, x, w, rows, out, in)
				}
				b.ReportMetric(2*float64(out*in*rows)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
