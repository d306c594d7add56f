package bsseval

// Signals are several sources of one number of channels and one length.
type Signals interface {
	// Shape returns how many sources, channels and samples there are.
	Shape() (sources, channels, samples int)
	// Read fills dst with the samples of a channel of a source from at on. All of them exist.
	Read(dst []float64, source, channel, at int)
}

// Waves are signals in memory, [source][channel][sample], all equally long.
type Waves[T float32 | float64] [][][]T

// Shape returns the lengths of the three dimensions.
func (w Waves[T]) Shape() (sources, channels, samples int) {
	if len(w) == 0 || len(w[0]) == 0 {
		return len(w), 0, 0
	}
	return len(w), len(w[0]), len(w[0][0])
}

// Read copies samples.
func (w Waves[T]) Read(dst []float64, source, channel, at int) {
	for i, v := range w[source][channel][at : at+len(dst)] {
		dst[i] = float64(v)
	}
}

// waves is a stretch of signals with silence before and after, its channels numbered through.
type waves struct {
	Signals
	channels    int // of one source
	sources     int
	at, samples int
}

func stretch(s Signals, from, to int) *waves {
	sources, channels, _ := s.Shape()
	return &waves{s, channels, sources, from, to - from}
}

// count is the number of channels of all sources.
func (w *waves) count() int { return w.sources * w.channels }

// only is the stretch of one source.
func (w *waves) only(source int) *waves {
	return &waves{single{w.Signals, source}, w.channels, 1, w.at, w.samples}
}

// read fills dst with the channel's samples from at on, counted within the stretch.
func (w *waves) read(dst []float64, channel, at int) {
	from, to := max(at, 0), min(at+len(dst), w.samples)
	if from >= to {
		clear(dst)
		return
	}
	clear(dst[:from-at])
	clear(dst[to-at:])
	w.Read(dst[from-at:to-at], channel/w.channels, channel%w.channels, w.at+from)
}

// silent tells whether the channels of some source add up to nothing throughout, which is what
// mir_eval and museval mean by silence.
func (w *waves) silent() bool {
	const block = 256
	var x, sum [block]float64
source:
	for s := range w.sources {
		for at := 0; at < w.samples; at += block {
			n := min(block, w.samples-at)
			clear(sum[:])
			for c := range w.channels {
				w.read(x[:n], s*w.channels+c, at)
				for i, v := range x[:n] {
					sum[i] += v
				}
			}
			for _, v := range sum[:n] {
				if v != 0 {
					continue source
				}
			}
		}
		return true
	}
	return false
}

// single is one source of several.
type single struct {
	Signals
	source int
}

func (s single) Read(dst []float64, _, channel, at int) { s.Signals.Read(dst, s.source, channel, at) }
