package dataset

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// fretsOnFireParts are the families of the files, which may be counted: drums_1, drums_2 …
var fretsOnFireParts = map[string]string{
	"guitar": "guitar", "bass": "bass", "drums": "drums", "vocals": "vocals", "keys": "other",
	"rhythm": "", // the bass or a second guitar
	"song":   "backing", "crowd": "backing",
}

// fretsOnFire reads songs of Frets on Fire, Clone Hero and their kin: a folder with song.ini and files that add up to
// the song, song being what is in none of the others. A folder that holds the whole song in one file has no stems.
func fretsOnFire(l listing) (songs []Folder, mine bool, err error) {
	ini := l.file("song.ini")
	if ini == "" {
		return nil, false, nil
	}
	song := Folder{Dir: l.dir, whole: true}
	has := map[string]bool{}
	for _, f := range l.files {
		name, ok := AudioName(f)
		stem := Stem{Path: l.path(f), Name: name}
		if strings.EqualFold(filepath.Ext(f), ".opus") {
			ok, stem.Stream = true, 1
		}
		part, _, _ := strings.Cut(name, "_")
		family, known := fretsOnFireParts[part]
		if ok && known { // others, such as preview.ogg, are no part of the song
			stem.Family, has[part] = family, true
			song.Stems = append(song.Stems, stem)
		}
	}
	if len(song.Stems) < 2 || !slices.ContainsFunc(song.Stems, func(s Stem) bool { return s.Family != "backing" }) {
		return nil, true, nil
	}
	for i, s := range song.Stems {
		switch s.Family {
		case "":
			if song.Stems[i].Family, err = rhythm(ini, has["bass"]); err != nil {
				return nil, true, err
			}
		case "backing":
			song.Stems[i].Sung = !has["vocals"] || s.Name == "crowd"
		}
	}
	return []Folder{song}, true, nil
}

// rhythm is the family of a song's file rhythm, by which parts song.ini says there are to be played.
func rhythm(ini string, bass bool) (string, error) {
	f, err := os.Open(ini)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return "", fmt.Errorf("%s: %w", ini, err)
	}
	second := plays(string(text), "rhythm")
	switch {
	case bass || second && !plays(string(text), "bass"):
		return "guitar", nil
	case second:
		return "backing", nil // both may be in it
	}
	return "bass", nil
}

// plays tells whether a song.ini gives a part a difficulty: diff_PART = 0 or more.
func plays(ini, part string) bool {
	for line := range strings.Lines(ini) {
		key, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(strings.TrimSpace(key), "diff_"+part) {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			return err == nil && n >= 0
		}
	}
	return false
}
