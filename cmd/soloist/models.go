package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"soloist/assets"
	"soloist/host"
	"soloist/model"
	"soloist/realtime"
	"soloist/stft"
)

// allPass are the transforms of the built-in models that change nothing, by name.
func allPass() map[string]stft.Pair {
	return map[string]stft.Pair{
		"identity":           {K: 2048, L: 512, H: 256},
		"identity-symmetric": {K: 2048, L: 2048, H: 512},
	}
}

// modelNames names all models that need no file, sorted.
func modelNames() []string {
	return slices.Sorted(slices.Values(append(assets.Models(), slices.Collect(maps.Keys(allPass()))...)))
}

// loaded is a model and what tells it from every other.
type loaded struct {
	*model.Model
	key   string // name and hash of the content
	bytes int    // size of the file, 0 if there is none
}

// loadModel finds a model by name, or reads it from a file.
func loadModel(name string) (loaded, error) {
	if pair, ok := allPass()[name]; ok {
		return loaded{Model: model.Identity(pair), key: fmt.Sprint(name, " ", pair)}, nil
	}
	var data []byte
	var err error
	if slices.Contains(assets.Models(), name) {
		data, err = assets.Model(name)
	} else if data, err = os.ReadFile(name); os.IsNotExist(err) {
		return loaded{}, fmt.Errorf("%s: expected a model file or one of %s, found neither", name, strings.Join(modelNames(), ", "))
	}
	if err != nil {
		return loaded{}, err
	}
	m, err := model.Read(bytes.NewReader(data))
	if err != nil {
		return loaded{}, fmt.Errorf("%s: %w", name, err)
	}
	return loaded{m, fmt.Sprintf("%s %x", m.Name(), sha256.Sum256(data)), len(data)}, nil
}

// ensemble are models that run together.
type ensemble struct {
	models []*model.Model
	key    string
}

func loadModels(names []string) (*ensemble, error) {
	e := new(ensemble)
	var keys []string
	for _, n := range names {
		m, err := loadModel(n)
		if err != nil {
			return nil, err
		}
		e.models = append(e.models, m.Model)
		keys = append(keys, m.key)
	}
	e.key = strings.Join(keys, ", ")
	if _, err := e.pipeline(1, 1); err != nil { // whether they fit together
		return nil, err
	}
	return e, nil
}

// sources names what the models extract together.
func (e *ensemble) sources() []string {
	var s []string
	for _, m := range e.models {
		s = append(s, m.Sources()...)
	}
	return s
}

// rate is the sampling rate in Hz that the models work at, 0 if at any.
func (e *ensemble) rate() int { return e.models[0].Rate() }

// pipeline returns a processor that gives up to so many frames at once to the models.
func (e *ensemble) pipeline(channels, frames int) (realtime.Processor, error) {
	sep, err := model.NewSeparator(channels, frames, e.models...)
	if err != nil {
		return nil, err
	}
	return realtime.NewPipeline(e.models[0].Pair(), sep, channels, frames)
}

// batch separates streams by the models, in so many goroutines.
func (e *ensemble) batch(jobs int) host.Batch {
	return host.Batch{
		New:  func(channels int) (realtime.Processor, error) { return e.pipeline(channels, batchFrames) },
		Rate: e.rate(), Sources: e.sources(), Jobs: jobs,
	}
}

type modelsCmd struct {
	Name string `arg:"" optional:"" help:"Model whose card to show: a name or a file."`
	JSON bool   `help:"Print JSON."`
}

// modelInfo is a line of the list.
type modelInfo struct {
	Name       string      `json:"name"`
	Sources    []string    `json:"sources"`
	Rate       int         `json:"rate_hz"`    // 0: any
	Latency    float64     `json:"latency_ms"` // at 44.1 kHz, if at any rate
	Lookahead  int         `json:"lookahead_frames"`
	Transform  string      `json:"transform"`
	Parameters int         `json:"parameters"`
	Bytes      int         `json:"bytes"`
	Card       *model.Card `json:"card"`
}

func describe(m loaded) modelInfo {
	rate := m.Rate()
	if rate == 0 {
		rate = 44100
	}
	card := m.Card()
	return modelInfo{
		Name: m.Name(), Sources: m.Sources(), Rate: m.Rate(), Latency: 1e3 * float64(m.Latency()) / float64(rate),
		Lookahead: m.Lookahead(), Transform: m.Pair().String(), Parameters: m.Parameters(), Bytes: m.bytes, Card: &card,
	}
}

func (c *modelsCmd) Run(std *streams) error {
	names := modelNames()
	if c.Name != "" {
		names = []string{c.Name}
	}
	var infos []modelInfo
	for _, n := range names {
		m, err := loadModel(n)
		if err != nil {
			return err
		}
		infos = append(infos, describe(m))
	}
	switch {
	case c.JSON:
		enc := json.NewEncoder(std.out)
		enc.SetIndent("", "  ")
		return enc.Encode(infos)
	case c.Name != "":
		return infos[0].card(std)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSOURCE\tRATE\tLATENCY\tSIZE\tLICENCE\tSCORES")
	for _, i := range infos {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f ms\t%s\t%s\t%s\n",
			i.Name, strings.Join(i.Sources, ","), i.rate(), i.Latency, i.size(), i.Card.Licence, i.scores())
	}
	return w.Flush()
}

func (i modelInfo) rate() string {
	if i.Rate == 0 {
		return "any"
	}
	return fmt.Sprintf("%g kHz", float64(i.Rate)/1e3)
}

func (i modelInfo) size() string {
	if i.Bytes == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f MB", float64(i.Bytes)/1e6)
}

func (i modelInfo) scores() string {
	if len(i.Card.Scores) == 0 {
		return "–"
	}
	var s []string
	for _, k := range slices.Sorted(maps.Keys(i.Card.Scores)) {
		s = append(s, fmt.Sprintf("%s %.2f dB", k, i.Card.Scores[k]))
	}
	return strings.Join(s, "; ")
}

// card writes all that is known of a model.
func (i modelInfo) card(std *streams) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	line := func(name, format string, v ...any) {
		if s := fmt.Sprintf(format, v...); s != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, s)
		}
	}
	line("name", "%s", i.Name)
	line("description", "%s", i.Card.Description)
	line("source", "%s", strings.Join(i.Sources, ", "))
	line("rate", "%s", i.rate())
	line("latency", "%.1f ms (%s, look-ahead %d frames)", i.Latency, i.Transform, i.Lookahead)
	line("size", "%d weights, %s", i.Parameters, i.size())
	line("licence", "%s", i.Card.Licence)
	for n, d := range i.Card.Data {
		name := ""
		if n == 0 {
			name = "learnt from"
		}
		line(name, "%s", d)
	}
	line("recipe", "%s", strings.ReplaceAll(strings.TrimSpace(i.Card.Recipe), "\n", "\n\t"))
	if i.Parameters > 0 {
		line("seed", "%d", i.Card.Seed)
	}
	line("training took", "%s", i.Card.TrainTime)
	for n, k := range slices.Sorted(maps.Keys(i.Card.Scores)) {
		name := ""
		if n == 0 {
			name = "scores"
		}
		line(name, "%s: %.2f dB", k, i.Card.Scores[k])
	}
	line("limits", "%s", i.Card.Limits)
	return w.Flush()
}
