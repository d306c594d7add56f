package audiofile

import "errors"

func newFLACWriter(o output, f Format, info Info) (Writer, error) {
	return nil, errors.New("not yet")
}
