package kernel

// FloatMode is a processor's handling of denormal numbers, as it was before
// [FlushDenormals].
type FloatMode uint32

// Bits of the MXCSR register (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 1, section 10.2.3).
const (
	denormalsAreZero = 1 << 6  // denormal operands count as zero
	flushToZero      = 1 << 15 // denormal results become zero
)

// FlushDenormals makes the current thread treat denormal operands and results
// as zero, from float32 and float64 operations alike, and returns the mode it
// was in. A decaying tail of near-silence otherwise runs on numbers that many
// processors handle a hundred times slower. It does nothing except on amd64.
//
// The mode belongs to the operating system's thread and not to the goroutine,
// so the caller must hold [runtime.LockOSThread] from before this call until
// after [FloatMode.Restore]:
//
//	runtime.LockOSThread()
//	defer runtime.UnlockOSThread()
//	defer kernel.FlushDenormals().Restore()
func FlushDenormals() FloatMode {
	m := controlWord()
	setControlWord(m | denormalsAreZero | flushToZero)
	return FloatMode(m)
}

// Restore puts the current thread back into mode m.
func (m FloatMode) Restore() { setControlWord(uint32(m)) }
