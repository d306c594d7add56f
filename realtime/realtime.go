// Package realtime holds the audio-thread contract and the one pipeline that keeps it:
// blocks of samples in, time-aligned blocks of separated sources out, without allocating,
// locking or calling the system.
package realtime

// Block is a run of samples, [channel][sample], full scale ±1. All channels are equally long.
type Block = [][]float32

// Frame is one or more consecutive spectra of all channels, [frame·channel][bin]: row
// t*channels+c is channel c of the t-th frame. A live call holds one frame; batch calls hold
// several, and the result does not depend on how many.
type Frame = [][]complex64

// Processor turns a stream into aligned streams of its sources.
//
// Process takes a block of any length and writes a block of the same length for every source:
// out[i] is source i of Sources, and out[len(Sources())], when the caller passes it, the
// remainder (the input, delayed by Latency, minus the sum of the sources). Output does not
// depend, bit for bit, on how the stream is cut into blocks. Process and Reset do not allocate,
// lock, log or call the system. Reset equals a new Processor.
type Processor interface {
	// Sources names the outputs, in order.
	Sources() []string
	// Latency is the exact delay from input to output, in samples.
	Latency() int
	Reset()
	Process(out []Block, in Block)
}

// FrameSeparator splits mixture spectra into the spectra of its sources.
//
// Separate reads one or more frames (see Frame) and writes as many frames of each source:
// out[i] has the shape of in. With a look-ahead of n, the first n frames written are silent and
// each later one belongs to the frame read n frames before. Separate never allocates.
type FrameSeparator interface {
	Sources() []string
	// Lookahead is the delay in frames that the separator adds.
	Lookahead() int
	Reset()
	Separate(out []Frame, in Frame)
}
