// Package dataset turns folders of stems into training examples.
//
// Examples are changed in many ways (Augmentation), so that what is learnt from made music holds for real music. Channels are never
// swapped: everything is mono.
//
// A song is a folder with an audio file for each stem, named for its instrument (drums.wav,
// vocals.flac …), or has one of the other layouts that Find knows; a mixture beside the stems is not learnt from. Stems become mono 16-bit samples at one
// rate, about 320 MB an hour of stem, in a cache on disk that is mapped into memory.
package dataset

import (
	"errors"
	"math"
	"runtime"
	"sort"
	"sync"
)

// Clip is one stem of one song.
type Clip struct {
	Family  string  // drums, bass, guitar, piano, vocals, other or backing
	Samples []int16 // mono
	Level   float64 // root-mean-square of its active half-seconds, full scale 1
	Sung    bool    // of a backing: nobody knows that there is no voice in it
}

// Song holds stems that belong together.
type Song struct {
	Name  string
	Clips []Clip   // by file name
	From  []string // what it was made of, with licences
}

// Len is the length of the song in samples.
func (s *Song) Len() int {
	n := 0
	for _, c := range s.Clips {
		n = max(n, len(c.Samples))
	}
	return n
}

// Set is a collection of songs.
type Set struct {
	Rate  int // Hz
	Songs []Song
	// Augment is how Draw changes its examples; Load sets the default one. It must pass its Check.
	Augment Augmentation
	// Presence is how likely a family joins the target in a mixture of stems of different songs; Load sets DefaultPresence.
	Presence map[string]float64
	// byFamily are the clips of each family, and total their samples, for drawing by length.
	byFamily map[string][]*Clip
	families []string
	mu       sync.Mutex // of desks
	desks    []*desk    // that no example is mixed on
}

// Load reads all songs below the folders, each stem brought to rate Hz. A file that cannot be read
// is an error; stems that hold only silence are left out. cache is a folder in which decoded stems are kept for the
// next time; without one, "", they are kept in memory.
func Load(rate int, cache string, dirs ...string) (*Set, error) {
	folders, err := Find(dirs)
	if err != nil {
		return nil, err
	}
	set := &Set{Rate: rate, Songs: make([]Song, len(folders)), Augment: DefaultAugmentation(), Presence: DefaultPresence()}
	errs := make([]error, len(folders))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, folder := range folders {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			song := Song{Name: folder.Dir, From: origins(folder.Dir)}
			for _, s := range folder.Stems {
				if s.Family == "" {
					continue
				}
				x, level, err := s.samples(rate, cache)
				if err != nil {
					errs[i] = err
					return
				}
				if level > 0 {
					song.Clips = append(song.Clips, Clip{Family: s.Family, Samples: x, Level: level, Sung: s.Sung})
				}
			}
			set.Songs[i] = song
		}()
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	set.index()
	return set, nil
}

func (s *Set) index() {
	s.byFamily = map[string][]*Clip{}
	for i := range s.Songs {
		for j := range s.Songs[i].Clips {
			c := &s.Songs[i].Clips[j]
			if c.Sung { // belongs to its song only: it must not play against a voice
				continue
			}
			s.byFamily[c.Family] = append(s.byFamily[c.Family], c)
		}
	}
	for f := range s.byFamily {
		s.families = append(s.families, f)
	}
	sort.Strings(s.families)
}

// Families names what the set holds, in order.
func (s *Set) Families() []string { return s.families }

// Seconds is how much of a family the set holds.
func (s *Set) Seconds(family string) float64 {
	n := 0
	for _, c := range s.byFamily[family] {
		n += len(c.Samples)
	}
	return float64(n) / float64(s.Rate)
}

// activeLevel is the root mean square over the blocks of n samples that are within 30 dB of the
// loudest one; 0 for silence.
func activeLevel(x []int16, n int) float64 {
	var powers []float64
	loudest := 0.
	for at := 0; at < len(x); at += n {
		var p float64
		block := x[at:min(at+n, len(x))]
		for _, v := range block {
			p += float64(v) * float64(v)
		}
		p /= float64(len(block)) * (1 << 30)
		powers = append(powers, p)
		loudest = max(loudest, p)
	}
	sum, count := 0., 0
	for _, p := range powers {
		if p > 0 && p >= loudest*1e-3 {
			sum += p
			count++
		}
	}
	if count == 0 || loudest < 1e-8 { // −80 dB
		return 0
	}
	return math.Sqrt(sum / float64(count))
}

// Has tells whether the song holds a stem of the family.
func (s *Song) Has(family string) bool {
	for _, c := range s.Clips {
		if c.Family == family {
			return true
		}
	}
	return false
}

// Mix returns the sum of all stems and the sum of those of a family, full scale 1.
func (s *Song) Mix(family string) (mix, target []float32) {
	mix, target = make([]float32, s.Len()), make([]float32, s.Len())
	for _, c := range s.Clips {
		for i, v := range c.Samples {
			x := float32(v) * (1. / (1 << 15))
			mix[i] += x
			if c.Family == family {
				target[i] += x
			}
		}
	}
	return mix, target
}
