package evaluate

import (
	"encoding/json"
	"math"
	"strconv"
)

// DB is a ratio in decibels, NaN where it is undefined. In JSON that is null.
type DB float64

// Undefined is the DB that has no value.
func Undefined() DB { return DB(math.NaN()) }

// Defined tells whether d has a value.
func (d DB) Defined() bool { return !math.IsNaN(float64(d)) }

// MarshalJSON writes a number, or null.
func (d DB) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(d)) || math.IsInf(float64(d), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(d), 'g', -1, 64), nil
}

// UnmarshalJSON reads a number, or null.
func (d *DB) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*d = Undefined()
		return nil
	}
	return json.Unmarshal(text, (*float64)(d))
}

// Format is the version of a result as JSON.
const Format = "soloist-eval-1"

// Result is all that an evaluation found out.
type Result struct {
	Format  string   `json:"format"` // Format
	Models  []string `json:"models"` // as they were asked for
	Filter  int      `json:"filter"` // taps of BSS-Eval's distortion filters
	Window  float64  `json:"window"` // seconds: BSS-Eval's window and hop
	Sources []string `json:"sources"`
	Songs   []Song   `json:"songs"` // in the order of their folders
}

// Song is what was found out about one song.
type Song struct {
	Set      string   `json:"set"`
	Name     string   `json:"name"`
	Dir      string   `json:"dir"`
	Rate     int      `json:"rate"`            // Hz
	Channels int      `json:"channels"`        //
	Frames   int      `json:"frames"`          // samples a channel
	Error    string   `json:"error,omitempty"` // why it was skipped
	Scores   []Scores `json:"scores"`          // by source, and for each by contestant
}

// A Contestant is whose estimate is scored.
type Contestant string

// The contestants, in the order of tables.
const (
	Model    Contestant = "model"    // the separator under test
	Mixture  Contestant = "mixture"  // the untouched mixture: what doing nothing gives
	Baseline Contestant = "baseline" // what one gets without learning
	Oracle   Contestant = "oracle"   // the ideal ratio mask: what knowing the truth gives
)

// Contestants are all of them, in the order of tables.
var Contestants = []Contestant{Model, Mixture, Baseline, Oracle}

// Scores are those of one contestant's estimate of one source of one song.
type Scores struct {
	Source     string     `json:"source"`
	Contestant Contestant `json:"contestant"`
	Summary               // medians over Frames, and SI-SDR and uSDR of the whole song
	Frames     Frames     `json:"frames"`
}

// Summary is one figure a metric.
type Summary struct {
	SDR   DB `json:"sdr"`
	ISR   DB `json:"isr"`
	SIR   DB `json:"sir"`
	SAR   DB `json:"sar"`
	SISDR DB `json:"si_sdr"`
	USDR  DB `json:"usdr"`
}

// Frames are the BSS-Eval v4 scores of each window, null where undefined.
type Frames struct {
	SDR []DB `json:"sdr"`
	ISR []DB `json:"isr"`
	SIR []DB `json:"sir"`
	SAR []DB `json:"sar"`
}
