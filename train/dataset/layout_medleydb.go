package dataset

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// medleydbSong is what matters of a X_METADATA.yaml.
type medleydbSong struct {
	Mix   string                  `yaml:"mix_filename"`
	Stems map[string]medleydbStem `yaml:"stems"`
}

type medleydbStem struct {
	File       string                  `yaml:"filename"`
	Instrument words                   `yaml:"instrument"`
	Component  string                  `yaml:"component"` // melody, bass or ""
	Raw        map[string]medleydbStem `yaml:"raw"`       // the recordings that the stem was mixed from
}

// words are a text or a list of them.
type words []string

func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(w))
	}
	*w = words{""}
	return n.Decode(&(*w)[0])
}

// medleydb reads MedleyDB (https://github.com/marl/medleydb): the folder X with X_MIX.wav, X_METADATA.yaml and X_STEMS or,
// where only these are there, the recordings in X_RAW, whose mixture is their sum. The metadata of later versions
// lie together, in a folder Metadata beside X or beside X's parent.
func medleydb(l listing) (songs []Folder, mine bool, err error) {
	x := l.name()
	stems, raw := l.folder(x+"_STEMS"), l.folder(x+"_RAW")
	if stems == "" && raw == "" {
		return nil, false, nil
	}
	meta := l.file(x + "_METADATA.yaml")
	for _, up := range []string{"..", "../.."} {
		if meta == "" {
			beside, _ := list(filepath.Join(l.dir, up, "Metadata"), nil) // usually there is none
			meta = beside.file(x + "_METADATA.yaml")
		}
	}
	if meta == "" {
		return nil, false, nil
	}
	var m medleydbSong
	if err := readYAML(meta, &m); err != nil {
		return nil, true, err
	}
	song := Folder{Dir: l.dir, whole: true}
	at := raw
	if stems != "" {
		at = stems
		if mix := l.file(m.Mix, x+"_MIX.wav"); mix != "" {
			song.Mix = Stem{Path: mix, Name: "mix"}
		}
	}
	in, err := list(at, nil)
	if err != nil {
		return nil, true, err
	}
	for _, key := range slices.Sorted(maps.Keys(m.Stems)) {
		parts := []medleydbStem{m.Stems[key]}
		if stems == "" {
			parts = parts[:0]
			for _, r := range slices.Sorted(maps.Keys(m.Stems[key].Raw)) {
				parts = append(parts, m.Stems[key].Raw[r])
			}
		}
		for _, p := range parts {
			path := in.file(p.File)
			if path == "" {
				return nil, true, fmt.Errorf("%s: want a file %s in %s, found none", meta, oneLine(fmt.Sprintf("%q", p.File)), at)
			}
			song.Stems = append(song.Stems, Stem{Path: path, Name: strings.ToLower(strings.Join(p.Instrument, ", ")), Family: p.family()})
		}
	}
	if len(song.Stems) == 0 {
		return nil, true, fmt.Errorf("%s: want stems, each with filename and instrument, found none", meta)
	}
	return []Folder{song}, true, nil
}

// family is the stem's, a synthesiser that plays the bass being one.
func (s medleydbStem) family() string {
	if s.Component == "bass" && len(s.Instrument) == 1 && strings.EqualFold(s.Instrument[0], "synthesizer") {
		return "bass"
	}
	return familyOf(s.Instrument...)
}
