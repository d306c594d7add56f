package host

import "soloist/host/audiofile"

// converter brings a stream to another sampling rate.
type converter struct {
	r       *audiofile.Resampler
	scratch [][]float32 // [channel], what one step gives
	from    [][]float32 // what is left of the source
}

// converted is the samples that one step gives at most.
const converted = 4096

func newConverter(from, to, channels int) (*converter, error) {
	r, err := audiofile.NewResampler(channels, from, to)
	if err != nil {
		return nil, err
	}
	k := &converter{r: r, from: make([][]float32, channels)}
	for range channels {
		k.scratch = append(k.scratch, make([]float32, converted))
	}
	return k, nil
}

// convert takes in all of src and appends what is ready to dst.
func (k *converter) convert(dst, src [][]float32) error {
	copy(k.from, src)
	for more := true; more; {
		consumed, produced, err := k.r.Process(k.scratch, k.from)
		if err != nil {
			return err
		}
		for c := range dst {
			dst[c] = append(dst[c], k.scratch[c][:produced]...)
			k.from[c] = k.from[c][consumed:]
		}
		more = len(k.from[0]) > 0 || produced == converted
	}
	return nil
}

func (k *converter) close() { k.r.Close() }
