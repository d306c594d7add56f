package dataset

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// meta is what a song's meta.json may say of where it comes from.
type meta struct {
	Set     string `json:"set"`
	Song    string `json:"song"`
	Repo    string `json:"repo"`
	Licence string `json:"licence"`
	Sources map[string][]struct {
		Source  string `json:"source"`
		Author  string `json:"author"`
		Licence string `json:"licence"`
	} `json:"sources"` // by family
}

// origins tells what a song was made of, as its meta.json has it.
func origins(dir string) []string {
	unknown := []string{filepath.Base(dir) + " (origin unknown)"}
	text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		return unknown
	}
	var m meta
	if err := json.Unmarshal(text, &m); err != nil {
		return unknown
	}
	var from []string
	for _, list := range m.Sources {
		for _, s := range list {
			text := s.Source
			if s.Author != "" {
				text += ", " + s.Author
			}
			if s.Licence != "" {
				text += " (" + s.Licence + ")"
			}
			from = append(from, text)
		}
	}
	if m.Set != "" {
		from = append(from, fmt.Sprintf("%s: %s, %s (%s)", m.Set, m.Song, m.Repo, m.Licence))
	}
	if len(from) == 0 {
		return unknown
	}
	return from
}

// Sources are what the set was made of, with licences, each once, in order.
func (s *Set) Sources() []string {
	var all []string
	for _, song := range s.Songs {
		all = append(all, song.From...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
