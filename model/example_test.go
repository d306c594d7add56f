package model_test

import (
	"bytes"
	"errors"
	"fmt"

	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
)

// A model is specified, trained, which is left out here, written to a file, and read where it is to run.
func Example() {
	transform := model.Transform{Frame: 2048, Synthesis: 256, Hop: 128}
	front := feature.Spec{Q: 16, Compression: feature.Log, Level: 1000}
	bands := front.Width(transform.Pair().Bins())
	m, err := model.New(model.Spec{
		Name: "drums-small", Source: "drums", Rate: 44100, STFT: transform, Feature: front,
		Layers: []nn.Spec{
			{Type: "dense", In: bands, Out: 32, Activation: nn.ReLU},
			{Type: "context", In: 32, Out: 96, Offsets: []int{0, -1, -2}},
			{Type: "dense", In: 96, Out: bands, Activation: nn.Sigmoid},
		},
		Output: model.Mask,
	}, model.Card{Description: "untrained", Licence: "MIT"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		fmt.Println(err)
		return
	}
	m, err = model.Read(&file)
	fmt.Println(m.Name(), m.Sources(), m.Rate(), "Hz", m.Latency(), "samples", m.Parameters(), "weights", err)

	sep, err := model.NewSeparator(2, 1, m) // two channels, a frame a call
	fmt.Println(sep.Sources(), sep.Lookahead(), err)

	_, err = model.Read(&file) // nothing is left in it
	fmt.Println(errors.Is(err, model.ErrFormat), err)
	// Output:
	// drums-small [drums] 44100 Hz 256 samples 11126 weights <nil>
	// [drums] 0 <nil>
	// true not a model of this program: it ends within the first 8 bytes
}
