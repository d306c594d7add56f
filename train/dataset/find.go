package dataset

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a song as it lies on disk: a folder with an audio file for each stem.
type Folder struct {
	Set   string // the folder that the song lies in, in as few words as tell it from other sets
	Name  string // the song's own folder
	Dir   string // its path
	Stems []Stem // by path
	Mix   string // the path of mix.* or mixture.*, "" where there is none: the mixture is then the sum of the stems
}

// Stem is the file of one instrument.
type Stem struct {
	Path   string
	Name   string // of the file, in lower case and without its ending
	Family string // what its name belongs to: drums, bass, guitar, piano, vocals, other or backing; "" if unknown
}

// Is tells whether the stem is of a source: of its name, or of its family.
func (s Stem) Is(source string) bool {
	return source != "" && (s.Name == source || s.Family == source)
}

// Find returns the songs at any depth below the folders, by path. A folder is a song where a file in it is
// named for an instrument, one of those known or one of also; its other audio files are stems, too.
func Find(dirs []string, also ...string) ([]Folder, error) {
	songs := map[string]*Folder{}
	for _, dir := range dirs {
		root, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch ext := filepath.Ext(path); strings.ToLower(ext) {
			case ".wav", ".flac", ".ogg", ".mp3":
				at := filepath.Dir(path)
				song := songs[at]
				if song == nil {
					song = &Folder{Dir: at}
					songs[at] = song
				}
				name := strings.ToLower(strings.TrimSuffix(d.Name(), ext))
				if name == "mix" || name == "mixture" {
					song.Mix = path
				} else if stem := (Stem{Path: path, Name: name, Family: family(name)}); !slices.Contains(song.Stems, stem) {
					song.Stems = append(song.Stems, stem)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var found []Folder
	for _, dir := range slices.Sorted(maps.Keys(songs)) {
		if slices.ContainsFunc(songs[dir].Stems, func(s Stem) bool { return s.Family != "" || slices.Contains(also, s.Name) }) {
			found = append(found, *songs[dir])
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no song, want folders with stems such as drums.wav and vocals.wav", strings.Join(dirs, ", "))
	}
	name(found)
	return found, nil
}

// name gives the songs their names and those of their sets: the last parts of the paths, as many as tell them apart.
func name(songs []Folder) {
	parents := map[string]string{} // folder of songs to its absolute path
	for i := range songs {
		absolute, err := filepath.Abs(songs[i].Dir)
		if err != nil {
			absolute = songs[i].Dir
		}
		songs[i].Name = filepath.Base(absolute)
		parents[filepath.Dir(songs[i].Dir)] = filepath.ToSlash(filepath.Dir(absolute))
		songs[i].Set = filepath.Dir(songs[i].Dir)
	}
	short := map[string]string{}
	for key, path := range parents {
		parts := strings.Split(strings.Trim(path, "/"), "/")
		for n := 1; n <= len(parts); n++ {
			tail := strings.Join(parts[len(parts)-n:], "/")
			short[key] = tail
			same := 0
			for _, other := range parents {
				if other == tail || strings.HasSuffix(other, "/"+tail) {
					same++
				}
			}
			if same == 1 {
				break
			}
		}
	}
	for i := range songs {
		songs[i].Set = short[songs[i].Set]
	}
}

// family maps a stem's name to its family, "" if it has none. Synthesisers and keyboards are other; backing
// is a mixture without the song's guitar and voice.
func family(name string) string {
	switch name {
	case "drums", "bass", "guitar", "piano", "vocals", "other", "backing":
		return name
	case "synth", "keys", "strings", "brass", "accompaniment":
		return "other"
	}
	return ""
}
