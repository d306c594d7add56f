package dataset

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// slakhTrack is what matters of a metadata.yaml.
type slakhTrack struct {
	Stems map[string]struct {
		Class    string `yaml:"inst_class"`
		Drums    bool   `yaml:"is_drum"`
		Rendered *bool  `yaml:"audio_rendered"` // false where there is no file
	} `yaml:"stems"` // by file name without ending
}

// slakh reads Slakh2100 (https://github.com/ethman/slakh-utils): TrackNNNNN with mix.flac, metadata.yaml and
// stems/S00.flac …, or WAV files of the same names.
func slakh(l listing) (songs []Folder, mine bool, err error) {
	meta, stems := l.file("metadata.yaml"), l.folder("stems")
	if meta == "" || stems == "" {
		return nil, false, nil
	}
	in, err := list(stems, nil)
	if err != nil || !slices.ContainsFunc(in.files, slakhName) {
		return nil, false, err
	}
	var track slakhTrack
	if err := readYAML(meta, &track); err != nil {
		return nil, true, err
	}
	song := Folder{Dir: l.dir, whole: true}
	_, song.Mix = l.audio()
	for _, key := range slices.Sorted(maps.Keys(track.Stems)) {
		s := track.Stems[key]
		if s.Rendered != nil && !*s.Rendered {
			continue
		}
		path := in.file(key+".flac", key+".wav")
		if path == "" {
			return nil, true, fmt.Errorf("%s: want a file %s.flac or .wav in %s, found none", meta, oneLine(key), stems)
		}
		stem := Stem{Path: path, Name: strings.TrimSuffix(strings.ToLower(s.Class), " (continued)"), Family: familyOf(s.Class)}
		if s.Drums {
			stem.Name, stem.Family = "drums", "drums"
		}
		song.Stems = append(song.Stems, stem)
	}
	if len(song.Stems) == 0 {
		return nil, true, fmt.Errorf("%s: want stems, each with inst_class, found none", meta)
	}
	return []Folder{song}, true, nil
}

// slakhName tells whether a file is called as the stems of Slakh are.
func slakhName(file string) bool {
	name, ok := AudioName(file)
	digits, is := strings.CutPrefix(name, "s")
	return ok && is && len(digits) == 2 && strings.Trim(digits, "0123456789") == "" && filepath.Ext(file) != ".ogg"
}
