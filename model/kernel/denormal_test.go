package kernel

import (
	"math"
	"runtime"
	"testing"
)

func TestFlushDenormals(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("does nothing here")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	each(t, func(t *testing.T) {
		runtime.LockOSThread() // the subtest is another goroutine
		defer runtime.UnlockOSThread()
		half := func(x float32) uint32 {
			y := []float32{0}
			Scale(y, []float32{x}, 0.5)
			return math.Float32bits(y[0])
		}
		before := controlWord()
		mode := FlushDenormals()
		result, operand, normal := half(0x1p-126), half(0x1.8p-127), half(3)
		again := FlushDenormals()
		again.Restore()
		nested := half(0x1p-126)
		mode.Restore()
		if result != 0 || nested != 0 {
			t.Errorf("a denormal result is %#x, after a nested call %#x, want 0", result, nested)
		}
		if operand != 0 {
			t.Errorf("a denormal operand gives %#x, want 0", operand)
		}
		if normal != math.Float32bits(1.5) {
			t.Errorf("half of 3 is %#x", normal)
		}
		// The status bits (0 to 5) are sticky and may differ.
		if after := controlWord(); (after^before)&^0x3f != 0 {
			t.Errorf("mode %#x before, %#x after Restore", before, after)
		}
		if got := half(0x1p-126); got != math.Float32bits(0x1p-127) {
			t.Errorf("after Restore a denormal result is %#x", got)
		}
	})
}
