package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"soloist/realtime"
)

// Batch separates whole streams.
type Batch struct {
	// New returns a processor for so many channels.
	New func(channels int) (realtime.Processor, error)
	// Rate is the sampling rate in Hz that the processor works at, 0 if it works at any. A stream of
	// another rate is converted for the processor, and what comes out is converted back.
	Rate int
	// Sources names the processor's outputs to write. What its others hold stays in the remainder.
	Sources []string
	// Bits is the integer format that the sinks store, 16 or 24, or 0 for floating point.
	Bits int
	// Dither adds noise of triangular density, two steps of the integer format wide, before rounding to it.
	Dither bool
	// Block is how many samples a channel are handled at once, 0 for a good number. The output does not depend on it.
	Block int
	// Jobs is how many goroutines separate at once, each with channels of its own, which
	// is right where the processor treats channels independently. The output does not depend on it.
	Jobs int
}

// defaultBlock is the samples in a block: 64 hops of 256, enough for matrix products to run at full
// speed and little enough to stay in the second-level cache.
const defaultBlock = 16384

// inFlight is the number of blocks that decoding, separation and encoding pass round: one in work at
// each stage and one waiting between each two.
const inFlight = 5

// Stats tells what a run did.
type Stats struct {
	Frames  int64            // samples a channel
	Clipped map[string]int64 // samples limited to the integer format, by output, where any were
	Busy    Busy
	Wall    time.Duration
}

// Busy is the time that each stage worked, which overlaps with the others'.
type Busy struct {
	Decode   time.Duration `json:"decode"`
	Resample time.Duration `json:"resample"`
	Separate time.Duration `json:"separate"`
	Encode   time.Duration `json:"encode"`
}

// Remainder is the name of the output that holds what no source took.
const Remainder = "remainder"

// Outputs names what Run writes: the sources, and the remainder.
func (b *Batch) Outputs() []string { return append(slices.Clone(b.Sources), Remainder) }

// block is the unit that the stages pass on.
type block struct {
	mix   [][]float32   // [channel][sample]
	stems [][][]float32 // [source][channel][sample], aligned with mix
}

// Run reads src to its end and writes every output to its sink: those that Outputs names, in that
// order. Stems and remainder add up to the input: exactly in an integer format that can hold the
// input's samples, else to half a step of it (one and a half with Dither), except where a sample is clipped.
// progress, if not nil, is told the number of samples written so far.
func (b *Batch) Run(ctx context.Context, src Source, sinks []Sink, progress func(frames int64)) (Stats, error) {
	start := time.Now()
	sep, err := b.newSeparation(src.Info().Rate, src.Info().Channels)
	if err != nil {
		return Stats{}, err
	}
	defer sep.close()
	if len(sinks) != len(b.Sources)+1 {
		panic("host: Run wants a sink for every output")
	}
	size := b.Block
	if size <= 0 {
		size = defaultBlock
	}
	channels := src.Info().Channels
	free := make(chan *block, inFlight)
	for range inFlight {
		bl := &block{mix: make([][]float32, channels), stems: make([][][]float32, len(sinks)-1)}
		for s := range bl.stems {
			bl.stems[s] = make([][]float32, channels)
		}
		free <- bl
	}
	decoded, separated := make(chan *block, 1), make(chan *block, 1)
	var decode, encode time.Duration
	enc := newEncoder(b, channels, sinks)
	var frames int64

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(decoded)
		for {
			bl, err := receive(ctx, free)
			if err != nil {
				return err
			}
			t := time.Now()
			n, err := fill(bl, src, size)
			decode += time.Since(t)
			if err != nil {
				return err
			}
			if n == 0 {
				free <- bl
				return nil
			}
			if err := send(ctx, decoded, bl); err != nil {
				return err
			}
			if n < size {
				return nil
			}
		}
	})
	group.Go(func() error {
		defer close(separated)
		for bl := range decoded {
			if err := sep.push(bl.mix); err != nil {
				return err
			}
			sep.pull(bl)
			if err := send(ctx, separated, bl); err != nil {
				return err
			}
		}
		// Silence after the end brings out what is still inside the processor and the converters.
		silence := make([][]float32, channels)
		for c := range silence {
			silence[c] = make([]float32, size)
		}
		for owed := 0; ctx.Err() == nil && sep.waiting() > 0; owed += size {
			if owed > sep.longestTail() {
				return errors.New("host: the processor keeps samples back") // a processor that breaks its contract
			}
			bl, err := receive(ctx, free)
			if err != nil {
				return err
			}
			if err := sep.drain(silence); err != nil {
				return err
			}
			sep.pull(bl)
			if err := send(ctx, separated, bl); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	group.Go(func() error {
		for bl := range separated {
			t := time.Now()
			err := enc.write(bl)
			encode += time.Since(t)
			if err != nil {
				return err
			}
			frames += int64(len(bl.mix[0]))
			if progress != nil {
				progress(frames)
			}
			free <- bl
		}
		return ctx.Err()
	})
	err = group.Wait()
	return Stats{
		Frames: frames, Clipped: enc.clipped(), Wall: time.Since(start),
		Busy: Busy{
			Decode: decode, Encode: encode,
			Resample: time.Duration(sep.resampling.Load()), Separate: time.Duration(sep.separating.Load()),
		},
	}, err
}

func receive(ctx context.Context, from <-chan *block) (*block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case bl := <-from:
		return bl, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func send(ctx context.Context, to chan<- *block, bl *block) error {
	select {
	case to <- bl:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fill reads size samples, fewer only at the end of src, and returns how many.
func fill(bl *block, src Source, size int) (int, error) {
	for c := range bl.mix {
		bl.mix[c] = slices.Grow(bl.mix[c][:0], size)[:size]
	}
	n := 0
	rest := make([][]float32, len(bl.mix))
	for n < size {
		for c := range rest {
			rest[c] = bl.mix[c][n:]
		}
		m, err := src.Read(rest)
		n += m
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	for c := range bl.mix {
		bl.mix[c] = bl.mix[c][:n]
	}
	return n, nil
}

// separation is the middle stage: the mixture in, and the mixture with its aligned stems out.
type separation struct {
	lanes []*lane
	mix   [][]float32   // [channel], what waits for its stems
	stems [][][]float32 // [source][channel], what has come out and waits to be pulled

	resampling, separating atomic.Int64 // ns
}

// lane is a run of channels that one goroutine separates.
type lane struct {
	first, channels int
	keep            []int // the processor's outputs that are kept
	proc            realtime.Processor
	skip            int          // samples of its latency still to be dropped
	forth           *converter   // nil where no conversion is needed
	back            []*converter // one a kept output
	in              [][]float32
	out             []realtime.Block
	tail            [][]float32 // scratch: out without the latency
}

func (b *Batch) newSeparation(rate, channels int) (*separation, error) {
	if rate < 1 || channels < 1 {
		return nil, fmt.Errorf("host: a stream of %d channels at %d Hz", channels, rate)
	}
	s := &separation{mix: make([][]float32, channels)}
	lanes := min(max(b.Jobs, 1), channels)
	for i := range lanes {
		first, end := i*channels/lanes, (i+1)*channels/lanes
		proc, err := b.New(end - first)
		if err != nil {
			return nil, err
		}
		l := &lane{first: first, channels: end - first, proc: proc, skip: proc.Latency(), tail: make([][]float32, end-first)}
		for _, name := range b.Sources {
			k := slices.Index(proc.Sources(), name)
			if k < 0 {
				return nil, fmt.Errorf("host: source %q is not one of %q", name, proc.Sources())
			}
			l.keep = append(l.keep, k)
		}
		for range proc.Sources() {
			l.out = append(l.out, make(realtime.Block, l.channels))
		}
		l.in = make([][]float32, l.channels)
		if b.Rate != 0 && b.Rate != rate {
			if l.forth, err = newConverter(rate, b.Rate, l.channels); err != nil {
				return nil, err
			}
			for range l.keep {
				c, err := newConverter(b.Rate, rate, l.channels)
				if err != nil {
					return nil, err
				}
				l.back = append(l.back, c)
			}
		}
		s.lanes = append(s.lanes, l)
	}
	for range b.Sources {
		s.stems = append(s.stems, make([][]float32, channels))
	}
	return s, nil
}

// push takes in the next samples of the mixture.
func (s *separation) push(mix [][]float32) error {
	for c := range mix {
		s.mix[c] = append(s.mix[c], mix[c]...)
	}
	return s.drain(mix)
}

// drain is push for silence behind the end, which is not part of the mixture.
func (s *separation) drain(mix [][]float32) error {
	if len(s.lanes) == 1 {
		return s.run(s.lanes[0], mix)
	}
	var group errgroup.Group
	for _, l := range s.lanes {
		group.Go(func() error { return s.run(l, mix) })
	}
	return group.Wait()
}

func (s *separation) run(l *lane, mix [][]float32) error {
	start := time.Now()
	in := mix[l.first : l.first+l.channels]
	if l.forth != nil {
		for c := range l.in {
			l.in[c] = l.in[c][:0]
		}
		if err := l.forth.convert(l.in, in); err != nil {
			return err
		}
		in = l.in
	}
	converted := time.Now()
	n := len(in[0])
	for _, o := range l.out {
		for c := range o {
			o[c] = slices.Grow(o[c][:0], n)[:n]
		}
	}
	l.proc.Process(l.out, in)
	skip := min(l.skip, n)
	l.skip -= skip
	processed := time.Now()
	for i, k := range l.keep {
		stem := s.stems[i][l.first : l.first+l.channels]
		for c := range l.tail {
			l.tail[c] = l.out[k][c][skip:]
		}
		if l.back != nil {
			if err := l.back[i].convert(stem, l.tail); err != nil {
				return err
			}
			continue
		}
		for c := range stem {
			stem[c] = append(stem[c], l.tail[c]...)
		}
	}
	s.separating.Add(int64(processed.Sub(converted)))
	s.resampling.Add(int64(converted.Sub(start)))
	if l.back != nil {
		s.resampling.Add(int64(time.Since(processed)))
	}
	return nil
}

// close frees the converters.
func (s *separation) close() {
	for _, l := range s.lanes {
		if l.forth != nil {
			l.forth.close()
		}
		for _, c := range l.back {
			c.close()
		}
	}
}

// waiting is the number of samples whose stems have not been pulled.
func (s *separation) waiting() int { return len(s.mix[0]) }

// longestTail is a bound, in samples at the stream's rate, on the silence that brings out
// everything: the latency and the delay of the converters, for which a second is plenty.
func (s *separation) longestTail() int {
	const generous = 400_000
	return 64*s.lanes[0].proc.Latency() + generous
}

// pull moves all aligned samples into bl.
func (s *separation) pull(bl *block) {
	n := len(s.mix[0])
	for _, stem := range s.stems {
		for c := range stem {
			n = min(n, len(stem[c]))
		}
	}
	for c := range s.mix {
		bl.mix[c], s.mix[c] = shift(bl.mix[c], s.mix[c], n)
	}
	for i, stem := range s.stems {
		for c := range stem {
			bl.stems[i][c], stem[c] = shift(bl.stems[i][c], stem[c], n)
		}
	}
}

// shift moves the first n values of from to to, whose own are dropped.
func shift(to, from []float32, n int) (moved, rest []float32) {
	to = append(to[:0], from[:n]...)
	return to, from[:copy(from, from[n:])]
}
