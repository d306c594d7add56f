package dataset

import "strings"

// musdbStems reads MUSDB18's files *.stem.mp4 (https://sigsep.github.io/datasets/musdb.html): five stereo AAC streams,
// the mixture first. MUSDB18-HQ, with its folders of WAV files, is plain.
func musdbStems(l listing) (songs []Folder, mine bool, err error) {
	const ending = ".stem.mp4"
	for _, f := range l.files {
		if !strings.HasSuffix(strings.ToLower(f), ending) {
			continue
		}
		song := Folder{Dir: l.path(f), Name: f[:len(f)-len(ending)]}
		song.Mix = Stem{Path: song.Dir, Stream: 1, Name: "mixture"}
		for i, name := range []string{"drums", "bass", "other", "vocals"} {
			song.Stems = append(song.Stems, Stem{Path: song.Dir, Stream: i + 2, Name: name, Family: name})
		}
		songs = append(songs, song)
	}
	return songs, len(songs) > 0, nil
}
