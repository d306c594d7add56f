package stft

import "golang.org/x/sys/cpu"

//go:noescape
func radix4AVX2(y, x, tw *complex64, m, s int)

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// radix4SIMD carries out a pass with vector instructions and reports whether it could.
func radix4SIMD(y, x []complex64, st *stage) bool {
	if !hasAVX2 || st.s%4 != 0 {
		return false
	}
	n := 4 * st.m * st.s
	_, _, _ = y[n-1], x[n-1], st.tw[3*st.m-1]
	radix4AVX2(&y[0], &x[0], &st.tw[0], st.m, st.s)
	return true
}
