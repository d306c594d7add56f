package audiofile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the errors of Open wrap when a file is not one that can be read.
var (
	ErrUnknownFormat = errors.New("not audio that this program reads (WAV, FLAC, Ogg Vorbis, MP3)")
	ErrEmpty         = errors.New("the file is empty")
)

// maxRate is the highest rate, in Hz, that is believed.
const maxRate = 768000

// Open opens the audio file path for reading. What the file is it learns from its content: WAV (RIFF,
// RF64), FLAC, Ogg Vorbis or MP3, whatever the name ends in. Every error is one line that names the file;
// it wraps ErrEmpty, ErrUnknownFormat or the file system's where one of these is the reason.
func Open(path string) (Reader, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fileError(path, err)
	case st.IsDir():
		return nil, fmt.Errorf("%s: expected an audio file, found a folder", path)
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s: expected an audio file, found something that is not a plain file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	r, err := OpenReader(path, f)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &fileReader{r, f}, nil
}

// fileReader closes the file along with its decoder.
type fileReader struct {
	Reader
	f *os.File
}

func (r *fileReader) Close() error {
	err := r.Reader.Close()
	if cerr := r.f.Close(); err == nil && cerr != nil && !errors.Is(cerr, os.ErrClosed) {
		err = cerr
	}
	return err
}

// OpenReader is Open of what r holds, from its beginning to its end; name stands for the file in errors.
// It leaves r open.
func OpenReader(name string, r io.ReadSeeker) (rd Reader, err error) {
	defer func() {
		if p := recover(); p != nil {
			rd, err = nil, fmt.Errorf("%s: damaged beyond reading: %s", name, oneLine(p))
		}
	}()
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fileError(name, err)
	}
	if size == 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	head := make([]byte, min(size, 4096))
	if err := readAt(r, 0, head); err != nil {
		return nil, fileError(name, err)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fileError(name, err)
	}
	is := func(at int, s string) bool { return len(head) >= at+len(s) && string(head[at:at+len(s)]) == s }
	switch {
	case (is(0, "RIFF") || is(0, "RF64") || is(0, "BW64")) && is(8, "WAVE"):
		return newWAV(name, r, size)
	case is(0, "fLaC"):
		return newFLAC(name, r, 0, size)
	case is(0, "OggS"):
		switch {
		case bytes.Contains(head, []byte("\x01vorbis")):
			return newVorbis(name, r, size)
		case bytes.Contains(head, []byte("OpusHead")):
			return nil, unknown(name, "it is Ogg Opus")
		case bytes.Contains(head, []byte("\x7fFLAC")):
			return nil, unknown(name, "it is FLAC within Ogg")
		}
		return nil, unknown(name, "it is Ogg, but not Vorbis")
	case is(0, "ID3") && len(head) >= 10:
		// A tag of this kind belongs to MP3, but some programs put one before FLAC as well.
		at := 10 + int64(head[6]&127)<<21 + int64(head[7]&127)<<14 + int64(head[8]&127)<<7 + int64(head[9]&127)
		var id [4]byte
		if at+4 <= size && readAt(r, at, id[:]) == nil && string(id[:]) == "fLaC" {
			return newFLAC(name, r, at, size)
		}
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return nil, fileError(name, err)
		}
		return newMP3(name, r, size)
	case looksLikeMP3(head):
		return newMP3(name, r, size)
	}
	return nil, unknown(name, found(head))
}

func unknown(name, found string) error {
	return fmt.Errorf("%s: %w: %s", name, ErrUnknownFormat, found)
}

// found words how a file of no known kind starts.
func found(head []byte) string {
	for _, k := range [...]struct {
		at      int
		is, say string
	}{
		{4, "ftyp", "it is MP4 (M4A, AAC)"}, {0, "FORM", "it is AIFF"}, {0, "RIFX", "it is big-endian RIFF"},
		{0, "RIFF", "it is RIFF, but not WAVE"}, {0, "caff", "it is Core Audio Format"},
		{0, "\x30\x26\xb2\x75", "it is Windows Media"}, {0, "MThd", "it is MIDI"},
		{0, "\x1aE\xdf\xa3", "it is Matroska or WebM"}, {0, "wvpk", "it is WavPack"}, {0, "MAC ", "it is Monkey's Audio"},
	} {
		if len(head) >= k.at+len(k.is) && string(head[k.at:k.at+len(k.is)]) == k.is {
			return k.say
		}
	}
	line := head[:min(len(head), 24)]
	if i := bytes.IndexAny(line, "\r\n"); i > 0 {
		line = line[:i]
	}
	for len(line) > 0 && len(head) > len(line) && !utf8.Valid(line) && len(line) > 20 {
		line = line[:len(line)-1] // perhaps cut within a letter
	}
	if utf8.Valid(line) && strings.IndexFunc(string(line), func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return fmt.Sprintf("it starts with \"%s\"", line)
	}
	line = head[:min(len(head), 8)]
	if len(bytes.Trim(line, "\x00")) == 0 {
		return fmt.Sprintf("it starts with %d zero bytes", len(line))
	}
	return fmt.Sprintf("it starts with the bytes % x", line)
}

// readAt fills b from the place at.
func readAt(r io.ReadSeeker, at int64, b []byte) error {
	if _, err := r.Seek(at, io.SeekStart); err != nil {
		return err
	}
	_, err := io.ReadFull(r, b)
	return err
}

// oneLine is v as text without line breaks.
func oneLine(v any) string {
	return strings.Join(strings.Fields(fmt.Sprint(v)), " ")
}

// ReadAll decodes the whole file path into x[channel][sample], full scale ±1, and returns what the
// reader warned about. It is for files that fit in memory. On an error it returns what came before it.
func ReadAll(path string) (info Info, x [][]float32, warnings []string, err error) {
	r, err := Open(path)
	if err != nil {
		return Info{}, nil, nil, err
	}
	defer func() {
		if cerr := r.Close(); err == nil {
			err = cerr
		}
	}()
	x, err = Drain(r)
	return r.Info(), x, r.Warnings(), err
}

// Drain reads r to its end and returns what was left, [channel][sample]. On an error it returns what came before it.
func Drain(r Reader) ([][]float32, error) {
	x := make([][]float32, r.Info().Channels)
	block := make([][]float32, len(x))
	for c := range block {
		block[c] = make([]float32, 8192)
	}
	for {
		n, err := r.Read(block)
		for c := range x {
			x[c] = append(x[c], block[c][:n]...)
		}
		if errors.Is(err, io.EOF) {
			return x, nil
		}
		if err != nil {
			return x, err
		}
	}
}
