package dataset

import (
	"strings"
	"testing"
)

const medleyMeta = `album: ''
artist: Liz Nelson
has_bleed: 'no'
mix_filename: L_R_MIX.wav
raw_dir: L_R_RAW
stem_dir: L_R_STEMS
stems:
  S01:
    component: melody
    filename: L_R_STEM_01.wav
    instrument: female singer
    raw:
      R01: {filename: L_R_RAW_01_01.wav, instrument: female singer}
  S02:
    component: bass
    filename: L_R_STEM_02.wav
    instrument: synthesizer
    raw:
      R01: {filename: L_R_RAW_02_01.wav, instrument: electric bass}
      R02: {filename: L_R_RAW_02_02.wav, instrument: [Clean Electric Guitar, acoustic guitar]}
  S03: {component: '', filename: L_R_STEM_03.wav, instrument: [violin, viola], raw: {}}
  S04: {component: '', filename: L_R_STEM_04.wav, instrument: [piano, male singer]}
  S05: {filename: L_R_STEM_05.wav, instrument: Main System}
  S06: {filename: L_R_STEM_06.wav}
title: Rainfall
`

func TestMedleyDB(t *testing.T) {
	mixed := map[string]string{"V1/L_R/L_R_METADATA.yaml": medleyMeta, "V1/L_R/L_R_MIX.wav": "~~", "V1/L_R/L_R_RAW/L_R_RAW_01_01.wav": "~"}
	apart := map[string]string{"MedleyDB/Metadata/L_R_METADATA.yaml": medleyMeta, "MedleyDB/Audio/L_R/L_R_MIX.wav": "~~"}
	for _, n := range []string{"01", "02", "03", "04", "05", "06"} {
		mixed["V1/L_R/L_R_STEMS/L_R_STEM_"+n+".wav"] = "~~"
		apart["MedleyDB/Audio/L_R/L_R_STEMS/L_R_STEM_"+n+".wav"] = "~~"
	}
	line := " | L_R | female singer:vocals=#01.wav | synthesizer:bass=#02.wav | violin, viola:other=#03.wav | " +
		"piano, male singer:=#04.wav | main system:=#05.wav | :=#06.wav | mix mix:="
	layoutCase{files: mixed, want: []string{
		"V1" + strings.ReplaceAll(line, "#", "V1/L_R/L_R_STEMS/L_R_STEM_") + "V1/L_R/L_R_MIX.wav",
	}}.check(t)
	layoutCase{files: apart, want: []string{
		"Audio" + strings.ReplaceAll(line, "#", "MedleyDB/Audio/L_R/L_R_STEMS/L_R_STEM_") + "MedleyDB/Audio/L_R/L_R_MIX.wav",
	}}.check(t)
	// Without stems what they were made of, and not the mixture, which it does not add up to.
	layoutCase{
		files: map[string]string{
			"L_R/L_R_METADATA.yaml": medleyMeta, "L_R/L_R_MIX.wav": "~~", "L_R/L_R_RAW/L_R_RAW_01_01.wav": "~",
			"L_R/L_R_RAW/L_R_RAW_02_01.wav": "~", "L_R/L_R_RAW/L_R_RAW_02_02.wav": "~",
		},
		want: []string{"%s | L_R | " + strings.ReplaceAll("female singer:vocals=#01_01.wav | electric bass:bass=#02_01.wav | "+
			"clean electric guitar, acoustic guitar:guitar=#02_02.wav", "#", "L_R/L_R_RAW/L_R_RAW_")},
	}.check(t)
}

func TestMedleyDBErrors(t *testing.T) {
	for _, c := range []struct{ meta, err string }{
		{"stems: {S01: {filename: a.wav, instrument: piano}, S02: {filename: b.wav}}", `M_METADATA.yaml: want a file "b.wav" in `},
		{"stems: {S01: {filename: ../M_MIX.wav, instrument: piano}}", `M_METADATA.yaml: want a file "../M_MIX.wav" in `},
		{"stems: {S01: {instrument: piano}}", `M_METADATA.yaml: want a file "" in `},
		{"stems: {S01: {filename: a.wav, instrument: {a: b}}}", "M_METADATA.yaml: want YAML that says what the stems are, found line 1: cannot unmarshal"},
		{"stems: []", "M_METADATA.yaml: want YAML that says what the stems are, found line 1"},
		{"stems:\n\t- x", "M_METADATA.yaml: want YAML, found line 2: found character"},
		{"title: x", "M_METADATA.yaml: want stems, each with filename and instrument, found none"},
	} {
		layoutCase{files: map[string]string{"M/M_METADATA.yaml": c.meta, "M/M_STEMS/a.wav": "~", "M/M_MIX.wav": "~"}, err: []string{c.err}}.check(t)
	}
}

func TestInstruments(t *testing.T) {
	for family, names := range map[string][]string{
		"drums":  {"drum set", "Drum Machine", "Drums", "kick drum", "auxiliary percussion"},
		"bass":   {"electric bass", "double bass", "Bass"},
		"guitar": {"clean electric guitar", "distorted electric guitar", "acoustic guitar", "Guitar", "lap steel guitar"},
		"piano":  {"piano", "tack piano", "electric piano"},
		"vocals": {"male singer", "female singer", "vocalists", "male rapper", "female rapper"},
		"other":  {"violin", "Organ", "Synth Lead", "Sound Effects", "Ethnic", "Reed", "timpani", "an instrument yet to be built"},
		"":       {"", "Main System", "Unlabeled", "fx/processed sound"},
	} {
		for _, n := range names {
			if got := familyOf(n); got != family {
				t.Errorf("%s is %q, want %q", n, got, family)
			}
		}
	}
	if f := familyOf("oboe", "Flute"); f != "other" {
		t.Errorf("woodwind is %q", f)
	}
	if familyOf() != "" || familyOf("oboe", "piano") != "" || familyOf("piano", "oboe") != "" {
		t.Error("what is several things is one of them")
	}
}
