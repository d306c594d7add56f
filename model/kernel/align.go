package kernel

import "unsafe"

// alignedFloats returns n zeros that begin on a cache line (64 bytes), so that
// no 16-lane load of a panel crosses one.
func alignedFloats(n int) []float32 {
	const line = 64 / 4
	s := make([]float32, n+line-1)
	skip := int(-(uintptr(unsafe.Pointer(unsafe.SliceData(s))) / 4) % line)
	return s[skip : skip+n : skip+n]
}
