package dataset

import (
	"strings"
	"testing"
)

const slakhMeta = `UUID: 1a81ae092884234f3264e2f45927f00a
audio_dir: stems
normalized: true
overall_gain: 0.18270259567062658
stems:
  S00:
    audio_rendered: true
    inst_class: Guitar
    integrated_loudness: -12.8
    is_drum: false
    midi_program_name: Distortion Guitar
    program_num: 30
  S01:
    audio_rendered: true
    inst_class: Strings (continued)
    is_drum: false
  S02:
    audio_rendered: false
    inst_class: Synth Pad
    is_drum: false
  S10: {audio_rendered: true, inst_class: Drums, is_drum: true}
  S11: {inst_class: Chromatic Percussion}
  S12: {inst_class: Piano}
  S13: {inst_class: Bass}
  S14: {inst_class: Percussive}
target_peak: -1.0
`

func TestSlakh(t *testing.T) {
	files := map[string]string{
		"slakh/train/Track00001/metadata.yaml": slakhMeta, "slakh/train/Track00001/mix.flac": "~", "slakh/train/Track00001/all_src.mid": "MThd",
		"slakh/train/Track00001/MIDI/S00.mid": "MThd", "slakh/train/Track00001/stems/drums.wav": "~", // found by what the metadata say only
		"baby/Track00002/metadata.yaml": "stems: {S00: {inst_class: Synth Lead}}", "baby/Track00002/stems/S00.wav": "~~",
	}
	for _, s := range []string{"00", "01", "10", "11", "12", "13", "14"} {
		files["slakh/train/Track00001/stems/S"+s+".flac"] = "~"
	}
	line := "train | Track00001"
	for _, s := range []string{
		"guitar:guitar=#S00", "strings:other=#S01", "drums:drums=#S10", "chromatic percussion:other=#S11", "piano:piano=#S12", "bass:bass=#S13", "percussive:drums=#S14",
	} {
		line += " | " + strings.ReplaceAll(s, "#", "slakh/train/Track00001/stems/") + ".flac"
	}
	layoutCase{files: files, also: []string{"drums"}, want: []string{
		"baby | Track00002 | synth lead:other=baby/Track00002/stems/S00.wav",
		line + " | mix mix:=slakh/train/Track00001/mix.flac",
	}}.check(t)
}

func TestSlakhErrors(t *testing.T) {
	for _, c := range []struct {
		meta string
		err  string
	}{
		{"stems: {S00: {inst_class: Bass}, S01: {inst_class: Bass}}", "metadata.yaml: want a file S01.flac or .wav in "},
		{"stems: {../../x: {inst_class: Bass}}", "metadata.yaml: want a file ../../x.flac"},
		{"stems: {S00: {inst_class: Bass, audio_rendered: false}}", "metadata.yaml: want stems, each with inst_class, found none"},
		{"stems:\n  S00: [1, 2]\n", "metadata.yaml: want YAML that says what the stems are, found line 2: cannot unmarshal"},
		{"stems: {S00", "metadata.yaml: want YAML, found line 1: did not find expected"},
		{"UUID: 3", "want stems"},
		{" ", "want stems"},
		{strings.Repeat("#", 5<<20), "want YAML of up to 4 MB, found more"},
	} {
		layoutCase{files: map[string]string{"Track1/metadata.yaml": c.meta, "Track1/stems/S00.wav": "~"}, err: []string{c.err}}.check(t)
	}
	// Metadata of another kind are none of ours.
	layoutCase{
		files: map[string]string{"song/metadata.yaml": "{", "song/stems/drums.wav": "~"},
		want:  []string{"song | stems | drums:drums=song/stems/drums.wav"},
	}.check(t)
}
