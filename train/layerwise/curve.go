package layerwise

import (
	"fmt"
	"io"

	"soloist/model/atomicfile"
)

// Reached is the first iteration at which J over the training examples is at most j, −1 if it never is: what
// a start at j is worth in iterations of the curve.
func Reached(curve []Point, j float64) int {
	for _, p := range curve {
		if p.Train <= j {
			return p.Iteration
		}
	}
	return -1
}

// WriteCSV writes a curve, a line a point.
func WriteCSV(path string, curve []Point) error {
	return atomicfile.Write(path, func(f io.Writer) error {
		fmt.Fprintln(f, "iteration,layers,train_j,validation_j,condition,ridge")
		for _, p := range curve {
			fmt.Fprintf(f, "%d,%d,%g,%g,%g,%g\n", p.Iteration, p.Layers, p.Train, p.Validation, p.Condition, p.Ridge)
		}
		return nil
	})
}
