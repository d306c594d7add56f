package audiofile

import (
	"errors"
	"io"
)

func newVorbis(name string, r io.ReadSeeker, size int64) (Reader, error) {
	return nil, errors.New("not yet")
}
