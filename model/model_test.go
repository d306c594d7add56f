package model_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"soloist/model"
	"soloist/model/feature"
	"soloist/model/nn"
	"soloist/realtime"
	"soloist/realtime/realtimetest"
	"soloist/stft"
)

// small returns a model with random weights, a dilated context and so much look-ahead.
func small(t testing.TB, source string, ahead int, output model.Output, seed uint64) *model.Model {
	t.Helper()
	p := stft.Pair{K: 256, L: 128, H: 64}
	f := feature.Spec{Q: 16, Compression: feature.Log, Level: 50, Means: []float64{10}}
	bands := feature.NewBands(p.Bins(), f.Q).Len()
	in := f.Width(p.Bins())
	offsets := []int{0, -1, -3}
	if ahead > 0 {
		offsets = append(offsets, ahead)
	}
	layers := []nn.Spec{
		{Type: "dense", In: in, Out: 20, Activation: nn.ReLU},
		{Type: "context", In: 20, Out: 20 * len(offsets), Offsets: offsets},
		{Type: "dense", In: 20 * len(offsets), Out: 20, Activation: nn.ReLU, Skip: true},
		{Type: "dense", In: 20, Out: bands, Activation: nn.Sigmoid},
	}
	m, err := model.New(model.Spec{Name: source, Source: source, Rate: 44100, STFT: model.Transform{Frame: 256, Synthesis: 128, Hop: 64}, Feature: f, Layers: layers, Output: output}, model.Card{Licence: "MIT", Data: []string{"noise"}})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 8))
	for _, tensor := range m.Network().Tensors() {
		for i := range tensor.Data {
			tensor.Data[i] = float32(r.NormFloat64() * 0.2)
		}
	}
	m.Network().Refresh()
	return m
}

func TestSeparatorKeepsTheContract(t *testing.T) {
	for name, models := range map[string][]*model.Model{
		"identity":      {model.Identity(stft.Pair{K: 256, L: 128, H: 64})},
		"one":           {small(t, "drums", 0, model.Mask, 1)},
		"magnitude":     {small(t, "drums", 2, model.Magnitude, 1)},
		"two":           {small(t, "drums", 0, model.Mask, 1), small(t, "vocals", 0, model.Mask, 2)},
		"two lookahead": {small(t, "drums", 4, model.Mask, 1), small(t, "vocals", 1, model.Magnitude, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			pair := models[0].Pair()
			sep := func() realtime.FrameSeparator {
				s, err := model.NewSeparator(2, 16, models...)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			realtimetest.TestFrameSeparator(t, 2, pair.Bins(), 16, sep)
			realtimetest.TestProcessor(t, 2, func() realtime.Processor {
				p, err := realtime.NewPipeline(pair, sep(), 2, 16)
				if err != nil {
					t.Fatal(err)
				}
				return p
			})
		})
	}
}

func TestFileRoundTrip(t *testing.T) {
	m := small(t, "drums", 2, model.Mask, 3)
	var a, b bytes.Buffer
	if err := m.Write(&a); err != nil {
		t.Fatal(err)
	}
	again, err := model.Read(bytes.NewReader(a.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("a model read and written again differs")
	}
}
