package dataset

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a song as it lies on disk: a folder of stems, or a file that holds them all.
type Folder struct {
	Set   string // the folder that the song lies in, in as few words as tell it from other sets
	Name  string // the song's own folder, or file without its ending
	Dir   string // the path of that folder or file
	Stems []Stem // by path, or as they lie in a file
	Mix   Stem   // the mixture; without a path where there is none: it is then the sum of the stems
	whole bool   // all below Dir belongs to the song
}

// Stem says where one instrument of a song is to be found, and what it is.
type Stem struct {
	Path    string // of an audio file, or of a container with several streams
	Stream  int    // which audio stream of the container, from 1, decoded by ffmpeg; 0 for an audio file
	Channel int    // which channel, from 1; 0 for all
	Name    string // the instrument in lower case, as the layout or else the file's name without its ending has it
	Family  string // what it belongs to: drums, bass, guitar, piano, vocals, other or backing; "" if unknown
	Sung    bool   // of a backing: nobody knows that there is no voice in it
}

// Is tells whether the stem is of a source: of its name, or of its family.
func (s Stem) Is(source string) bool {
	return source != "" && (s.Name == source || s.Family == source)
}

// Find returns the songs at any depth below the folders, by path, whatever layout they have (see layouts). A folder
// of no special layout is a song where a file in it is named for an instrument, one of those known or one of also; its
// other audio files are stems, too. A file can be given instead of a folder.
func Find(dirs []string, also ...string) ([]Folder, error) {
	songs := map[string]Folder{}
	for _, dir := range dirs {
		root, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() && path != root {
				return err
			}
			here := listing{dir: filepath.Dir(path), files: []string{d.Name()}, also: also}
			if d.IsDir() {
				if here, err = list(path, also); err != nil {
					return err
				}
			}
			found, err := here.songs()
			for _, song := range found {
				if _, known := songs[song.Dir]; d.IsDir() || !known {
					songs[song.Dir] = song
				}
			}
			if err == nil && d.IsDir() && slices.ContainsFunc(found, func(f Folder) bool { return f.whole }) {
				return filepath.SkipDir
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(songs) == 0 {
		return nil, fmt.Errorf("%s: no song, want folders with stems such as drums.wav and vocals.wav", strings.Join(dirs, ", "))
	}
	var found []Folder
	for _, dir := range slices.Sorted(maps.Keys(songs)) {
		found = append(found, songs[dir])
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
		if songs[i].Name == "" {
			songs[i].Name = filepath.Base(absolute)
		}
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
