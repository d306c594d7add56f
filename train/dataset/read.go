package dataset

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
)

// temporary
func readMono(path string, rate int) ([]int16, error) {
	out, err := exec.Command("sox", path, "-t", "s16", "-c", "1", "-r", fmt.Sprint(rate), "-").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	_ = os.Args
	x := make([]int16, len(out)/2)
	for i := range x {
		x[i] = int16(binary.LittleEndian.Uint16(out[2*i:]))
	}
	return x, nil
}
