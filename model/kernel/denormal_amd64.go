package kernel

// controlWord returns the MXCSR register of the current thread.
func controlWord() uint32

// setControlWord sets it.
func setControlWord(v uint32)
