// Package audiofile decodes and encodes audio files as streams of blocks.
package audiofile

// Info says what a stream holds.
type Info struct {
	Format   string // "mp3", "wav", "flac" or "ogg"
	Rate     int    // Hz
	Channels int
	Bits     int   // bits a sample of the stored form; 0 for lossy formats
	Float    bool  // stored as floating point
	Frames   int64 // samples a channel, exact once the stream has ended; -1 while unknown
	Tags     Tags
}

// Tags are the usual text fields of a recording, by their Vorbis comment names in upper case
// (TITLE, ARTIST, ALBUM, DATE, TRACKNUMBER, GENRE, COMMENT …).
type Tags map[string]string

// Reader is a decoder that streams: memory does not grow with the length of the file.
type Reader interface {
	Info() Info
	// Read fills dst[channel][sample] with up to len(dst[0]) samples, full scale ±1, and
	// returns how many samples a channel it wrote. It returns io.EOF, with n = 0, at the end.
	// Any other error is about the file itself and names it.
	Read(dst [][]float32) (n int, err error)
	// Warnings tells, in one line each, what was wrong with the file but did not stop reading
	// it, such as truncation. It is complete once Read has returned io.EOF.
	Warnings() []string
	Close() error
}

// Writer is an encoder that streams.
type Writer interface {
	// Write appends src[channel][sample], full scale ±1.
	Write(src [][]float32) error
	// Clipped is the number of samples so far that did not fit the format and were limited.
	Clipped() int64
	// Close completes the file. A file that was not closed is not complete.
	Close() error
}
