package render

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

// Credit names a source that went into a song.
type Credit struct {
	Source  string `json:"source"`
	Author  string `json:"author,omitempty"`
	Licence string `json:"licence,omitempty"`
}

// sound is one recording, decoded on first use.
type sound struct {
	name   string // file name without its ending
	path   string
	source *source
	role   role    // drums only
	piece  string  // drums only: which drum or cymbal of the source this is a stroke on
	layer  int     // drums: dynamic layer named by the file; 0 when it names none
	pitch  float64 // MIDI note number named by the file; NaN when it names none

	once  sync.Once
	pcm   []float32 // trimmed of leading silence, peak at 1
	level float64   // RMS of the first 80 ms before normalisation
	peak  float64   // before normalisation
	err   error

	fineOnce sync.Once
	fine     float64 // semitones the sound is off its named pitch
}

// source is one folder of recordings by one author.
type source struct {
	name   string
	family string
	credit Credit
	sounds []*sound

	tuneOnce sync.Once
	octave   float64 // semitones to add to the named pitch so that it is the sounding one
}

// Library is a set of recordings by family. It is safe for concurrent use; recordings are decoded
// once, when first used, and kept.
type Library struct {
	sources []*source
}

// hydrogenLicence is what Debian's hydrogen-drumkits states for the kits that the library knows.
var hydrogenLicence = map[string]Credit{
	"Audiophob":              {Author: "Audiophob", Licence: "CC0-1.0"},
	"BJA_Pacific":            {Author: "Luc Tanguay, Bransin James Anderson", Licence: "CC-BY-SA-3.0-us"},
	"ColomboAcousticDrumkit": {Author: "Marcos Guglielmetti", Licence: "GPL-2+ with composition exception"},
	"ElectricEmpireKit":      {Author: "Artemiy Pavlov", Licence: "GPL-2+ (author grants all rights)"},
	"ForzeeStereo":           {Author: "Vladimir Sadovnikov, Alexander Belokurov", Licence: "GPL-2"},
	"Gimme A Hand 1.0":       {Author: "Glen MacArthur", Licence: "GPL-2"},
	"HardElectro1":           {Author: "Artemiy Pavlov", Licence: "GPL-2+ (author grants all rights)"},
	"Millo-Drums_v.1":        {Author: "Emiliano Grilli", Licence: "GPL-2"},
	"Millo_MultiLayered2":    {Author: "Emiliano Grilli", Licence: "GPL-2"},
	"Millo_MultiLayered3":    {Author: "Emiliano Grilli", Licence: "GPL-2"},
	"The Black Pearl 1.0":    {Author: "Glen MacArthur", Licence: "GPL-2"},
	"VariBreaks":             {Author: "Artemiy Pavlov", Licence: "GPL-2+ (author grants all rights)"},
	"circAfrique v4":         {Author: "Jim Harney", Licence: "CC-BY-SA-3.0"},
	"rumpf_kit_z01_h2":       {Author: "Emanuel Rumpf", Licence: "CC-BY-3.0"},
}

// OpenLibrary lists the recordings below the given folders without decoding them. A folder laid
// out as <family>/<source>/*.ogg (or .flac, .wav) with an optional meta.json naming author and
// licence is taken as it is; a folder of folders with a Hydrogen drumkit.xml is a set of drum kits.
func OpenLibrary(dirs ...string) (*Library, error) {
	lib := &Library{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		n := len(lib.sources)
		for _, e := range entries {
			sub := filepath.Join(dir, e.Name())
			if !e.IsDir() {
				continue
			}
			if _, err := os.Stat(filepath.Join(sub, "drumkit.xml")); err == nil {
				if err := lib.addHydrogen(sub); err != nil {
					return nil, err
				}
				continue
			}
			inner, err := os.ReadDir(sub)
			if err != nil {
				return nil, err
			}
			for _, s := range inner {
				if s.IsDir() {
					if err := lib.addFolder(e.Name(), filepath.Join(sub, s.Name())); err != nil {
						return nil, err
					}
				}
			}
		}
		if len(lib.sources) == n {
			return nil, fmt.Errorf("%s: expected <family>/<source>/*.ogg or Hydrogen drum kits, found neither", dir)
		}
	}
	return lib, nil
}

func (l *Library) addFolder(family, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	src := &source{name: filepath.Base(dir), family: family}
	src.credit.Source = src.name
	if b, err := os.ReadFile(filepath.Join(dir, "meta.json")); err == nil {
		var m struct{ Author, Licence string }
		if err := json.Unmarshal(b, &m); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, "meta.json"), err)
		}
		src.credit.Author, src.credit.Licence = m.Author, m.Licence
	}
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".ogg", ".flac", ".wav":
		default:
			continue
		}
		s := &sound{name: strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), path: filepath.Join(dir, e.Name()), source: src, pitch: math.NaN()}
		if family == "drums" {
			s.role, s.piece, s.layer = drumRole(src.name, s.name)
		} else if p, ok := pitchOf(s.name); ok {
			s.pitch = p
		}
		src.sounds = append(src.sounds, s)
	}
	if len(src.sounds) > 0 {
		l.sources = append(l.sources, src)
	}
	return nil
}

func (l *Library) addHydrogen(dir string) error {
	path := filepath.Join(dir, "drumkit.xml")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	type layer struct {
		File string  `xml:"filename"`
		Max  float64 `xml:"max"`
	}
	var kit struct {
		Instruments []struct {
			Name   string  `xml:"name"`
			Layers []layer `xml:"layer"`
			Parts  []struct {
				Layers []layer `xml:"layer"`
			} `xml:"instrumentComponent"`
			File string `xml:"filename"`
		} `xml:"instrumentList>instrument"`
	}
	dec := xml.NewDecoder(strings.NewReader(string(b)))
	dec.Strict = false
	if err := dec.Decode(&kit); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	src := &source{name: "hydrogen " + filepath.Base(dir), family: "drums"}
	src.credit = hydrogenLicence[filepath.Base(dir)]
	src.credit.Source = src.name
	for _, ins := range kit.Instruments {
		layers := ins.Layers
		for _, p := range ins.Parts {
			layers = append(layers, p.Layers...)
		}
		if ins.File != "" {
			layers = append(layers, layer{File: ins.File, Max: 1})
		}
		sort.SliceStable(layers, func(i, j int) bool { return layers[i].Max < layers[j].Max })
		rl := roleOfWords(ins.Name)
		if rl == noRole && len(layers) > 0 {
			rl = roleOfWords(layers[0].File)
		}
		for k, ly := range layers {
			if rl == noRole || strings.Contains(ly.File, "emptySample") {
				continue
			}
			p := filepath.Join(dir, filepath.Base(ly.File))
			if _, err := os.Stat(p); err != nil || strings.HasSuffix(ly.File, ".aiff") {
				continue
			}
			src.sounds = append(src.sounds, &sound{name: ly.File, path: p, source: src, role: rl, piece: ins.Name, layer: k + 1, pitch: math.NaN()})
		}
	}
	if len(src.sounds) > 0 {
		l.sources = append(l.sources, src)
	}
	return nil
}

// family returns the sources of one family, in the order of their folders.
func (l *Library) family(name string) []*source {
	var out []*source
	for _, s := range l.sources {
		if s.family == name {
			out = append(out, s)
		}
	}
	return out
}

func (l *Library) source(name string) *source {
	for _, s := range l.sources {
		if s.name == name {
			return s
		}
	}
	return nil
}

// samples decodes the sound if needed. A file that cannot be read counts as silent.
func (s *sound) samples() []float32 {
	s.once.Do(func() {
		x, err := decodeFile(s.path)
		if err != nil {
			s.err = err
			return
		}
		s.peak = peak(x)
		if s.peak < 1e-4 {
			return
		}
		// The onset: 3 ms before the first sample within 34 dB of the peak, which drums and notes
		// pass at once; a voice begins with breath and consonants far below its peak.
		level, before := 0.02, Rate*3/1000
		if s.source.family == "vocals" {
			level, before = 0.004, Rate*15/1000
		}
		thr := float32(s.peak * level)
		on := 0
		for on < len(x) && x[on] < thr && x[on] > -thr {
			on++
		}
		on = max(0, on-before)
		y := append([]float32(nil), x[on:]...)
		// Remove what is below hearing: rumble and offset.
		highPass(25, 0.7, Rate).process(y)
		for i := range min(64, len(y)) {
			y[i] *= float32(i) / 64
		}
		s.peak = peak(y)
		if s.peak == 0 {
			return
		}
		s.level = rms(y[:min(len(y), Rate*8/100)])
		scale(y, float32(1/s.peak))
		s.pcm = y
	})
	return s.pcm
}

// tuned is the sounding pitch of the sound as a MIDI note number, NaN when unknown: the named note,
// in the octave the source really plays it (libraries count octaves differently).
func (s *sound) tuned() float64 {
	if math.IsNaN(s.pitch) {
		return s.pitch
	}
	src := s.source
	src.tuneOnce.Do(func() {
		var diff []float64
		for i, o := range src.sounds {
			if math.IsNaN(o.pitch) || i%max(1, len(src.sounds)/12) != 0 {
				continue
			}
			if p, ok := detectPitch(o.samples()); ok {
				d := p - o.pitch
				// Detection finds the period reliably up to the octave; only whole octaves count.
				if math.Abs(d-12*math.Round(d/12)) < 0.8 {
					diff = append(diff, 12*math.Round(d/12))
				}
			}
		}
		if len(diff) > 0 {
			sort.Float64s(diff)
			src.octave = diff[len(diff)/2]
		}
	})
	return s.pitch + src.octave
}

// sounding is the measured pitch of the sound where it can be measured within 0.8 semitones of
// [sound.tuned], and that otherwise: singers and old pianos are rarely where their names say.
func (s *sound) sounding() float64 {
	p := s.tuned()
	s.fineOnce.Do(func() {
		if q, ok := detectPitch(s.samples()); ok {
			d := q - p
			if d -= 12 * math.Round(d/12); math.Abs(d) < 0.8 || s.source.family == "vocals" && math.Abs(d) < 1.2 {
				s.fine = d
			}
		}
	})
	return p + s.fine
}

// detectPitch finds the fundamental of the sounding part by the normalised autocorrelation of
// 0.2 s after the attack, between 28 and 1500 Hz, as a MIDI note number. It reports false when the
// sound is not periodic.
func detectPitch(x []float32) (float64, bool) {
	p, c := detectPitchIn(x, min(len(x)/6, Rate/10), Rate/5, 28, 1500)
	return p, c > 0.7
}

func detectPitchIn(x []float32, from, n int, lo, hi float64) (midi, confidence float64) {
	maxLag, minLag := int(Rate/lo), int(Rate/hi)
	if from+n+maxLag >= len(x) {
		n = len(x) - from - maxLag - 1
	}
	if n < maxLag/2 || n < 256 {
		return 0, 0
	}
	const hop = 2 // a low-passed half rate is enough to compare periods
	a := x[from : from+n+maxLag]
	var e0 float64
	for i := 0; i < n; i += hop {
		e0 += float64(a[i]) * float64(a[i])
	}
	if e0 <= 1e-9 {
		return 0, 0
	}
	corr := make([]float64, maxLag+1)
	var best float64
	for lag := minLag; lag <= maxLag; lag++ {
		var s, e float32
		for i := 0; i < n; i += hop {
			s += a[i] * a[i+lag]
			e += a[i+lag] * a[i+lag]
		}
		corr[lag] = float64(s) / math.Sqrt(e0*float64(e)+1e-12)
		best = max(best, corr[lag])
	}
	// The first peak nearly as high as the highest is the period; later ones are its multiples.
	for lag := minLag + 1; lag < maxLag; lag++ {
		if corr[lag] > 0.93*best && corr[lag] >= corr[lag-1] && corr[lag] >= corr[lag+1] {
			d := corr[lag-1] - 2*corr[lag] + corr[lag+1]
			f := float64(lag)
			if d < 0 {
				f += 0.5 * (corr[lag-1] - corr[lag+1]) / d
			}
			return 69 + 12*math.Log2(Rate/f/440), corr[lag]
		}
	}
	return 0, 0
}
