package render

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jfreymuth/oggvorbis"
	"github.com/mewkiz/flac"
)

// Rate is the sampling rate of everything this package renders, in Hz.
const Rate = 44100

// maxSeconds bounds what one recording may hold once decoded: the longest material meant for this
// package is a whole song.
const maxSeconds = 20 * 60

// decodeFile reads an Ogg Vorbis, FLAC or WAV file and returns its mono sum at [Rate].
func decodeFile(path string) ([]float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var pcm []float32
	var rate int
	switch strings.ToLower(filepath.Ext(path)) {
	case ".ogg":
		pcm, rate, err = decodeOgg(f)
	case ".flac":
		pcm, rate, err = decodeFLAC(f)
	case ".wav":
		pcm, rate, err = decodeWAV(f)
	default:
		err = errors.New("expected .ogg, .flac or .wav")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return toRate(pcm, rate), nil
}

// toRate resamples from the given rate to [Rate] by cubic interpolation.
func toRate(pcm []float32, rate int) []float32 {
	if rate == Rate {
		return pcm
	}
	step := float64(rate) / Rate
	out := make([]float32, int(float64(len(pcm))/step))
	for i := range out {
		out[i] = cubicAt(pcm, float64(i)*step)
	}
	return out
}

func decodeOgg(r io.Reader) ([]float32, int, error) {
	dec, err := oggvorbis.NewReader(r)
	if err != nil {
		return nil, 0, err
	}
	ch := dec.Channels()
	buf := make([]float32, 8192*ch)
	var out []float32
	for {
		n, err := dec.Read(buf)
		out = appendMono(out, buf[:n], ch)
		if errors.Is(err, io.EOF) || len(out) > maxSeconds*dec.SampleRate() {
			return out, dec.SampleRate(), nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

func appendMono(dst, inter []float32, ch int) []float32 {
	g := 1 / float32(ch)
	for i := 0; i+ch <= len(inter); i += ch {
		var s float32
		for _, v := range inter[i : i+ch] {
			s += v
		}
		dst = append(dst, s*g)
	}
	return dst
}

func decodeFLAC(r io.Reader) ([]float32, int, error) {
	st, err := flac.New(r)
	if err != nil {
		return nil, 0, err
	}
	rate := int(st.Info.SampleRate)
	g := float32(1) / (float32(int64(1)<<(st.Info.BitsPerSample-1)) * float32(st.Info.NChannels))
	var out []float32
	for {
		fr, err := st.ParseNext()
		if errors.Is(err, io.EOF) || len(out) > maxSeconds*rate {
			return out, rate, nil
		}
		if err != nil {
			return nil, 0, err
		}
		for i := range fr.Subframes[0].Samples {
			var s float32
			for _, sub := range fr.Subframes {
				s += float32(sub.Samples[i])
			}
			out = append(out, s*g)
		}
	}
}

// decodeWAV reads integer PCM of 8 to 32 bits and 32-bit float.
func decodeWAV(r io.Reader) ([]float32, int, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, 0, fmt.Errorf("expected a RIFF WAVE header, got %q", head[:])
	}
	var format, ch, bits, rate int
	for {
		var c [8]byte
		if _, err := io.ReadFull(r, c[:]); err != nil {
			return nil, 0, fmt.Errorf("no data chunk: %w", err)
		}
		size := int64(binary.LittleEndian.Uint32(c[4:]))
		switch string(c[:4]) {
		case "fmt ":
			if size < 16 || size > 1024 {
				return nil, 0, fmt.Errorf("fmt chunk of %d bytes", size)
			}
			b := make([]byte, size+size%2)
			if _, err := io.ReadFull(r, b); err != nil {
				return nil, 0, err
			}
			format = int(binary.LittleEndian.Uint16(b))
			ch = int(binary.LittleEndian.Uint16(b[2:]))
			rate = int(binary.LittleEndian.Uint32(b[4:]))
			bits = int(binary.LittleEndian.Uint16(b[14:]))
			if format == 0xFFFE && size >= 26 {
				format = int(binary.LittleEndian.Uint16(b[24:]))
			}
		case "data":
			if ch < 1 || ch > 64 || rate < 1000 || rate > 768000 || bits < 8 || bits > 32 || bits%8 != 0 {
				return nil, 0, fmt.Errorf("unusable WAV format: %d channels, %d Hz, %d bits", ch, rate, bits)
			}
			limit := int64(maxSeconds) * int64(rate) * int64(ch*bits/8)
			data, err := io.ReadAll(io.LimitReader(r, min(size, limit)))
			if err != nil {
				return nil, 0, err
			}
			return wavSamples(data, format, ch, bits), rate, nil
		default:
			if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
				return nil, 0, fmt.Errorf("no data chunk: %w", err)
			}
		}
	}
}

func wavSamples(data []byte, format, ch, bits int) []float32 {
	w := bits / 8
	out := make([]float32, len(data)/(w*ch))
	g := 1 / float32(ch)
	for i := range out {
		var s float32
		for c := range ch {
			b := data[(i*ch+c)*w:]
			switch {
			case format == 3 && w == 4:
				s += floatFromBits(binary.LittleEndian.Uint32(b))
			case w == 1:
				s += (float32(b[0]) - 128) / 128
			default:
				var v int32
				for k := range w {
					v |= int32(b[k]) << (8 * (4 - w + k))
				}
				s += float32(v) / (1 << 31)
			}
		}
		out[i] = s * g
	}
	return out
}

// writeWAV writes x, full scale ±1, as 16-bit mono at [Rate]. The quantisation is dithered with a
// triangular distribution of two steps so that quiet tails do not turn into distortion.
func writeWAV(path string, x []float32, seed uint64) error {
	b := make([]byte, 44+2*len(x))
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*len(x)))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], Rate)
	binary.LittleEndian.PutUint32(b[28:], 2*Rate)
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(2*len(x)))
	state := seed | 1
	for i, v := range x {
		state = state*6364136223846793005 + 1442695040888963407
		d := float32(uint16(state>>33))/65536 - float32(uint16(state>>48))/65536
		q := v*32767 + d
		if v == 0 {
			q = 0
		}
		n := int32(q + 32768.5)
		n = min(max(n, 1), 65535) - 32768
		binary.LittleEndian.PutUint16(b[44+2*i:], uint16(int16(n)))
	}
	return os.WriteFile(path, b, 0o644)
}
