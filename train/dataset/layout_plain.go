package dataset

// plain reads a folder with an audio file a stem, named for its instrument. Further songs may lie below it.
func plain(l listing) ([]Folder, bool, error) {
	stems, mix := l.audio()
	if !l.named(stems) {
		return nil, false, nil
	}
	return []Folder{{Dir: l.dir, Stems: stems, Mix: mix}}, true, nil
}

// family maps the name of a stem's file to its family, "" if it has none. Synthesisers and keyboards are other; backing
// is a mixture without voice and without what the song's other stems are.
func family(name string) string {
	switch name {
	case "drums", "bass", "guitar", "piano", "vocals", "other", "backing":
		return name
	case "synth", "keys", "strings", "brass":
		return "other"
	case "accompaniment":
		return "backing"
	}
	return ""
}
