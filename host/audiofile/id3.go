package audiofile

import "io"

// synchsafe is the number of 28 bits in four bytes of seven.
func synchsafe(b []byte) int {
	return int(b[0]&127)<<21 | int(b[1]&127)<<14 | int(b[2]&127)<<7 | int(b[3]&127)
}

// readID3 reads the tags at both ends of r; the audio is between from and to.
func readID3(r io.ReadSeeker, size int64) (tags Tags, from, to int64, warns []string, err error) {
	var b [10]byte
	for from+10 <= size {
		if err := readAt(r, from, b[:]); err != nil {
			return nil, 0, 0, nil, err
		}
		if string(b[:3]) != "ID3" {
			break
		}
		from = min(from+10+int64(synchsafe(b[6:])), size)
	}
	return tags, from, size, nil, nil
}
