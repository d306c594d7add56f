#include "textflag.h"

DATA signs<>+0(SB)/8, $0x8000000080000000
DATA signs<>+8(SB)/8, $0x8000000080000000
DATA signs<>+16(SB)/8, $0x8000000080000000
DATA signs<>+24(SB)/8, $0x8000000080000000
GLOBL signs<>(SB), RODATA|NOPTR, $32

// TWIDDLE multiplies the complex values t by the broadcast wr + i·wi; u is scratch.
#define TWIDDLE(t, wr, wi, u) \
	VPERMILPS $0xB1, t, u    \
	VMULPS    wi, u, u       \
	VFMADDSUB213PS u, wr, t

// func radix4AVX2(y, x, tw *complex64, m, s int)
//
// One Stockham pass: what radix4 does, four butterflies at a time. s is a multiple of 4.
TEXT ·radix4AVX2(SB), NOSPLIT, $0-40
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ tw+16(FP), DX
	MOVQ m+24(FP), CX
	MOVQ s+32(FP), R8
	SHLQ $3, R8          // s in bytes
	MOVQ CX, R9
	IMULQ R8, R9         // s·m in bytes
	LEAQ (R9)(R9*2), R10 // 3·s·m
	LEAQ (R8)(R8*2), R11 // 3·s
	VMOVUPS signs<>(SB), Y15

outer:
	VBROADCASTSS (DX), Y8
	VBROADCASTSS 4(DX), Y9
	VBROADCASTSS 8(DX), Y10
	VBROADCASTSS 12(DX), Y11
	VBROADCASTSS 16(DX), Y12
	VBROADCASTSS 20(DX), Y13
	ADDQ $24, DX
	MOVQ R8, BX          // bytes left of this butterfly's run

inner:
	VMOVUPS (SI), Y0          // a
	VMOVUPS (SI)(R9*1), Y1    // b
	VMOVUPS (SI)(R9*2), Y2    // c
	VMOVUPS (SI)(R10*1), Y3   // d
	VADDPS  Y2, Y0, Y4        // a + c
	VSUBPS  Y2, Y0, Y5        // a − c
	VADDPS  Y3, Y1, Y6        // b + d
	VSUBPS  Y3, Y1, Y7        // b − d
	VPERMILPS $0xB1, Y7, Y7   // its real and imaginary parts exchanged
	VXORPS  Y15, Y7, Y0       // the same, negative
	VADDPS  Y6, Y4, Y1        // y0
	VSUBPS  Y6, Y4, Y2        // y2 before its twiddle
	VADDSUBPS Y7, Y5, Y3      // y3: a − c + i(b − d)
	VADDSUBPS Y0, Y5, Y4      // y1: a − c − i(b − d)
	TWIDDLE(Y4, Y8, Y9, Y0)
	TWIDDLE(Y2, Y10, Y11, Y5)
	TWIDDLE(Y3, Y12, Y13, Y6)
	VMOVUPS Y1, (DI)
	VMOVUPS Y4, (DI)(R8*1)
	VMOVUPS Y2, (DI)(R8*2)
	VMOVUPS Y3, (DI)(R11*1)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $32, BX
	JNZ  inner

	ADDQ R11, DI              // over y1, y2 and y3 of this run
	DECQ CX
	JNZ  outer
	VZEROUPPER
	RET
