package nn_test

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"

	"soloist/model/nn"
)

// A network that gives the change from one frame to the next where it is a rise: a context puts the
// frame before beside the present one, and a dense layer subtracts.
func Example() {
	net, err := nn.New([]nn.Spec{
		{Type: "context", In: 1, Out: 2, Offsets: []int{0, -1}},
		{Type: "dense", In: 2, Out: 1, Activation: nn.ReLU},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range net.Tensors() {
		fmt.Println(t.Name, t.Shape)
	}
	copy(net.Tensors()[0].Data, []float32{1, -1})
	net.Refresh()

	run := net.NewRun(1, 4, false) // one stream, up to four frames a call
	fmt.Println(run.Forward(blas32.General{Rows: 4, Cols: 1, Stride: 1, Data: []float32{1, 3, 2, 2.5}}).Data)
	// Output:
	// layers.1.weight [1 2]
	// layers.1.bias [1]
	// [1 2 0 0.5]
}
