package render

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

// Job is one order of material.
type Job struct {
	Samples []string // folders for [OpenLibrary]
	MIDI    []string // folders for [OpenTunes]
	Fonts   []string // SoundFont files
	Frets   []string // Frets on Fire song folders
	Minutes float64
	Seed    uint64
	Jobs    int
}

// Where Debian's packages put what a job may use.
var (
	debianKits  = []string{"/usr/share/hydrogen/data/drumkits"}
	debianMIDI  = []string{"/usr/share/games/openttd/baseset/openmsx", "/usr/share/games/doom"}
	debianFonts = []string{"/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/MuseScore_General_Full.sf2", "/usr/share/sounds/sf2/Black_Pearl_4_LV2.sf2", "/usr/share/sounds/sf2/Red_Zeppelin_4_LV2.sf2"}
	debianFrets = []string{"/usr/share/games/fretsonfire/data/songs"}
)

// Defaults fills what is not named with Debian's packages as far as they are installed: the
// SoundFonts and MIDI files always, drum kits beside the named samples, the Frets on Fire songs.
func (j *Job) Defaults() {
	there := func(list []string) (out []string) {
		for _, p := range list {
			if _, err := os.Stat(p); err == nil {
				out = append(out, p)
			}
		}
		return
	}
	if len(j.MIDI) == 0 {
		j.MIDI = there(debianMIDI)
	}
	if len(j.Fonts) == 0 {
		j.Fonts = there(debianFonts)
	}
	if len(j.Frets) == 0 {
		j.Frets = there(debianFrets)
	}
	if len(j.Samples) > 0 {
		j.Samples = append(j.Samples, there(debianKits)...)
	}
}

// Report says what a job made.
type Report struct {
	Songs   int
	Seconds float64
	family  map[string]float64
	credits map[Credit]bool
	mu      sync.Mutex
}

func (r *Report) add(s *Song) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Songs++
	r.Seconds += s.Meta.Seconds
	for f := range s.Stems {
		r.family[f] += s.Meta.Seconds
		for _, c := range s.Meta.Sources[f] {
			r.credits[c] = true
		}
	}
}

// Families lists the hours by family.
func (r *Report) Families() string {
	var out []string
	for f, s := range r.family {
		out = append(out, fmt.Sprintf("%s %.2f h", f, s/3600))
	}
	sort.Strings(out)
	return strings.Join(out, ", ")
}

// bandShare of the minutes come from bands when there are recordings and MIDI files both: real
// recordings carry over better than SoundFonts.
const bandShare = 0.75

// Run makes the material below dir, in band, midi and frets, and writes LICENCES.txt beside it. When
// ctx ends it stops after the songs in hand.
func (j *Job) Run(ctx context.Context, dir string) (*Report, error) {
	rep := &Report{family: map[string]float64{}, credits: map[Credit]bool{}}
	var lib *Library
	var err error
	if len(j.Samples) > 0 {
		if lib, err = OpenLibrary(j.Samples...); err != nil {
			return nil, err
		}
	}
	midi := len(j.MIDI) > 0 && len(j.Fonts) > 0
	if lib == nil && !midi {
		return nil, errors.New("nothing to render: name samples, or MIDI files and SoundFonts")
	}
	share := 0.0
	if lib != nil {
		share = 1
		if midi {
			share = bandShare
		}
	}
	produce := func(sub string, minutes, length float64, compose func(i int) (*Song, error)) error {
		// A count fixed beforehand keeps the result independent of the workers.
		n := int(minutes*60/length + 0.5)
		return parallel(ctx, n, j.Jobs, func(i int) error {
			song, err := compose(i)
			if err != nil || len(song.Stems) < 2 {
				return err
			}
			rep.add(song)
			return song.Write(filepath.Join(dir, sub))
		})
	}
	if lib != nil {
		err := produce("band", j.Minutes*share, 45.5, func(i int) (*Song, error) { return Band(lib, j.Seed, i) })
		if err != nil {
			return nil, err
		}
	}
	if midi {
		tunes, err := OpenTunes(j.MIDI...)
		if err != nil {
			return nil, err
		}
		fonts, err := OpenFonts(j.Fonts...)
		if err != nil {
			return nil, err
		}
		err = produce("midi", j.Minutes*(1-share), 48, func(i int) (*Song, error) { return MIDI(tunes, fonts, lib, j.Seed, i) })
		if err != nil {
			return nil, err
		}
	}
	for _, root := range j.Frets {
		if err := fretsOnFire(ctx, root, filepath.Join(dir, "frets"), 45, j.Jobs, rep.add); err != nil {
			return nil, err
		}
	}
	return rep, rep.licences(filepath.Join(dir, "LICENCES.txt"))
}

func (r *Report) licences(path string) error {
	var lines []string
	for c := range r.credits {
		lines = append(lines, fmt.Sprintf("%s — %s — %s", c.Source, orUnknown(c.Author), orUnknown(c.Licence)))
	}
	sort.Strings(lines)
	return os.WriteFile(path, []byte("What went into this material: source — author — licence\n\n"+strings.Join(lines, "\n")+"\n"), 0o644)
}

func orUnknown(s string) string {
	if s == "" {
		return "not stated"
	}
	return s
}
