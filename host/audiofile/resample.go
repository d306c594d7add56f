package audiofile

import (
	"errors"
	"fmt"
)

const (
	maxResampleRate  = 768000 // Hz
	maxResampleRatio = 256    // between the higher rate and the lower
)

var (
	errResamplerClosed  = errors.New("audiofile: the resampler is closed")
	errResamplerFlushed = errors.New("audiofile: input to a flushed resampler that was not reset")
	errResamplerShape   = errors.New("audiofile: resampling wants a slice for every channel, all of one length")
)

// Resampler converts a stream from one sampling rate to another with a linear-phase low-pass filter
// in front of half the lower rate: flat up to 0.9 of that, at least 100 dB down from there on.
//
// Sample k of the output is the input at the time k/outRate seconds: the filter's delay is already
// taken off, both at the start and, through Flush, at the end. What comes out does not depend on
// the sizes of the blocks. Samples are not limited to ±1.
//
// A Resampler is for one goroutine at a time.
type Resampler struct {
	channels        int
	inRate, outRate int64 // Hz
	in, out         int64 // samples a channel since the start, without the silence of Flush
	flushing        bool
	closed          bool
	engine          *resampleEngine // nil where the rates are equal
	silence         [][]float32     // what Flush feeds
	free            [][]float32     // scratch for Flush
}

// NewResampler returns a converter of channels from inRate to outRate, both in Hz and at most
// 768000, neither more than 256 times the other.
func NewResampler(channels, inRate, outRate int) (*Resampler, error) {
	switch {
	case channels < 1:
		return nil, fmt.Errorf("audiofile: resampling %d channels", channels)
	case inRate < 1 || inRate > maxResampleRate || outRate < 1 || outRate > maxResampleRate:
		return nil, fmt.Errorf("audiofile: resampling from %d to %d Hz: rates must be 1 to %d Hz", inRate, outRate, maxResampleRate)
	case max(inRate, outRate) > maxResampleRatio*min(inRate, outRate):
		return nil, fmt.Errorf("audiofile: resampling from %d to %d Hz: the rates differ by more than a factor of %d", inRate, outRate, maxResampleRatio)
	}
	r := &Resampler{channels: channels, inRate: int64(inRate), outRate: int64(outRate)}
	if inRate == outRate {
		return r, nil
	}
	var err error
	if r.engine, err = newResampleEngine(channels, inRate, outRate); err != nil {
		return nil, fmt.Errorf("audiofile: resampling from %d to %d Hz: %w", inRate, outRate, err)
	}
	zeros := make([]float32, 1024)
	for range channels {
		r.silence = append(r.silence, zeros)
	}
	r.free = make([][]float32, channels)
	return r, nil
}

// Process takes the next samples from src[channel][sample] and writes what is ready to
// dst[channel][sample], and returns how many samples a channel it took and wrote. It stops only when
// dst is full or src is used up, so what is left of src has to be passed again and, where dst was
// filled, more output may be ready even without input. dst and src must not overlap.
func (r *Resampler) Process(dst, src [][]float32) (consumed, produced int, err error) {
	switch {
	case r.closed:
		return 0, 0, errResamplerClosed
	case r.flushing:
		return 0, 0, errResamplerFlushed
	case !r.fits(dst) || !r.fits(src):
		return 0, 0, errResamplerShape
	}
	if r.engine == nil {
		consumed = min(len(dst[0]), len(src[0]))
		for c := range dst {
			copy(dst[c], src[c][:consumed])
		}
		produced = consumed
	} else {
		consumed, produced, err = r.engine.process(dst, src)
	}
	r.in += int64(consumed)
	r.out += int64(produced)
	return consumed, produced, wrapResample(err)
}

// Flush ends the input and writes to dst the samples that are still owed, as many as fit, and
// returns how many a channel. It is to be called until it returns 0. In all, n samples of input
// give n·outRate/inRate of output, rounded to nearest and half upwards. After it, only Reset allows more input.
func (r *Resampler) Flush(dst [][]float32) (produced int, err error) {
	switch {
	case r.closed:
		return 0, errResamplerClosed
	case !r.fits(dst):
		return 0, errResamplerShape
	}
	r.flushing = true
	want := min(r.Delay(), len(dst[0]))
	for produced < want {
		for c := range dst {
			r.free[c] = dst[c][produced:want]
		}
		_, n, err := r.engine.process(r.free, r.silence)
		produced += n
		r.out += int64(n)
		if err != nil {
			return produced, wrapResample(err)
		}
	}
	return produced, nil
}

// Delay is the number of output samples a channel that are owed for the input taken so far, which
// is what Flush would write now. It is not a shift of the output in time: there is none. It varies
// from call to call, as filters work on blocks; 0 if the rates are equal.
func (r *Resampler) Delay() int {
	return int((2*r.in*r.outRate+r.inRate)/(2*r.inRate) - r.out)
}

// Reset makes the Resampler as new, for another stream.
func (r *Resampler) Reset() error {
	if r.closed {
		return errResamplerClosed
	}
	r.in, r.out, r.flushing = 0, 0, false
	if r.engine == nil {
		return nil
	}
	return wrapResample(r.engine.reset())
}

// Close frees what the Resampler holds. It may be called more than once. One that is no longer
// reachable is freed without it, at some time.
func (r *Resampler) Close() {
	if !r.closed && r.engine != nil {
		r.engine.close()
	}
	r.closed = true
}

func wrapResample(err error) error {
	if err != nil {
		return fmt.Errorf("audiofile: resampling: %w", err)
	}
	return nil
}

func (r *Resampler) fits(x [][]float32) bool {
	if len(x) != r.channels {
		return false
	}
	for _, ch := range x {
		if len(ch) != len(x[0]) {
			return false
		}
	}
	return true
}

// commonRate is the highest that both are multiples of.
func commonRate(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
