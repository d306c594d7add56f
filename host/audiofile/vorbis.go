package audiofile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jfreymuth/vorbis"
)

// vorbisReader reads Ogg Vorbis. The pages it takes apart itself, so that damage and what is claimed in
// headers are its own to judge; packets are decoded by the library.
type vorbisReader struct {
	name     string
	ogg      oggReader
	dec      *vorbis.Decoder
	info     Info
	serial   uint32
	sequence uint32
	rest     []byte // of a packet that goes on in the next page
	opened   bool   // a stream is in progress
	started  bool   // its offset is known

	offset int64 // of the granule positions, in samples
	pos    int64 // samples decoded of the stream in progress
	done   int64 // samples of the streams before
	gap    bool  // something is missing since the last page

	out      []float32 // interleaved, of one packet
	pending  []float32 // interleaved, decoded but not yet delivered
	at       int       // how much of pending is delivered
	silence  int64     // samples a channel to deliver before pending
	lost     int
	warnings []string
	err      error
}

const (
	maxVorbisPending = 16 << 20 // samples that the packets of a page may decode to
	maxVorbisGap     = 1 << 22  // samples of silence in place of what is lost
)

func newVorbis(name string, r io.ReadSeeker, size int64) (Reader, error) {
	v := &vorbisReader{name: name, ogg: oggReader{r: r, size: size}, info: Info{Format: "ogg", Frames: -1}}
	last, err := v.lastPage(r, size)
	if err != nil {
		return nil, fileError(name, err)
	}
	// The first samples are decoded now: only then is the file known to be sound, and its offset.
	for v.dec == nil || !v.started && len(v.pending) == 0 {
		if err := v.page(); err == io.EOF {
			if v.dec == nil {
				return nil, fmt.Errorf("%s: Ogg Vorbis cut short within its headers", name)
			}
			v.err = io.EOF
			v.end()
			break
		} else if err != nil {
			return nil, err
		}
	}
	if v.err == nil && last.serial == v.serial && last.granule-v.offset > 0 && last.granule < 1<<48 {
		v.info.Frames = last.granule - v.offset
	}
	return v, nil
}

// lastPage finds the last page of the file with a position.
func (v *vorbisReader) lastPage(r io.ReadSeeker, size int64) (oggPage, error) {
	end := oggReader{r: r, size: size, pos: max(0, size-2*maxOggPage)}
	last := oggPage{granule: -1}
	for {
		p, err := end.next()
		if err == io.EOF {
			return last, nil
		} else if err != nil {
			return last, err
		}
		if p.granule >= 0 {
			last = oggPage{granule: p.granule, serial: p.serial}
		}
	}
}

func (v *vorbisReader) Info() Info         { return v.info }
func (v *vorbisReader) Warnings() []string { return v.warnings }
func (v *vorbisReader) Close() error       { return nil }

func (v *vorbisReader) Read(dst [][]float32) (int, error) {
	if len(dst) != v.info.Channels {
		return 0, fmt.Errorf("%s: read into %d channels, but the file has %d", v.name, len(dst), v.info.Channels)
	}
	n := 0
	for n < len(dst[0]) {
		left := (len(v.pending) - v.at) / len(dst)
		switch {
		case v.silence > 0:
			m := int(min(v.silence, int64(len(dst[0])-n)))
			for c := range dst {
				clear(dst[c][n : n+m])
			}
			v.silence -= int64(m)
			n += m
		case left > 0:
			m := min(left, len(dst[0])-n)
			for c := range dst {
				x, at := dst[c][n:n+m], v.at+c
				for i := range x {
					x[i] = v.pending[at]
					at += len(dst)
				}
			}
			v.at += m * len(dst)
			n += m
		case v.err != nil:
			if n > 0 {
				return n, nil
			}
			return 0, v.err
		default:
			if v.err = v.page(); v.err == io.EOF {
				v.end()
			}
		}
	}
	return n, nil
}

func (v *vorbisReader) end() {
	if v.lost > 8 {
		v.warn("damaged in %d places altogether", v.lost)
	}
	if v.opened {
		v.warn("cut short: it ends after %d samples, without the mark of its end", v.done+v.pos)
	}
	v.info.Frames = v.done + v.pos
}

func (v *vorbisReader) warn(format string, a ...any) {
	v.warnings = append(v.warnings, v.name+": "+fmt.Sprintf(format, a...))
}

// damage notes that something is missing here.
func (v *vorbisReader) damage(what string) {
	if v.gap {
		return
	}
	v.gap = true
	if v.lost++; v.lost <= 8 {
		v.warn("damaged after %d samples: %s", v.done+v.pos, what)
	}
	if v.dec != nil {
		v.dec.Clear()
	}
}

// page decodes what the next page holds.
func (v *vorbisReader) page() error {
	v.pending, v.at = v.pending[:0], 0
	p, err := v.ogg.next()
	if err == io.EOF {
		return io.EOF
	} else if err != nil {
		return fileError(v.name, err)
	}
	if !v.opened {
		// Between streams, of which most files have one, only the start of a Vorbis stream matters.
		if packets, _ := p.packets(nil); p.first && len(packets) > 0 && vorbisHeader(packets[0], 1) {
			return v.open(p)
		}
		return nil
	}
	if p.serial != v.serial {
		return nil
	}
	if p.sequence != v.sequence+1 || p.skipped > 0 {
		v.damage("pages are missing or not whole")
		v.rest = nil
	}
	v.sequence = p.sequence
	packets, rest := p.packets(v.rest)
	v.rest = rest
	for _, b := range packets {
		v.packet(b)
		if len(v.pending) > maxVorbisPending {
			return fmt.Errorf("%s: Ogg Vorbis with a page that is too long", v.name)
		}
	}
	v.settle(p)
	return nil
}

// vorbisHeader says whether b is a header of the given kind.
func vorbisHeader(b []byte, kind byte) bool {
	return len(b) >= 7 && b[0] == kind && string(b[1:7]) == "vorbis"
}

// open reads the headers of the stream that starts with p.
func (v *vorbisReader) open(p *oggPage) error {
	v.serial, v.sequence, v.rest = p.serial, p.sequence, nil
	var heads [][]byte
	var later [][]byte
	for {
		packets, rest := p.packets(v.rest)
		v.rest = rest
		for _, b := range packets {
			if len(heads) < 3 {
				heads = append(heads, append([]byte(nil), b...))
			} else {
				later = append(later, append([]byte(nil), b...))
			}
		}
		if len(heads) == 3 {
			break
		}
		for {
			var err error
			if p, err = v.ogg.next(); err == io.EOF {
				return fmt.Errorf("%s: Ogg Vorbis cut short within its headers", v.name)
			} else if err != nil {
				return fileError(v.name, err)
			}
			if p.serial == v.serial {
				break
			}
		}
		v.sequence = p.sequence
	}
	if err := v.headers(heads); err != nil {
		return err
	}
	v.opened, v.started, v.gap, v.offset, v.pos = true, false, false, 0, 0
	for _, b := range later {
		v.packet(b)
	}
	if len(later) > 0 {
		v.settle(p)
	}
	return nil
}

// headers takes the three packets that a stream starts with.
func (v *vorbisReader) headers(h [][]byte) (err error) {
	bad := func(why any) error {
		return fmt.Errorf("%s: Ogg Vorbis with damaged headers: %s", v.name, oneLine(why))
	}
	defer func() {
		if p := recover(); p != nil {
			err = bad(p)
		}
	}()
	if !vorbisHeader(h[0], 1) || !vorbisHeader(h[1], 3) || !vorbisHeader(h[2], 5) || len(h[0]) < 30 {
		return bad("they are not the three expected ones")
	}
	id := h[0][7:]
	channels, rate := int(id[4]), int64(binary.LittleEndian.Uint32(id[5:]))
	short, long := id[21]&15, id[21]>>4
	switch {
	case channels < 1 || channels > 64:
		return fmt.Errorf("%s: Ogg Vorbis of %d channels: expected 1 to 64", v.name, channels)
	case rate < 1 || rate > maxRate:
		return fmt.Errorf("%s: Ogg Vorbis with a rate of %d Hz: expected 1 to %d", v.name, rate, maxRate)
	case short < 6 || long < short || long > 13:
		return bad("impossible sizes of blocks")
	case v.info.Channels != 0 && (channels != v.info.Channels || int(rate) != v.info.Rate):
		return fmt.Errorf("%s: Ogg Vorbis whose parts differ: %d channels at %d Hz, then %d at %d Hz", v.name, v.info.Channels, v.info.Rate, channels, rate)
	}
	if err := checkSetup(h[2]); err != nil {
		return bad(err)
	}
	h[2] = mendFloors(h[2])
	dec := new(vorbis.Decoder)
	for _, i := range [...]int{0, 2} { // the comments are read here
		if err := dec.ReadHeader(h[i]); err != nil {
			return bad(err)
		}
	}
	v.info.Channels, v.info.Rate = channels, int(rate)
	if v.info.Tags == nil {
		v.info.Tags = addComments(nil, h[1][7:])
	}
	v.dec, v.out = dec, make([]float32, dec.BufferSize())
	return nil
}

// packet decodes b to the end of pending.
func (v *vorbisReader) packet(b []byte) {
	if len(b) == 0 || b[0]&1 != 0 {
		return // not audio
	}
	x, err := v.decode(b)
	if err != nil {
		v.damage(oneLine(err))
		return
	}
	finite(x)
	v.pending = append(v.pending, x...)
	v.pos += int64(len(x) / v.info.Channels)
}

func (v *vorbisReader) decode(b []byte) (x []float32, err error) {
	defer func() {
		if p := recover(); p != nil {
			x, err = nil, errors.New("a packet that cannot be decoded")
		}
	}()
	return v.dec.DecodeInto(b, v.out)
}

// settle compares what has been decoded with the position that the page p tells.
func (v *vorbisReader) settle(p *oggPage) {
	if p.granule >= 0 {
		have := int64(len(v.pending) / v.info.Channels)
		extra := v.offset + v.pos - p.granule // samples too many
		switch {
		case !v.started && !p.last:
			// The stream may start late, or within its first block.
			v.offset = p.granule - v.pos
			if n := min(extra, have); n > 0 {
				v.pending = v.pending[n*int64(v.info.Channels):]
				v.pos -= n
				v.offset = p.granule - v.pos
			}
		case p.last && extra > 0:
			n := min(extra, have)
			v.pending = v.pending[:(have-n)*int64(v.info.Channels)]
			v.pos -= n
		case v.gap && extra < 0 && -extra <= maxVorbisGap:
			v.silence = -extra
			v.pos -= extra
		}
		v.started, v.gap = true, false
	}
	if p.last {
		v.opened = false
		v.done += v.pos
		v.pos = 0
	}
}
