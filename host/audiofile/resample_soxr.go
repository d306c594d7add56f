//go:build cgo && !nosoxr

package audiofile

/*
#cgo pkg-config: soxr
#include <soxr.h>
#include <stdlib.h>

typedef struct {
	soxr_t soxr;
	double in_rate, out_rate;
	unsigned channels;
	float *samples;     // in, then out: channels of block samples each
	void **in, **out;   // their channels
	size_t taken, made; // by the last call
} resampler;

static char const *resampler_reset(resampler *r) {
	soxr_error_t err = 0;
	soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_S);
	soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ | SOXR_LINEAR_PHASE, SOXR_ROLLOFF_NONE | SOXR_HI_PREC_CLOCK);
	soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
	soxr_delete(r->soxr);
	r->soxr = soxr_create(r->in_rate, r->out_rate, r->channels, &err, &io, &quality, &runtime);
	return err;
}

static void resampler_free(resampler *r) {
	soxr_delete(r->soxr);
	free(r->samples);
	free(r->in);
	free(r->out);
	free(r);
}

static resampler *resampler_new(double in_rate, double out_rate, unsigned channels, size_t block) {
	resampler *r = calloc(1, sizeof *r);
	if (!r) return 0;
	r->in_rate = in_rate;
	r->out_rate = out_rate;
	r->channels = channels;
	r->samples = calloc(channels, 2 * block * sizeof *r->samples);
	r->in = calloc(channels, sizeof *r->in);
	r->out = calloc(channels, sizeof *r->out);
	if (!r->samples || !r->in || !r->out) {
		resampler_free(r);
		return 0;
	}
	for (size_t c = 0; c < channels; c++) {
		r->in[c] = r->samples + c * block;
		r->out[c] = r->samples + (channels + c) * block;
	}
	return r;
}

static char const *resampler_process(resampler *r, size_t take, size_t make) {
	return soxr_process(r->soxr, r->in, take, &r->taken, r->out, make, &r->made);
}
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"
)

// soxrBlock is the number of samples a channel that one call of the library takes or gives.
const soxrBlock = 2048

// resampleEngine is libsoxr at its very high quality: 28 bits, flat up to 0.913 of half the lower rate.
type resampleEngine struct {
	c       *C.resampler
	in, out [][]float32 // the library's side of the copies, memory of C
	pending bool        // more output may be ready
	prime   int         // samples of silence put before the stream
	primed  int         // samples of output that they make
	skip    int         // those yet to be dropped
	cleanup runtime.Cleanup
}

func newResampleEngine(channels, inRate, outRate int) (*resampleEngine, error) {
	const most = 65536 // far above what files have, for a C unsigned
	if channels > most {
		return nil, errors.New("too many channels")
	}
	e := &resampleEngine{c: C.resampler_new(C.double(inRate), C.double(outRate), C.unsigned(channels), soxrBlock)}
	if e.c == nil {
		return nil, errors.New("out of memory")
	}
	samples := unsafe.Slice((*float32)(e.c.samples), 2*channels*soxrBlock)
	for c := range channels {
		e.in = append(e.in, samples[c*soxrBlock:][:soxrBlock])
		e.out = append(e.out, samples[(channels+c)*soxrBlock:][:soxrBlock])
	}
	// The library's filters start abruptly: without silence before it, what the first samples ring
	// before the start is lost to the later stages. The silence makes a whole number of output samples.
	up, down := outRate/commonRate(inRate, outRate), inRate/commonRate(inRate, outRate)
	times := (1024*max(1, inRate/outRate) + down - 1) / down
	e.prime, e.primed = times*down, times*up
	if err := e.reset(); err != nil {
		C.resampler_free(e.c)
		return nil, err
	}
	e.cleanup = runtime.AddCleanup(e, func(c *C.resampler) { C.resampler_free(c) }, e.c)
	return e, nil
}

func (e *resampleEngine) process(dst, src [][]float32) (consumed, produced int, err error) {
	for produced < len(dst[0]) {
		take, room := 0, min(soxrBlock, len(dst[0])-produced)
		if e.skip > 0 {
			room = min(soxrBlock, e.skip)
		}
		// Input goes in only when nothing is ready, or the library would queue what does not fit.
		if !e.pending {
			take = min(soxrBlock, len(src[0])-consumed)
			if take == 0 {
				break
			}
		}
		for c := range src {
			copy(e.in[c][:take], src[c][consumed:])
		}
		taken, made, err := e.call(take, room)
		if err != nil {
			return consumed, produced, err
		}
		consumed += taken
		if e.skip > 0 {
			e.skip -= made
			continue
		}
		for c := range dst {
			copy(dst[c][produced:], e.out[c][:made])
		}
		produced += made
	}
	return consumed, produced, nil
}

// call passes take samples of e.in and gets up to room of them in e.out.
func (e *resampleEngine) call(take, room int) (taken, made int, err error) {
	msg := C.resampler_process(e.c, C.size_t(take), C.size_t(room))
	taken, made = int(e.c.taken), int(e.c.made)
	runtime.KeepAlive(e)
	if msg != nil {
		return 0, 0, errors.New("libsoxr: " + C.GoString(msg))
	}
	if take > 0 && taken == 0 && made == 0 {
		return 0, 0, errors.New("libsoxr takes no input")
	}
	e.pending = made == room
	return taken, made, nil
}

func (e *resampleEngine) reset() error {
	msg := C.resampler_reset(e.c)
	runtime.KeepAlive(e)
	if msg != nil {
		return errors.New("libsoxr: " + C.GoString(msg))
	}
	for c := range e.in {
		clear(e.in[c])
	}
	e.pending, e.skip = false, e.primed
	for fed := 0; fed < e.prime || e.pending && e.skip > 0; {
		take := 0
		if !e.pending {
			take = min(soxrBlock, e.prime-fed)
		}
		taken, made, err := e.call(take, min(soxrBlock, e.skip))
		if err != nil {
			return err
		}
		fed += taken
		e.skip -= made
	}
	return nil
}

func (e *resampleEngine) close() {
	e.cleanup.Stop()
	C.resampler_free(e.c)
	e.c = nil
}
