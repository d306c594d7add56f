package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
)

// Augmentation says how often an example is changed by what, each a probability from 0 to 1. With all
// 0 an example is the plain sum of the stems of one song, each at a random level. Setting one of them leaves
// all that the others draw as it is, so that two examples of one random state differ by that one alone.
//
// How far each change goes is in strengths.
type Augmentation struct {
	// Of an example: what plays together.
	Remix  float64 `json:"remix"`  // stems come of different songs
	Absent float64 `json:"absent"` // the target does not play
	Alone  float64 `json:"alone"`  // nothing else does

	// Of each stem, in the order in which they are applied.
	Resample  float64 `json:"resample"`  // faster and higher, or slower and lower; of a song, all its stems together
	Double    float64 `json:"double"`    // a second voice, late and out of tune; see doubled
	Amplifier float64 `json:"amplifier"` // a driven amplifier with its cabinet; see amplified
	Saturate  float64 `json:"saturate"`  // a soft bend
	Equalise  float64 `json:"equalise"`  // one or two peaking filters
	Shelf     float64 `json:"shelf"`     // a low or high shelf, or both
	Highpass  float64 `json:"highpass"`  // no bass
	Tilt      float64 `json:"tilt"`      // brighter or darker
	Compress  float64 `json:"compress"`  // a compressor, of four one a limiter
	Ride      float64 `json:"ride"`      // the level changes slowly
	Room      float64 `json:"room"`      // a room of its own
	Invert    float64 `json:"invert"`    // the other polarity

	// Of the mixture. What is linear is done to the target alike, so that it stays a part of the mixture.
	CommonRoom float64 `json:"common_room"` // one room for all; the target is heard in it
	Noise      float64 `json:"noise"`       // hiss beneath the mixture, not in the target
	Hum        float64 `json:"hum"`         // the mains, likewise
	Crackle    float64 `json:"crackle"`     // dust, likewise
	Bus        float64 `json:"bus"`         // a compressor that hears the mixture; the target gets the same gain
	Lowpass    float64 `json:"lowpass"`     // no treble, as of old recordings and low rates
	Codec      float64 `json:"codec"`       // a codec's steep low-pass, half of them with noise for the highs, in each alike
}

// DefaultAugmentation is what Load sets and a recipe that says nothing trains by.
func DefaultAugmentation() Augmentation {
	return Augmentation{
		Remix: 0.7, Absent: 0.04, Alone: 0.03,
		Resample: 0.6, Double: 0.25, Amplifier: 0.3, Saturate: 0.15,
		Equalise: 0.6, Shelf: 0.25, Highpass: 0.15, Tilt: 0.4,
		Compress: 0.3, Ride: 0.2, Room: 0.3, Invert: 0.5,
		CommonRoom: 0.15, Noise: 0.2, Hum: 0.05, Crackle: 0.03, Bus: 0.25, Lowpass: 0.15, Codec: 0.15,
	}
}

// span is a range from which values are drawn.
type span struct{ from, to float64 }

func (s span) draw(r *rand.Rand) float64 { return s.from + (s.to-s.from)*r.Float64() }

// log draws evenly by ratio.
func (s span) log(r *rand.Rand) float64 { return s.from * math.Pow(s.to/s.from, r.Float64()) }

// strengths are how far changes go. They are read only.
var strengths = struct {
	semitones                             span // resampling
	lag, cents, second                    span // doubling: s, detuning, dB
	drive, bias, treble                   span // amplifier, as the fields of amplifier
	cabinetLow, middle, ring, cabinetHigh span // Hz, Hz, dB, Hz
	bend                                  span // saturation, as saturate's drive
	peak, peakQ                           span // equaliser: Hz, Q; its dB are normal with a deviation of 4
	lowShelf, highShelf, shelf            span // Hz, Hz, dB
	highpass                              span // Hz
	tilt                                  span // share
	threshold, ratio, attack, release     span // compressor: dB of the active level, 1, s, s
	limit                                 span // limiter: dB of the active level
	ride                                  span // dB
	rt60, wet, commonWet, damping         span // room: s, dB, dB, 1
	floor                                 span // noise, hum and crackle: dB of the mixture
	busThreshold                          span // dB of the mixture
	lowpass, codec, substitute            span // Hz
}{
	semitones: span{-3, 3},
	lag:       span{0.008, 0.03}, cents: span{-8, 8}, second: span{-9, 0},
	drive: span{0.2, 8}, bias: span{-0.4, 0.4}, treble: span{0, 3},
	cabinetLow: span{60, 130}, middle: span{1800, 3500}, ring: span{0, 7}, cabinetHigh: span{3500, 7000},
	bend: span{1, 4},
	peak: span{80, 10240}, peakQ: span{0.5, 1.5},
	lowShelf: span{60, 400}, highShelf: span{2000, 10000}, shelf: span{-9, 6},
	highpass:  span{30, 180},
	tilt:      span{-0.5, 0.5},
	threshold: span{-15, 3}, ratio: span{1.5, 8}, attack: span{0.001, 0.05}, release: span{0.03, 0.6},
	limit: span{0, 6},
	ride:  span{1, 6},
	rt60:  span{0.1, 1.2}, wet: span{-25, -6}, commonWet: span{-25, -10}, damping: span{0, 0.8},
	floor:        span{-80, -50},
	busThreshold: span{-9, 3},
	lowpass:      span{3500, 16000}, codec: span{11000, 19000}, substitute: span{5000, 11000},
}

// doubled and amplified are a family's share of the probability.
var (
	doubled   = map[string]float64{"guitar": 1, "vocals": 1, "backing": 0.3, "other": 0.7, "piano": 0.3, "bass": 0.2}
	amplified = map[string]float64{"guitar": 1, "bass": 0.4, "other": 0.25, "piano": 0.2, "vocals": 0.15}
)

// Check tells whether all are probabilities. The error names the first that is not.
func (a Augmentation) Check() error {
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		if p := v.Field(i).Float(); !(p >= 0 && p <= 1) {
			return fmt.Errorf("dataset: augmentation %s is %g, want a probability from 0 to 1", v.Type().Field(i).Tag.Get("json"), p)
		}
	}
	return nil
}
