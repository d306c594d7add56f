package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go run gen.go

func supported(k kind) bool {
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	switch k {
	case kindAVX512:
		return avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL
	case kindAVX2:
		return avx2
	}
	return k == kindGo
}

// Each of the functions below computes with the assembly kernel in use, or
// returns false if there is none.

func unarySIMD(o op, dst, src []float32) bool {
	d, s := unsafe.SliceData(dst), unsafe.SliceData(src)
	switch kind(active.Load()) {
	case kindAVX512:
		unaryAVX512(o, d, s, len(dst))
	case kindAVX2:
		unaryAVX2(o, d, s, len(dst))
	default:
		return false
	}
	return true
}

func scaleSIMD(dst, src []float32, a float32) bool {
	d, s := unsafe.SliceData(dst), unsafe.SliceData(src)
	switch kind(active.Load()) {
	case kindAVX512:
		scaleAVX512(d, s, len(dst), a)
	case kindAVX2:
		scaleAVX2(d, s, len(dst), a)
	default:
		return false
	}
	return true
}

func axpySIMD(dst []float32, a float32, src []float32) bool {
	d, s := unsafe.SliceData(dst), unsafe.SliceData(src)
	switch kind(active.Load()) {
	case kindAVX512:
		axpyAVX512(d, s, len(dst), a)
	case kindAVX2:
		axpyAVX2(d, s, len(dst), a)
	default:
		return false
	}
	return true
}

func magnitudeSIMD(dst []float32, src []complex64) bool {
	d, s := unsafe.SliceData(dst), unsafe.SliceData(src)
	switch kind(active.Load()) {
	case kindAVX512:
		magnitudeAVX512(d, s, len(dst))
	case kindAVX2:
		magnitudeAVX2(d, s, len(dst))
	default:
		return false
	}
	return true
}

func maskComplexSIMD(dst, src []complex64, mask []float32) bool {
	d, s, m := unsafe.SliceData(dst), unsafe.SliceData(src), unsafe.SliceData(mask)
	switch kind(active.Load()) {
	case kindAVX512:
		maskComplexAVX512(d, s, m, len(dst))
	case kindAVX2:
		maskComplexAVX2(d, s, m, len(dst))
	default:
		return false
	}
	return true
}
