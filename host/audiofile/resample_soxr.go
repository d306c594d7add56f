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
	soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ | SOXR_LINEAR_PHASE, 0);
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
	if err := e.reset(); err != nil {
		C.resampler_free(e.c)
		return nil, err
	}
	samples := unsafe.Slice((*float32)(e.c.samples), 2*channels*soxrBlock)
	for c := range channels {
		e.in = append(e.in, samples[c*soxrBlock:][:soxrBlock])
		e.out = append(e.out, samples[(channels+c)*soxrBlock:][:soxrBlock])
	}
	e.cleanup = runtime.AddCleanup(e, func(c *C.resampler) { C.resampler_free(c) }, e.c)
	return e, nil
}

func (e *resampleEngine) process(dst, src [][]float32) (consumed, produced int, err error) {
	for produced < len(dst[0]) {
		take, room := 0, min(soxrBlock, len(dst[0])-produced)
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
		if msg := C.resampler_process(e.c, C.size_t(take), C.size_t(room)); msg != nil {
			return consumed, produced, errors.New("audiofile: libsoxr: " + C.GoString(msg))
		}
		taken, made := int(e.c.taken), int(e.c.made)
		for c := range dst {
			copy(dst[c][produced:], e.out[c][:made])
		}
		consumed += taken
		produced += made
		e.pending = made == room
		if take > 0 && taken == 0 && made == 0 {
			return consumed, produced, errors.New("audiofile: libsoxr takes no input")
		}
	}
	runtime.KeepAlive(e)
	return consumed, produced, nil
}

func (e *resampleEngine) reset() error {
	e.pending = false
	msg := C.resampler_reset(e.c)
	runtime.KeepAlive(e)
	if msg != nil {
		return errors.New("libsoxr: " + C.GoString(msg))
	}
	return nil
}

func (e *resampleEngine) close() {
	e.cleanup.Stop()
	C.resampler_free(e.c)
	e.c = nil
}
