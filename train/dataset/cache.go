package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"unsafe"

	"soloist/model/atomicfile"
)

// A cached stem is a file of its samples in the machine's byte order behind a head: what it is, how many
// samples there are, and the level of the active ones. It is mapped, not read: many stems take the
// memory of those in use.
const (
	cacheMagic = "soloist stem 1\n\x00"
	cacheHead  = len(cacheMagic) + 8 + 8
)

// samples returns a stem's samples at rate Hz and their active level, from the folder cache or, where they are not
// there yet, decoded and put there. Without a cache they are kept in memory.
func (s Stem) samples(rate int, cache string) ([]int16, float64, error) {
	if cache == "" {
		x, err := s.mono(rate)
		return x, activeLevel(x, rate/2), err
	}
	info, err := os.Stat(s.Path)
	if err != nil {
		return nil, 0, err
	}
	path, err := filepath.Abs(s.Path)
	if err != nil {
		return nil, 0, err
	}
	key := fmt.Appendf(nil, "%s\n%d\n%d\n%d", path, info.Size(), info.ModTime().UnixNano(), rate)
	if s.Stream != 0 || s.Channel != 0 { // a whole file keeps the key it has had before there were these
		key = fmt.Appendf(key, "\n%d\n%d", s.Stream, s.Channel)
	}
	sum := sha256.Sum256(key)
	name := filepath.Join(cache, fmt.Sprintf("%x.pcm", sum[:16]))
	if x, level, err := openStem(name); err == nil {
		return x, level, nil
	}
	x, err := s.mono(rate)
	if err != nil {
		return nil, 0, err
	}
	if err := saveStem(name, x, activeLevel(x, rate/2)); err != nil {
		return nil, 0, err
	}
	return openStem(name)
}

func openStem(name string) ([]int16, float64, error) {
	data, err := mapFile(name)
	if err != nil {
		return nil, 0, err
	}
	if len(data) < cacheHead || string(data[:len(cacheMagic)]) != cacheMagic {
		return nil, 0, fmt.Errorf("%s: not a cached stem", name)
	}
	n := binary.NativeEndian.Uint64(data[len(cacheMagic):])
	level := math.Float64frombits(binary.NativeEndian.Uint64(data[len(cacheMagic)+8:]))
	if rest := data[cacheHead:]; uint64(len(rest)) != 2*n {
		return nil, 0, fmt.Errorf("%s: want %d samples, found %d", name, n, len(rest)/2)
	}
	if n == 0 {
		return nil, level, nil
	}
	return unsafe.Slice((*int16)(unsafe.Pointer(&data[cacheHead])), n), level, nil
}

// saveStem writes a cached stem, which appears only when it is complete.
func saveStem(name string, x []int16, level float64) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(name, func(w io.Writer) error {
		head := binary.NativeEndian.AppendUint64([]byte(cacheMagic), uint64(len(x)))
		_, err := w.Write(binary.NativeEndian.AppendUint64(head, math.Float64bits(level)))
		if err == nil && len(x) > 0 {
			_, err = w.Write(unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 2*len(x)))
		}
		return err
	})
}
