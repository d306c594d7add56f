package audiofile

import (
	"errors"
	"io"
)

func newFLAC(name string, r io.ReadSeeker, at, size int64) (Reader, error) {
	return nil, errors.New("not yet")
}
