package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// layouts are the ways in which songs lie on disk that Find knows. Each looks at a folder and tells which songs it
// makes of it; the folder is its own where mine is true, even without a song, and no later one gets to see it.
var layouts = []func(listing) (songs []Folder, mine bool, err error){
	musdbStems,  // *.stem.mp4
	mir1k,       // Wavfile/*.wav
	slakh,       // metadata.yaml, stems/S00.flac
	medleydb,    // X_METADATA.yaml, X_STEMS/X_STEM_01.wav
	fretsOnFire, // song.ini, guitar.ogg, song.ogg
	plain,       // drums.wav, vocals.flac: MUSDB18-HQ, and what soloist render makes
}

// listing is what lies in a folder.
type listing struct {
	dir            string
	files, folders []string // names, in order
	also           []string // instruments besides those that family knows
}

func list(dir string, also []string) (listing, error) {
	entries, err := os.ReadDir(dir)
	l := listing{dir: dir, also: also}
	for _, e := range entries {
		if e.IsDir() {
			l.folders = append(l.folders, e.Name())
		} else {
			l.files = append(l.files, e.Name())
		}
	}
	return l, err
}

// songs are those of the first layout that calls the folder its own.
func (l listing) songs() ([]Folder, error) {
	for _, layout := range layouts {
		if songs, mine, err := layout(l); mine || err != nil {
			return songs, err
		}
	}
	return nil, nil
}

// name is the folder's own.
func (l listing) name() string {
	if absolute, err := filepath.Abs(l.dir); err == nil {
		return filepath.Base(absolute)
	}
	return filepath.Base(l.dir)
}

func (l listing) path(name string) string { return filepath.Join(l.dir, name) }

// file returns the path of the first file there is of these names, in any case of letters, or "".
func (l listing) file(names ...string) string { return l.first(l.files, names) }

// folder does the same for folders.
func (l listing) folder(names ...string) string { return l.first(l.folders, names) }

func (l listing) first(of, names []string) string {
	for _, name := range names {
		for _, f := range of {
			if strings.EqualFold(f, name) {
				return l.path(f)
			}
		}
	}
	return ""
}

// audio returns a stem for each audio file, named for it. What it is called mix or mixture is the second result.
func (l listing) audio() (stems []Stem, mix Stem) {
	for _, f := range l.files {
		name, ok := AudioName(f)
		switch {
		case !ok:
		case name == "mix" || name == "mixture":
			mix = Stem{Path: l.path(f), Name: name}
		default:
			stems = append(stems, Stem{Path: l.path(f), Name: name, Family: family(name)})
		}
	}
	return stems, mix
}

// AudioName is a file's name in lower case and without its ending; ok if that is one of an audio file.
func AudioName(file string) (name string, ok bool) {
	ext := filepath.Ext(file)
	name = strings.ToLower(strings.TrimSuffix(file, ext))
	return name, slices.Contains([]string{".wav", ".flac", ".ogg", ".mp3"}, strings.ToLower(ext))
}

// named tells whether one of the stems is named for an instrument.
func (l listing) named(stems []Stem) bool {
	return slices.ContainsFunc(stems, func(s Stem) bool { return s.Family != "" || slices.Contains(l.also, s.Name) })
}
