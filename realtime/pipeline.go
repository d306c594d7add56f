package realtime

import (
	"fmt"

	"soloist/stft"
)

// Pipeline is the one path from samples to separated samples: analysis, a FrameSeparator,
// synthesis. It is a Processor; live use, batch and evaluation all run it.
type Pipeline struct {
	pair     stft.Pair
	sep      FrameSeparator
	sources  []string
	channels int
	frames   int // most frames given to the separator at once

	analyzers    []*stft.Analyzer      // [channel]
	synthesizers [][]*stft.Synthesizer // [source][channel]
	mix          Frame                 // [frame·channel][bin]
	parts        []Frame               // [source][frame·channel][bin]
	mixN         Frame                 // the rows in use of mix
	partsN       []Frame               // and of parts

	hop   [][]float32   // [channel], the samples of the hop being filled
	fill  int           // how many of them
	ready [][][]float32 // [source][channel], finished samples not yet given out
	held  int           // how many of them, the same for every source and channel
	delay []delayLine   // [channel], the input delayed by Latency, for the remainder
}

// NewPipeline returns a pipeline for so many channels. frames is how many frames at most go through
// the separator in one call: 1 for live use, more where long blocks are processed and
// throughput counts; the output is the same, bit for bit.
func NewPipeline(pair stft.Pair, sep FrameSeparator, channels, frames int) (*Pipeline, error) {
	if err := pair.Check(); err != nil {
		return nil, err
	}
	if channels < 1 || frames < 1 {
		return nil, fmt.Errorf("realtime: a pipeline of %d channels and %d frames", channels, frames)
	}
	p := &Pipeline{
		pair: pair, sep: sep, sources: sep.Sources(), channels: channels, frames: frames,
		hop: planes(channels, pair.H), mix: spectra(frames*channels, pair.Bins()),
	}
	for range channels {
		p.analyzers = append(p.analyzers, stft.NewAnalyzer(pair))
		p.delay = append(p.delay, delayLine{samples: make([]float32, p.Latency())})
	}
	for range p.sources {
		var syn []*stft.Synthesizer
		for range channels {
			syn = append(syn, stft.NewSynthesizer(pair))
		}
		p.synthesizers = append(p.synthesizers, syn)
		p.parts = append(p.parts, spectra(frames*channels, pair.Bins()))
		p.ready = append(p.ready, planes(channels, (frames+1)*pair.H))
	}
	p.partsN = make([]Frame, len(p.parts))
	p.Reset()
	return p, nil
}

// Sources names the outputs, in order.
func (p *Pipeline) Sources() []string { return p.sources }

// Latency is that of the transform and of the separator's look-ahead, in samples.
func (p *Pipeline) Latency() int { return p.pair.Latency() + p.sep.Lookahead()*p.pair.H }

// Reset forgets the past, the separator's too.
func (p *Pipeline) Reset() {
	p.sep.Reset()
	for c := range p.channels {
		p.analyzers[c].Reset()
		p.delay[c].reset()
		for s := range p.sources {
			p.synthesizers[s][c].Reset()
			clear(p.ready[s][c])
		}
	}
	// One hop of silence stands ready, since a hop is complete only when it has been read whole.
	p.fill, p.held = 0, p.pair.H
}

// Process implements Processor. It panics where the shapes of in and out do not match the pipeline.
func (p *Pipeline) Process(out []Block, in Block) {
	if len(in) != p.channels || len(out) < len(p.sources) || len(out) > len(p.sources)+1 {
		panic("realtime: Process wants a block for every channel, source and, if at all, one remainder")
	}
	total := len(in[0])
	for done := 0; done < total; {
		// Never more than p.frames hops become complete at a time.
		n := min(total-done, p.frames*p.pair.H-p.fill)
		p.read(in, done, n)
		p.give(out, done, n)
		if len(out) > len(p.sources) {
			p.remainder(out, in, done, n)
		} else {
			for c := range p.channels {
				p.delay[c].pass(nil, in[c][done:done+n])
			}
		}
		done += n
	}
}

// read takes in n samples from offset at and separates the frames that they complete.
func (p *Pipeline) read(in Block, at, n int) {
	h, frames := p.pair.H, 0
	for n > 0 {
		m := min(n, h-p.fill)
		for c := range p.channels {
			copy(p.hop[c][p.fill:], in[c][at:at+m])
		}
		p.fill, at, n = p.fill+m, at+m, n-m
		if p.fill < h {
			break
		}
		p.fill = 0
		for c := range p.channels {
			p.analyzers[c].Analyze(p.mix[frames*p.channels+c], p.hop[c])
		}
		frames++
	}
	if frames == 0 {
		return
	}
	rows := frames * p.channels
	p.mixN = p.mix[:rows]
	for s := range p.parts {
		p.partsN[s] = p.parts[s][:rows]
	}
	p.sep.Separate(p.partsN, p.mixN)
	for s := range p.parts {
		for c := range p.channels {
			for f := range frames {
				at := p.held + f*h
				p.synthesizers[s][c].Synthesize(p.ready[s][c][at:at+h], p.parts[s][f*p.channels+c])
			}
		}
	}
	p.held += frames * h
}

// give hands out the n oldest finished samples.
func (p *Pipeline) give(out []Block, at, n int) {
	for s := range p.sources {
		for c := range p.channels {
			r := p.ready[s][c]
			copy(out[s][c][at:at+n], r)
			copy(r, r[n:p.held])
		}
	}
	p.held -= n
}

func (p *Pipeline) remainder(out []Block, in Block, at, n int) {
	for c := range p.channels {
		rest := out[len(p.sources)][c][at : at+n]
		p.delay[c].pass(rest, in[c][at:at+n])
		for s := range p.sources {
			for i, v := range out[s][c][at : at+n] {
				rest[i] -= v
			}
		}
	}
}

// delayLine holds the last len(samples) samples of a stream; the oldest is samples[head].
type delayLine struct {
	samples []float32
	head    int
}

func (d *delayLine) reset() {
	clear(d.samples)
	d.head = 0
}

// pass takes in src and, unless dst is nil, writes to it what entered len(d.samples) samples before.
func (d *delayLine) pass(dst, src []float32) {
	for i, v := range src {
		if dst != nil {
			dst[i] = d.samples[d.head]
		}
		d.samples[d.head] = v
		if d.head++; d.head == len(d.samples) {
			d.head = 0
		}
	}
}

func planes(channels, n int) [][]float32 {
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, n)
	}
	return x
}

func spectra(rows, bins int) Frame {
	x := make(Frame, rows)
	for r := range x {
		x[r] = make([]complex64, bins)
	}
	return x
}
