package audiofile

import (
	"bufio"
	"io"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
)

// flacBlock is the number of samples a channel in a frame.
const flacBlock = 4096

// flacWriter writes FLAC with fixed predictors and partitioned Rice codes, stereo as whichever two of
// left, right, middle and side are the shorter. The library assembles the frames and keeps the checksum.
type flacWriter struct {
	output
	enc    *flac.Encoder
	scale  float64
	bits   int
	rate   int
	block  [][]int32 // the frame that is being filled
	fill   int
	extra  [2][]int32 // middle and side
	packer *packer
	sink   *flacSink
}

// flacSink lets the encoder go back to the header through the buffer, and close without closing. It
// keeps the first error, which the encoder would word in its own way.
type flacSink struct {
	buf *bufio.Writer
	s   io.Seeker
	err error
}

func (f *flacSink) Write(b []byte) (int, error) {
	n, err := f.buf.Write(b)
	if f.err == nil {
		f.err = err
	}
	return n, err
}

// WriteByte spares the encoder a slice.
func (f *flacSink) WriteByte(b byte) error {
	err := f.buf.WriteByte(b)
	if f.err == nil {
		f.err = err
	}
	return err
}

func (f *flacSink) Seek(at int64, whence int) (int64, error) {
	err := f.buf.Flush()
	if err == nil {
		at, err = f.s.Seek(at, whence)
	}
	if f.err == nil {
		f.err = err
	}
	return at, err
}

func newFLACWriter(o output, f Format, info Info) (Writer, error) {
	w := &flacWriter{output: o, bits: f.Bits(), rate: info.Rate, scale: float64(int(1) << (f.Bits() - 1)), packer: new(packer)}
	for range o.channels {
		w.block = append(w.block, make([]int32, flacBlock))
	}
	for i := range w.extra {
		w.extra[i] = make([]int32, flacBlock)
	}
	si := &meta.StreamInfo{
		BlockSizeMin: flacBlock, BlockSizeMax: flacBlock, SampleRate: uint32(info.Rate),
		NChannels: uint8(o.channels), BitsPerSample: uint8(w.bits),
	}
	comment := &meta.VorbisComment{Vendor: "soloist"}
	size := 8 + len(comment.Vendor)
	for _, k := range slices.Sorted(maps.Keys(info.Tags)) {
		v := info.Tags[k]
		if name := commentName(k); name != "" && v != "" && size+len(name)+len(v) < 1<<22 {
			comment.Tags = append(comment.Tags, [2]string{name, v})
			size += 5 + len(name) + len(v)
		}
	}
	blocks := []*meta.Block{{Header: meta.Header{Type: meta.TypeVorbisComment, Length: int64(size)}, Body: comment}}
	w.sink = &flacSink{buf: o.buf, s: o.file}
	enc, err := flac.NewEncoder(w.sink, si, blocks...)
	if err != nil {
		return nil, w.sink.bare(err)
	}
	enc.EnablePredictionAnalysis(false) // the packer has done it
	w.enc = enc
	return w, nil
}

// commentName is the name of a Vorbis comment: capitals, and only the letters that are allowed.
func commentName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '}' || r == '=' {
			return -1
		}
		return r
	}, strings.ToUpper(s))
}

// bare is an error of the encoder, without the places in source code that it adds.
func (f *flacSink) bare(err error) error {
	if err != nil && f.err != nil {
		return f.err
	}
	return err
}

func (w *flacWriter) Write(src [][]float32) error {
	n, err := w.check(src)
	if err != nil {
		return err
	}
	for at := 0; at < n; {
		m := min(n-at, flacBlock-w.fill)
		for c := range src {
			to := w.block[c][w.fill:]
			for i, v := range src[c][at : at+m] {
				to[i] = w.quantize(v, w.scale)
			}
		}
		at += m
		if w.fill += m; w.fill == flacBlock {
			if err := w.flush(); err != nil {
				return w.fail(err)
			}
		}
	}
	return nil
}

// flush encodes the block as a frame.
func (w *flacWriter) flush() error {
	n := w.fill
	w.fill = 0
	fr := &frame.Frame{Header: frame.Header{
		HasFixedBlockSize: true, BlockSize: uint16(n), BitsPerSample: uint8(w.bits),
		Channels: frame.Channels(w.channels - 1),
	}}
	// Rates that a frame cannot spell are left to the header of the stream.
	if r := w.rate; r <= 65535 || r == 88200 || r == 96000 || r == 176400 || r == 192000 {
		fr.SampleRate = uint32(r)
	}
	var subs [8]*frame.Subframe
	var cost [8]int
	for c := range w.channels {
		subs[c], cost[c] = w.packer.pack(w.block[c][:n], w.bits)
	}
	if w.channels == 2 {
		l, r, mid, side := w.block[0][:n], w.block[1][:n], w.extra[0][:n], w.extra[1][:n]
		for i := range l {
			mid[i], side[i] = (l[i]+r[i])>>1, l[i]-r[i]
		}
		m, costM := w.packer.pack(mid, w.bits)
		s, costS := w.packer.pack(side, w.bits+1)
		switch min(cost[0]+cost[1], cost[0]+costS, costS+cost[1], costM+costS) {
		case cost[0] + cost[1]:
		case cost[0] + costS:
			fr.Channels, subs[1] = frame.ChannelsLeftSide, s
		case costS + cost[1]:
			fr.Channels, subs[0] = frame.ChannelsSideRight, s
		default:
			fr.Channels, subs[0], subs[1] = frame.ChannelsMidSide, m, s
		}
		// The encoder takes left and right, and makes middle and side of them itself.
		subs[0].Samples, subs[1].Samples = l, r
	}
	fr.Subframes = subs[:w.channels]
	return w.sink.bare(w.enc.WriteFrame(fr))
}

func (w *flacWriter) Close() error {
	if !w.closed && w.err == nil && w.fill > 0 {
		_ = w.fail(w.flush())
	}
	return w.finish(func() error {
		if err := w.enc.Close(); err != nil {
			return w.sink.bare(err)
		}
		if err := w.buf.Flush(); err != nil {
			return err
		}
		return w.blockSizes()
	})
}

// blockSizes mends what the encoder writes: the sizes of blocks count the last one, which may be short.
func (w *flacWriter) blockSizes() error {
	if _, err := w.file.Seek(8, io.SeekStart); err != nil {
		return err
	}
	_, err := w.file.Write([]byte{flacBlock >> 8, flacBlock & 255, flacBlock >> 8, flacBlock & 255})
	return err
}

// packer chooses how the samples of a channel are coded.
type packer struct {
	diff [5][]int64
	sums []uint64
}

// pack returns x as a subframe of the given bits a sample, and about how many bits it takes.
func (p *packer) pack(x []int32, width int) (*frame.Subframe, int) {
	sub := &frame.Subframe{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: x, NSamples: len(x)}
	same := true
	for _, v := range x {
		if v != x[0] {
			same = false
			break
		}
	}
	if same {
		sub.Pred = frame.PredConstant
		return sub, 8 + width
	}
	// The differences of the order that are the least in sum; from there on the partitions decide.
	order, least := 0, uint64(0)
	for o := range p.diff {
		if o >= len(x) {
			break
		}
		if cap(p.diff[o]) < len(x) {
			p.diff[o] = make([]int64, flacBlock)
		}
		d := p.diff[o][:len(x)]
		var sum uint64
		for i := range d {
			switch {
			case o == 0:
				d[i] = int64(x[i])
			case i >= o:
				d[i] = p.diff[o-1][i] - p.diff[o-1][i-1]
			}
			if i >= min(4, len(x)-1) {
				sum += uint64(max(d[i], -d[i]))
			}
		}
		if o == 0 || sum < least {
			order, least = o, sum
		}
	}
	rice, method, cost := p.partition(p.diff[order][:len(x)], order)
	cost += order * width
	if rice == nil || cost >= len(x)*width {
		return sub, 8 + len(x)*width
	}
	sub.Pred, sub.Order, sub.RiceSubframe, sub.ResidualCodingMethod = frame.PredFixed, order, rice, method
	return sub, 8 + cost
}

// partition finds the split of the residues d[order:] into 2^n parts of their own Rice parameters that
// takes the fewest bits. It returns nil if a residue is beyond what the format can code.
func (p *packer) partition(d []int64, order int) (*frame.RiceSubframe, frame.ResidualCodingMethod, int) {
	top := 0
	for top < 6 && len(d)%(2<<top) == 0 && len(d)>>(top+1) > order {
		top++
	}
	p.sums = p.sums[:0]
	for i := range 1 << top {
		size := len(d) >> top
		var sum uint64
		for _, v := range d[max(order, i*size) : (i+1)*size] {
			if v <= -1<<30 || v >= 1<<30 {
				return nil, 0, 0
			}
			sum += uint64(v<<1 ^ v>>63)
		}
		p.sums = append(p.sums, sum)
	}
	var best frame.RiceSubframe
	bestCost, bestMethod := -1, frame.ResidualCodingMethodRice1
	for n := top; n >= 0; n-- {
		parts, cost, method := make([]frame.RicePartition, 1<<n), 6, frame.ResidualCodingMethodRice1
		for i := range parts {
			count := len(d) >> n
			if i == 0 {
				count -= order
			}
			k, c := riceParameter(p.sums[i], count)
			parts[i].Param = uint(k)
			cost += c + 4
			if k > 14 {
				method = frame.ResidualCodingMethodRice2
			}
		}
		if method == frame.ResidualCodingMethodRice2 {
			cost += len(parts)
		}
		if bestCost < 0 || cost < bestCost {
			best, bestCost, bestMethod = frame.RiceSubframe{PartOrder: n, Partitions: parts}, cost, method
		}
		for i := range len(parts) / 2 {
			p.sums[i] = p.sums[2*i] + p.sums[2*i+1]
		}
	}
	return &best, bestMethod, bestCost
}

// riceParameter returns the parameter for count values of the given sum, and about what they then take.
func riceParameter(sum uint64, count int) (k, cost int) {
	if count <= 0 {
		return 0, 0
	}
	k = max(0, min(29, bits.Len64(sum/uint64(count))-1))
	cost = count*(k+1) + int(sum>>k)
	for _, o := range [...]int{k - 1, k + 1} {
		if o < 0 || o > 30 {
			continue
		}
		if c := count*(o+1) + int(sum>>o); c < cost {
			k, cost = o, c
		}
	}
	return k, cost
}
