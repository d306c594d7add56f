// Package host runs a processor between a source of audio and its sinks.
//
// Batch does so for streams: it decodes, separates and encodes at the same time, in constant
// memory, and gives outputs of exactly the input's rate, length and alignment. Extraction does so
// for files: what it writes appears only when it is complete, and what is done is not done again.
package host

import "soloist/host/audiofile"

// Source is a stream of audio; an audiofile.Reader is one.
type Source interface {
	Info() audiofile.Info
	// Read fills dst[channel][sample] and returns how many samples a channel it wrote, and io.EOF
	// with n = 0 at the end.
	Read(dst [][]float32) (n int, err error)
}

// Sink takes a stream of audio; an audiofile.Writer is one.
type Sink interface {
	// Write appends src[channel][sample], full scale ±1.
	Write(src [][]float32) error
}
