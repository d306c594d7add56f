package dataset

import "testing"

func TestMUSDBHQ(t *testing.T) {
	layoutCase{
		files: map[string]string{
			"musdb18hq/train/A - One/bass.wav": "~~", "musdb18hq/train/A - One/drums.wav": "~~", "musdb18hq/train/A - One/other.wav": "~~",
			"musdb18hq/train/A - One/vocals.wav": "~~", "musdb18hq/train/A - One/mixture.wav": "~~",
			"musdb18hq/test/B - Two/drums.wav": "~~", "musdb18hq/test/B - Two/flute.flac": "~", "musdb18hq/test/B - Two/takes/vocals.wav": "~",
			"musdb18hq/test/notes.wav": "~",
		},
		want: []string{
			"test | B - Two | drums:drums=musdb18hq/test/B - Two/drums.wav | flute:=musdb18hq/test/B - Two/flute.flac",
			"B - Two | takes | vocals:vocals=musdb18hq/test/B - Two/takes/vocals.wav",
			"train | A - One | bass:bass=musdb18hq/train/A - One/bass.wav | drums:drums=musdb18hq/train/A - One/drums.wav | " +
				"other:other=musdb18hq/train/A - One/other.wav | vocals:vocals=musdb18hq/train/A - One/vocals.wav | " +
				"mix mixture:=musdb18hq/train/A - One/mixture.wav",
		},
	}.check(t)
}
