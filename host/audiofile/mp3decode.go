package audiofile

import (
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

func (m *mp3Reader) Read(dst [][]float32) (n int, err error) {
	if len(dst) != m.info.Channels {
		panic(fmt.Sprintf("audiofile: Read into %d channels of %d", len(dst), m.info.Channels))
	}
	want := len(dst[0])
	for n < want && m.fill() {
		k := want - n
		if m.silence > 0 {
			k = int(min(int64(k), m.silence))
			for c := range dst {
				clear(dst[c][n : n+k])
			}
			m.silence -= int64(k)
		} else {
			k = min(k, len(m.have)/4)
			m.conv(dst, n, m.have[:4*k])
			m.have = m.have[4*k:]
		}
		n += k
		m.given += int64(k)
	}
	if n > 0 || want == 0 {
		return n, nil
	}
	return 0, m.fail
}

// fill sees to it that there is something to give out. At the end it returns false, and fail
// says how it ended.
func (m *mp3Reader) fill() bool {
	for len(m.have) == 0 && (m.silence == 0 || !m.sound) { // silence waits for the first sound
		if m.fail != nil {
			return false
		}
		if !m.loaded {
			m.loaded = m.readFrame(m.cur)
		}
		if !m.loaded {
			if !m.flush() && m.fail == nil {
				m.finish()
			}
			continue
		}
		if m.x.frames > 0 && !m.x.vbri && m.index == m.x.frames {
			m.overrun = true
			m.warn("more frames follow the %d that the header tells", m.x.frames)
		}
		next := m.next
		if !m.readFrame(next) {
			next = nil
		}
		m.decode(next)
		m.cur, m.next, m.loaded = m.next, m.cur, next != nil
	}
	return true
}

// readFrame reads the next frame into f, and returns false at the end.
func (m *mp3Reader) readFrame(f *mp3Frame) bool {
	for !m.ended {
		b, err := m.br.Peek(10)
		if err != nil && err != io.EOF {
			return m.stop(err)
		}
		if len(b) == 0 {
			break
		}
		if len(b) == 10 && string(b[:3]) == "ID3" { // files were joined
			m.discard(10 + synchsafe(b[6:]))
			continue
		}
		h, ok := parseMP3Header(b)
		if !ok || (h^m.first)&mp3Same != 0 || h.free() {
			at := m.pos
			h, skipped, err := m.sync(m.first, 0)
			if err != nil {
				return m.stop(err)
			}
			if h == 0 {
				m.warn("%d bytes at %d, after the last frame, are not audio", skipped, at)
				break
			}
			m.warn("%d bytes at %d, between frames, are not audio", skipped, at)
			m.res.n = 0 // what comes refers to data that were lost
			continue
		}
		b, err = m.br.Peek(h.size())
		if err != nil && err != io.EOF {
			return m.stop(err)
		}
		f.load(h, b, &m.res)
		switch {
		case len(b) < h.size():
			m.incomplete = fmt.Sprintf("the last frame has %d of %d bytes", len(b), h.size())
			m.ended = true
			if f.silent {
				return false
			}
		case f.silent && f.why == mp3Gap:
			m.lacking++
		case f.silent:
			m.bad++
		}
		m.discard(len(b))
		return true
	}
	m.ended = true
	return false
}

func (m *mp3Reader) stop(err error) bool {
	m.ended, m.fail = true, fileError(m.name, err)
	return false
}

// decode makes have from cur.
func (m *mp3Reader) decode(next *mp3Frame) {
	if m.dec == nil {
		m.begin = 0 // a new decoder has nothing from before
	}
	m.feed.rest, m.begin = m.cur.build(m.feed.buf, m.begin, next)
	spf := m.first.samples()
	from, to := m.keep(m.index, spf)
	m.index++
	if m.cur.silent && m.dec == nil {
		m.silence += int64(to - from)
		return
	}
	if err := m.run(m.pcm[:4*spf]); err != nil {
		m.dec = nil
		m.bad++
		m.silence += int64(to - from)
		return
	}
	m.sound = true
	m.have = m.pcm[4*from : 4*to]
}

// run decodes the frame in feed into pcm.
func (m *mp3Reader) run(pcm []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(oneLine(p)) // go-mp3 panics on some frames
		}
	}()
	if m.dec == nil {
		if m.dec, err = mp3.NewDecoder(&m.feed); err != nil {
			return err
		}
	}
	_, err = io.ReadFull(m.dec, pcm)
	return err
}

// keep tells which samples of frame i are to be given out.
func (m *mp3Reader) keep(i int64, spf int) (from, to int) {
	at, n := i*int64(spf), int64(spf)
	a, b := min(max(m.start-at, 0), n), n
	if m.end >= 0 && !m.overrun {
		b = min(max(m.end-at, a), n)
	}
	return int(a), int(b)
}

// flush gets the last samples out of the filter bank where the padding is shorter than its delay.
func (m *mp3Reader) flush() bool {
	if m.fail != nil || m.flushed || m.overrun || m.dec == nil || m.index != m.x.frames ||
		m.end <= m.index*int64(m.first.samples()) {
		return false
	}
	m.flushed = true
	m.cur.mute(m.first, "")
	m.decode(nil)
	return true
}

// finish notes how the stream ended.
func (m *mp3Reader) finish() {
	if !m.sound {
		m.fail = fmt.Errorf("%s: %w", m.name, errNoSound)
		return
	}
	m.fail = io.EOF
	m.info.Frames = m.given
	if m.lacking > 0 {
		m.warn("%d frames refer to data that are not there: silent", m.lacking)
	}
	if m.bad > 0 {
		m.warn("%d frames are damaged: silent", m.bad)
	}
	switch {
	case m.total > m.given && m.incomplete != "":
		m.warn("truncated: %d of %d samples (%s)", m.given, m.total, m.incomplete)
	case m.total > m.given:
		m.warn("truncated: %d of %d samples", m.given, m.total)
	case m.x.vbri && m.index+1 < m.x.frames: // the count may include the header's own frame
		m.warn("truncated: %d of about %d samples", m.given, m.x.frames*int64(m.first.samples()))
	case m.incomplete != "" && !m.overrun && m.total < 0:
		m.warn("truncated: %d of at least %d samples (%s)", m.given, (m.index+1)*int64(m.first.samples()), m.incomplete)
	}
}
