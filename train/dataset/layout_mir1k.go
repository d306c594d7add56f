package dataset

import (
	"path/filepath"
	"strings"
)

// mir1k reads MIR-1K's folders of karaoke recordings (Hsu & Jang, "On the improvement of singing voice separation for
// monaural recordings using the MIR-1K dataset", IEEE Trans. ASLP 18(2), 2010): Wavfile, of the clips, and
// UndividedWavfile, of the songs they are cut from. A file is a song, left the accompaniment and right the voice.
func mir1k(l listing) (songs []Folder, mine bool, err error) {
	if base := strings.ToLower(l.name()); base != "wavfile" && base != "undividedwavfile" {
		return nil, false, nil
	}
	files, mix := l.audio()
	if len(files) == 0 || mix.Path != "" || l.named(files) { // the folder is called so, but is something else
		return nil, false, nil
	}
	for _, f := range files {
		name := filepath.Base(f.Path)
		songs = append(songs, Folder{Dir: f.Path, Name: strings.TrimSuffix(name, filepath.Ext(name)), Stems: []Stem{
			{Path: f.Path, Channel: 1, Name: "accompaniment", Family: "backing"},
			{Path: f.Path, Channel: 2, Name: "vocals", Family: "vocals"},
		}})
	}
	return songs, true, nil
}
