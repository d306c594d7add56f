package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"soloist/host/audiofile"
)

// ffmpegReader decodes one audio stream of a container through the program ffmpeg, which writes it into a pipe as
// Sun's AU: a head that knows rate and channels but needs no length, and big-endian 32-bit floats.
type ffmpegReader struct {
	path   string
	info   audiofile.Info
	cmd    *exec.Cmd
	stop   context.CancelFunc
	out    io.ReadCloser
	said   complaints
	buf    []byte
	kept   int   // bytes at the start of buf that are left over
	frames int64 // samples a channel so far
	ended  error // what Read returns from now on
}

// auHead is the fixed part of an AU file's head: magic, offset of the data, their size, encoding, rate, channels.
const auHead = 24

func openFFmpeg(path string, stream int) (*ffmpegReader, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%s: want the program ffmpeg to decode it (Debian: apt-get install ffmpeg), found none on the PATH", path)
	}
	absolute, err := filepath.Abs(path) // neither an option nor a protocol, whatever its name
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &ffmpegReader{path: path, stop: stop, buf: make([]byte, 1<<16)}
	r.cmd = exec.CommandContext(ctx, program, "-v", "error", "-nostdin", "-i", "file:"+absolute,
		"-map", fmt.Sprintf("0:a:%d", stream-1), "-c:a", "pcm_f32be", "-f", "au", "-")
	r.cmd.Stderr = &r.said
	if r.out, err = r.cmd.StdoutPipe(); err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := r.head(); err != nil {
		_ = r.out.Close() // so that it ends
		if werr := r.wait(); errors.Is(err, errNothing) && werr != nil {
			err = werr
		}
		return nil, fmt.Errorf("%s: want an audio stream %d, found: %w", path, stream, err)
	}
	return r, nil
}

var errNothing = errors.New("nothing")

// head reads where the sound begins.
func (r *ffmpegReader) head() error {
	var head [auHead]byte
	if _, err := io.ReadFull(r.out, head[:]); err != nil {
		return errNothing
	}
	field := func(i int) uint32 { return binary.BigEndian.Uint32(head[4*i:]) }
	const float32s, longest = 6, 1 << 16 // the encoding; what a comment may take
	offset, rate, channels := field(1), field(4), field(5)
	if string(head[:4]) != ".snd" || offset < auHead || offset > longest || field(3) != float32s || rate < 1 || rate > 768000 || channels < 1 || channels > 64 {
		return fmt.Errorf("a stream that starts with % x", head)
	}
	r.info = audiofile.Info{Format: "ffmpeg", Rate: int(rate), Channels: int(channels), Frames: -1}
	_, err := io.CopyN(io.Discard, r.out, int64(offset-auHead))
	return err
}

func (r *ffmpegReader) Info() audiofile.Info { return r.info }

// Warnings are complete, and there at all, once the stream has ended.
func (r *ffmpegReader) Warnings() []string {
	if r.cmd.ProcessState == nil {
		return nil
	}
	return r.said.lines()
}

func (r *ffmpegReader) Read(dst [][]float32) (int, error) {
	frame := 4 * r.info.Channels
	for r.ended == nil && len(dst[0]) > 0 {
		n, err := r.out.Read(r.buf[r.kept : min(len(r.buf)/frame, len(dst[0]))*frame])
		n += r.kept
		for i := range n / frame {
			for c := range dst {
				dst[c][i] = math.Float32frombits(binary.BigEndian.Uint32(r.buf[i*frame+4*c:]))
			}
		}
		r.kept = copy(r.buf, r.buf[n-n%frame:n])
		r.frames += int64(n / frame)
		switch {
		case errors.Is(err, io.EOF):
			r.info.Frames, r.ended = r.frames, io.EOF
			if err := r.wait(); err != nil {
				r.ended = fmt.Errorf("%s: %w", r.path, err)
			}
		case err != nil:
			r.ended = fmt.Errorf("%s: %w", r.path, err)
		}
		if n >= frame {
			return n / frame, nil
		}
	}
	return 0, r.ended
}

// wait lets the program end and tells, in its words, why it failed if so.
func (r *ffmpegReader) wait() error {
	defer r.stop()
	err := r.cmd.Wait()
	if lines := r.said.lines(); err != nil && len(lines) > 0 {
		return errors.New(lines[len(lines)-1])
	}
	return err
}

// Close ends the program, which may still be at work.
func (r *ffmpegReader) Close() error {
	r.stop()
	if r.cmd.ProcessState == nil {
		_ = r.cmd.Wait() // killed
	}
	if r.ended == nil {
		r.ended = fmt.Errorf("%s: read after it was closed", r.path)
	}
	return nil
}

// complaints keeps the beginning of what a program says.
type complaints struct{ text bytes.Buffer }

func (c *complaints) Write(b []byte) (int, error) {
	c.text.Write(b[:min(len(b), max(0, 1<<12-c.text.Len()))])
	return len(b), nil
}

func (c *complaints) lines() []string {
	return strings.FieldsFunc(c.text.String(), func(r rune) bool { return r == '\n' || r == '\r' })
}
