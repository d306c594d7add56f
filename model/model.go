// Package model holds a separator: front-end, network and mask for one target, and the file it is
// kept in.
package model

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"soloist/model/feature"
	"soloist/model/nn"
	"soloist/stft"
)

// Output says what a network's output means.
type Output string

// The outputs; both are applied with the mixture's phase.
const (
	// Mask is a gain for each band.
	Mask Output = "mask"
	// Magnitude is the target's root-mean-square magnitude in each band relative to the front-end's
	// level (Uhlich, Giron and Mitsufuji, ICASSP 2015; γ is that of a context, else the running
	// level); each bin of the band is given the gain that brings the mixture there.
	Magnitude Output = "magnitude"
)

// Spec says all about a model but its weights.
type Spec struct {
	Name    string       `json:"name"`
	Source  string       `json:"source"`
	Rate    int          `json:"rate_hz"` // 0: any
	STFT    Transform    `json:"stft"`
	Feature feature.Spec `json:"feature"`
	Layers  []nn.Spec    `json:"layers"` // none: the all-pass model, which passes the mixture on
	Output  Output       `json:"output"`
}

// Transform are the lengths of a stft.Pair in samples.
type Transform struct {
	Frame     int `json:"frame"`
	Synthesis int `json:"synthesis"`
	Hop       int `json:"hop"`
}

// Pair returns the transform's windows.
func (t Transform) Pair() stft.Pair { return stft.Pair{K: t.Frame, L: t.Synthesis, H: t.Hop} }

// Card tells where a model comes from and what it is worth.
type Card struct {
	Description string             `json:"description"`
	Licence     string             `json:"licence"`
	Data        []string           `json:"data"`
	Recipe      string             `json:"recipe"`
	Seed        uint64             `json:"seed"`
	TrainTime   string             `json:"train_time"`
	Scores      map[string]float64 `json:"scores,omitempty"` // dB, by what was measured on what
	Limits      string             `json:"limits,omitempty"`
}

// Bounds on what a model may ask for.
const (
	maxRate   = 384_000
	maxWeight = 64 << 20 // weights in all
	maxAhead  = 1 << 22  // bins of the mixture kept for the look-ahead, 32 MiB a channel
	maxName   = 64       // bytes
)

// remainder is what programs call the mixture without its sources.
const remainder = "remainder"

// Check tells whether the parts fit together. It allocates little, whatever the specification asks for.
func (s Spec) Check() error {
	for _, name := range []string{s.Name, s.Source} {
		if err := checkName(name); err != nil {
			return err
		}
	}
	if s.Source == remainder {
		return fmt.Errorf("model: source %q, which is the name of what all sources leave", s.Source)
	}
	if s.Rate < 0 || s.Rate > maxRate || s.Rate == 0 && len(s.Layers) > 0 {
		return fmt.Errorf("model: rate %d Hz, want 1 to %d", s.Rate, maxRate)
	}
	p := s.STFT.Pair()
	if err := p.Check(); err != nil {
		return err
	}
	if len(s.Layers) == 0 {
		return nil
	}
	if err := s.Feature.Check(); err != nil {
		return err
	}
	switch s.Output {
	case Mask, Magnitude:
	default:
		return fmt.Errorf("model: output %q, want mask or magnitude", s.Output)
	}
	if err := nn.Check(s.Layers); err != nil {
		return err
	}
	width := s.Feature.Width(p.Bins())
	bands := width / s.Feature.Parts()
	if in := s.Layers[0].In; in != width {
		return fmt.Errorf("model: the network takes %d values, the front-end gives %d", in, width)
	}
	if out := s.Layers[len(s.Layers)-1].Out; out != bands {
		return fmt.Errorf("model: the network gives %d values for %d bands", out, bands)
	}
	total := 0
	for _, l := range s.Layers {
		if l.Type == "dense" {
			total += l.In * l.Out
		}
		if total > maxWeight {
			return fmt.Errorf("model: more than %d weights", maxWeight)
		}
	}
	if n := s.Lookahead(); n*p.Bins() > maxAhead {
		return fmt.Errorf("model: a look-ahead of %d frames of %d bins, want at most %d values", n, p.Bins(), maxAhead)
	}
	return nil
}

// Lookahead is how many future frames the front-end and the network see.
func (s Spec) Lookahead() int {
	if len(s.Layers) == 0 {
		return 0
	}
	return s.Feature.Lookahead() + nn.Lookahead(s.Layers)
}

// checkName tells whether a name can be part of a file's name, as sources are: those of a hostile
// model must not lead out of the folder that they are written to.
func checkName(name string) error {
	if name == "" {
		return errors.New("model: it has no name or no source")
	}
	bad := len(name) > maxName || !utf8.ValidString(name) || name[0] == '.' || name[0] == '-' ||
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|`, r) })
	if bad {
		return fmt.Errorf("model: name %q, want at most %d bytes that can be part of a file's name", name, maxName)
	}
	return nil
}

// Model is a frozen separator of one target.
type Model struct {
	spec  Spec
	card  Card
	net   *nn.Network // nil for the all-pass model
	mean  []float32   // of the features, subtracted from them
	scale []float32   // of the features, multiplied after that
}

// New returns a model of zero weights for a specification.
func New(s Spec, c Card) (*Model, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	m := &Model{spec: s, card: c}
	if len(s.Layers) == 0 {
		return m, nil
	}
	net, err := nn.New(s.Layers)
	if err != nil {
		return nil, err
	}
	m.net = net
	m.mean, m.scale = make([]float32, net.In()), make([]float32, net.In())
	for i := range m.scale {
		m.scale[i] = 1
	}
	return m, nil
}

// Identity returns the all-pass model, which gives the mixture back as its source: for measuring
// and tests. It works at any rate. It panics where p.Check fails.
func Identity(p stft.Pair) *Model {
	name := "identity"
	if p.L == p.K {
		name = "identity-symmetric"
	}
	m, err := New(Spec{Name: name, Source: "mixture", STFT: Transform{p.K, p.L, p.H}}, Card{
		Description: "all-pass: gives the mixture back, delayed by its latency", Licence: "MIT",
	})
	if err != nil {
		panic(err.Error())
	}
	return m
}

// Spec returns the specification.
func (m *Model) Spec() Spec { return m.spec }

// Name is the model's name.
func (m *Model) Name() string { return m.spec.Name }

// Sources names what the model extracts.
func (m *Model) Sources() []string { return []string{m.spec.Source} }

// Rate is the sampling rate in Hz that the model works at, 0 if at any.
func (m *Model) Rate() int { return m.spec.Rate }

// Pair is the model's transform.
func (m *Model) Pair() stft.Pair { return m.spec.STFT.Pair() }

// Lookahead is how many future frames the network sees.
func (m *Model) Lookahead() int { return m.spec.Lookahead() }

// Latency is the delay of the transform and the look-ahead, in samples.
func (m *Model) Latency() int { return m.Pair().Latency() + m.Lookahead()*m.Pair().H }

// Parameters is the number of weights of the network.
func (m *Model) Parameters() int {
	if m.net == nil {
		return 0
	}
	return m.net.Parameters()
}

// Card tells where the model comes from.
func (m *Model) Card() Card { return m.card }

// SetCard replaces the card.
func (m *Model) SetCard(c Card) { m.card = c }

// Network is the model's network, nil for the all-pass model. The trainer writes its weights.
func (m *Model) Network() *nn.Network { return m.net }

// Normalisation returns the mean that is subtracted from the features and the scale that they are
// multiplied by, one value a feature. They are the model's own: the trainer sets them.
func (m *Model) Normalisation() (mean, scale []float32) { return m.mean, m.scale }

// tensors are all that a file holds, in order.
func (m *Model) tensors() []nn.Tensor {
	if m.net == nil {
		return nil
	}
	return append([]nn.Tensor{
		{Name: "norm.mean", Shape: []int{len(m.mean)}, Data: m.mean},
		{Name: "norm.scale", Shape: []int{len(m.scale)}, Data: m.scale},
	}, m.net.Tensors()...)
}

// Normalise subtracts the features' mean from f and multiplies it by their scale.
func (m *Model) Normalise(f []float32) {
	mean, scale := m.mean[:len(f)], m.scale[:len(f)]
	for i, v := range f {
		f[i] = (v - mean[i]) * scale[i]
	}
}
