package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// maxLumps and maxLump bound what a WAD file may claim.
const (
	maxLumps = 1 << 16
	maxLump  = 4 << 20
)

// wadMIDI returns the lumps of a Doom WAD file that are standard MIDI files, by name.
func wadMIDI(r io.ReaderAt, size int64) (names []string, lumps [][]byte, err error) {
	var head [12]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, nil, fmt.Errorf("WAD header: %w", err)
	}
	if m := string(head[:4]); m != "IWAD" && m != "PWAD" {
		return nil, nil, fmt.Errorf("expected IWAD or PWAD, got %q", m)
	}
	n := int64(binary.LittleEndian.Uint32(head[4:]))
	at := int64(binary.LittleEndian.Uint32(head[8:]))
	if n > maxLumps || at < 12 || at+16*n > size {
		return nil, nil, fmt.Errorf("WAD directory of %d lumps at %d does not fit a file of %d bytes", n, at, size)
	}
	dir := make([]byte, 16*n)
	if _, err := r.ReadAt(dir, at); err != nil {
		return nil, nil, fmt.Errorf("WAD directory: %w", err)
	}
	for ; len(dir) > 0; dir = dir[16:] {
		pos, length := int64(binary.LittleEndian.Uint32(dir)), int64(binary.LittleEndian.Uint32(dir[4:]))
		if length < 14 || length > maxLump || pos+length > size {
			continue
		}
		var magic [4]byte
		if _, err := r.ReadAt(magic[:], pos); err != nil || string(magic[:]) != "MThd" {
			continue
		}
		b := make([]byte, length)
		if _, err := r.ReadAt(b, pos); err != nil {
			return nil, nil, fmt.Errorf("WAD lump: %w", err)
		}
		names = append(names, string(bytes.TrimRight(dir[8:16], "\x00")))
		lumps = append(lumps, b)
	}
	return names, lumps, nil
}

func openWAD(path string) (names []string, lumps [][]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	names, lumps, err = wadMIDI(f, st.Size())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return names, lumps, nil
}
