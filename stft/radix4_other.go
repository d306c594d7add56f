//go:build !amd64

package stft

func radix4SIMD(_, _ []complex64, _ *stage) bool { return false }
