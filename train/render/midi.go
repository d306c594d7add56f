package render

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/sinshu/go-meltysynth/meltysynth"
	"gitlab.com/gomidi/midi/v2/smf"
)

// Tune is a piece of MIDI music.
type Tune struct {
	Name   string
	Credit Credit
	events []event
	end    float64 // seconds
}

// event is a channel message in time, with the family its channel belongs to at that moment.
type event struct {
	at      float64 // seconds
	status  byte    // 0x80 … 0xE0
	channel byte
	a, b    byte
	program byte // of the channel, for notes
}

// maxEvents bounds a tune; the longest symphonies have fewer.
const maxEvents = 500_000

// readTune parses a standard MIDI file.
func readTune(b []byte) (t *Tune, err error) {
	defer func() { // the parser indexes into hostile input
		if e := recover(); e != nil {
			t, err = nil, fmt.Errorf("malformed MIDI file: %v", e)
		}
	}()
	file, err := smf.ReadFrom(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("malformed MIDI file: %w", err)
	}
	ticks, ok := file.TimeFormat.(smf.MetricTicks)
	if !ok || ticks == 0 {
		return nil, fmt.Errorf("MIDI time format %v: expected metric ticks", file.TimeFormat)
	}
	type raw struct {
		tick int64
		msg  smf.Message
	}
	var all []raw
	for _, tr := range file.Tracks {
		var tick int64
		for _, ev := range tr {
			tick += int64(ev.Delta)
			all = append(all, raw{tick, ev.Message})
		}
	}
	if len(all) > maxEvents {
		return nil, fmt.Errorf("%d MIDI events: more than %d", len(all), maxEvents)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].tick < all[j].tick })
	t = &Tune{}
	sec, perTick, last := 0.0, 0.5/float64(ticks), int64(0)
	var program [16]byte
	for _, e := range all {
		sec += float64(e.tick-last) * perTick
		last = e.tick
		var bpm float64
		if e.msg.GetMetaTempo(&bpm) && bpm > 1 {
			perTick = 60 / bpm / float64(ticks)
			continue
		}
		if len(e.msg) < 2 || e.msg[0] < 0x80 || e.msg[0] >= 0xF0 {
			continue
		}
		ev := event{at: sec, status: e.msg[0] & 0xF0, channel: e.msg[0] & 0x0F, a: e.msg[1] & 0x7F}
		if len(e.msg) > 2 {
			ev.b = e.msg[2] & 0x7F
		}
		if ev.status == 0x90 && ev.b == 0 {
			ev.status = 0x80
		}
		if ev.status == 0xC0 {
			program[ev.channel] = ev.a
		}
		ev.program = program[ev.channel]
		t.events = append(t.events, ev)
		t.end = sec
	}
	if t.end > 3600 || math.IsNaN(t.end) {
		return nil, fmt.Errorf("MIDI file of %.0f s: longer than an hour", t.end)
	}
	return t, nil
}

// familyOf is the stem a General MIDI program (0–127) on a channel (0–15) belongs to.
func familyOf(channel, program byte) string {
	switch {
	case channel == 9:
		return "drums"
	case program < 6:
		return "piano"
	case program >= 24 && program < 32:
		return "guitar"
	case program >= 32 && program < 40:
		return "bass"
	}
	return "other"
}

// OpenTunes reads the MIDI files below the given folders and those inside Doom WAD files there.
// Files that do not parse are left out; the same music twice counts once.
func OpenTunes(paths ...string) ([]*Tune, error) {
	var tunes []*Tune
	seen := map[[32]byte]bool{}
	add := func(name string, b []byte, c Credit) {
		h := sha256.Sum256(b)
		if seen[h] {
			return
		}
		seen[h] = true
		if t, err := readTune(b); err == nil && t.notes() > 40 && t.end > 8 {
			t.Name, t.Credit = name, c
			tunes = append(tunes, t)
		}
	}
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch strings.ToLower(filepath.Ext(path)) {
			case ".mid", ".midi":
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				c := Credit{Source: "MIDI " + filepath.Base(path)}
				if strings.Contains(path, "openmsx") {
					c.Author, c.Licence = "OpenMSX contributors", "GPL-2"
				}
				add(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), b, c)
			case ".wad":
				names, lumps, err := openWAD(path)
				if err != nil {
					return err
				}
				c := Credit{}
				if strings.Contains(path, "freedoom") {
					c.Author, c.Licence = "Freedoom contributors", "BSD-3-Clause"
				}
				for i, n := range names {
					c.Source = "MIDI " + filepath.Base(path) + " " + n
					add(strings.ToLower(strings.TrimSuffix(filepath.Base(path), ".wad")+"-"+n), lumps[i], c)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(tunes) == 0 {
		return nil, fmt.Errorf("%s: no MIDI files", strings.Join(paths, ", "))
	}
	return tunes, nil
}

func (t *Tune) notes() (n int) {
	for _, e := range t.events {
		if e.status == 0x90 {
			n++
		}
	}
	return n
}

// Font is a loaded SoundFont.
type Font struct {
	Credit  Credit
	sf      *meltysynth.SoundFont
	drums   bool // holds only a drum kit
	general bool
}

// fontLicence is what Debian states for the SoundFonts it packages.
var fontLicence = map[string]Credit{
	"FluidR3_GM.sf2":             {Author: "Frank Wen", Licence: "MIT"},
	"TimGM6mb.sf2":               {Author: "Tim Brechbill", Licence: "GPL-2"},
	"MuseScore_General_Full.sf2": {Author: "S. Christian Collins, Frank Wen, Michael Cowgill", Licence: "MIT"},
	"Black_Pearl_4_LV2.sf2":      {Author: "Glen MacArthur, Robin Gareus", Licence: "CC-BY-SA-3.0"},
	"Red_Zeppelin_4_LV2.sf2":     {Author: "Glen MacArthur, Robin Gareus", Licence: "CC-BY-SA-3.0"},
}

// OpenFonts loads SoundFonts (sf2). One whose presets are fewer than 16 counts as a drum kit.
func OpenFonts(paths ...string) ([]*Font, error) {
	var out []*Font
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		sf, err := meltysynth.NewSoundFont(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		f := &Font{Credit: fontLicence[filepath.Base(p)], sf: sf}
		f.Credit.Source = "SoundFont " + filepath.Base(p)
		f.general = len(sf.Presets) >= 16
		f.drums = !f.general
		out = append(out, f)
	}
	return out, nil
}

// otherProgram draws a program that may replace the written one: within what the family's
// instruments sound like.
func otherProgram(r *rand.Rand, family string, program byte) byte {
	switch family {
	case "bass":
		return byte(pick(r, []int{32, 33, 33, 34, 34, 35, 36, 37}))
	case "guitar":
		if program >= 29 { // driven stays driven
			return byte(pick(r, []int{29, 30, 29, 30, 28}))
		}
		return byte(24 + r.IntN(5))
	case "piano":
		return byte(r.IntN(6))
	}
	return program/8*8 + byte(r.IntN(8))
}

// MIDI makes song i of a seed: a stretch of one of the tunes, transposed, at another tempo, played
// through SoundFonts family by family and in part on the library's recordings. The library may be
// nil.
func MIDI(tunes []*Tune, fonts []*Font, lib *Library, seed uint64, i int) (*Song, error) {
	r := rng(seed, i, "midi")
	order := rng(seed, i/len(tunes), "order").Perm(len(tunes))
	tune := tunes[order[i%len(tunes)]]
	transpose := r.IntN(9) - 4
	tempo := uniform(r, 0.85, 1.2)
	length := min(uniform(r, 40, 60), tune.end/tempo)
	from := 0.0
	if spare := tune.end/tempo - length; spare > 0 {
		from = uniform(r, 0, spare)
	}
	n := int((length + 1) * Rate)
	song := &Song{Name: fmt.Sprintf("midi-%d-%04d-%s", seed, i, tune.Name), Stems: map[string][]float32{}}
	song.Meta = Meta{Seed: seed, Engine: "midi", Style: tune.Name, Sources: map[string][]Credit{}}
	loose := uniform(r, 0, 0.008)
	// Parts by family; everything in seconds of the new song.
	parts := map[string][]event{}
	held := map[[2]byte]float64{}
	for _, e := range tune.events {
		e.at = e.at/tempo - from
		if e.at > length {
			break
		}
		if e.status == 0x90 || e.status == 0x80 {
			key := [2]byte{e.channel, e.a}
			if e.at < 0 {
				continue
			}
			fam := familyOf(e.channel, e.program)
			if fam != "drums" {
				k := int(e.a) + transpose
				if k < 0 || k > 127 {
					continue
				}
				e.a = byte(k)
			}
			if e.status == 0x90 {
				d := loose * r.NormFloat64()
				held[key] = d
				e.at = max(0, e.at+d)
				e.b = byte(min(max(float64(e.b)*dB(1.5*r.NormFloat64()), 1), 127))
			} else {
				e.at = max(0, e.at+max(0, held[key])+0.002)
			}
			parts[fam] = append(parts[fam], e)
			continue
		}
		// Controllers and the like go to every family the channel may play in.
		e.at = max(e.at, 0)
		for _, f := range families {
			if (f == "drums") == (e.channel == 9) && f != "vocals" {
				parts[f] = append(parts[f], e)
			}
		}
	}
	for _, fam := range families {
		part := parts[fam]
		count := 0
		for _, e := range part {
			count += btoi(e.status == 0x90)
		}
		if count < 4 {
			continue
		}
		sort.SliceStable(part, func(a, b int) bool { return part[a].at < part[b].at })
		fr := rng(seed, i, "midi "+fam)
		var x []float32
		var c []Credit
		if lib != nil && chance(fr, 0.5) {
			x, c = playReal(lib, fam, part, n, fr)
		}
		if x == nil {
			var err error
			if x, c, err = playFont(fonts, fam, part, n, fr); err != nil {
				return nil, err
			}
		}
		song.Stems[fam] = x
		song.Meta.Sources[fam] = append(c, tune.Credit)
	}
	if lib != nil && chance(r, 0.6) {
		vr := rng(seed, i, "midi vocals")
		if plan := planVocals(lib, vr); plan != nil {
			s := tuneScore(tune, transpose, tempo, length, vr)
			if plan.kind == "phrases" {
				// The singer moves to the band's key here, by the shorter way.
				k := s.key
				if !s.minor {
					k = (k + 9) % 12 // the relative minor
				}
				target := plan.class
				if !plan.minor {
					target = (target + 9) % 12
				}
				plan.shift = float64((k-target+18)%12 - 6)
				if chance(vr, 0.3) && plan.shift > 0 {
					plan.shift -= 12
				}
				plan.formant = plan.shift*uniform(vr, 0.2, 0.5) + uniform(vr, -1, 1)
			}
			if x, c := renderVocals(lib, plan, s, n, vr); x != nil {
				song.Stems["vocals"], song.Meta.Sources["vocals"] = x, c
			}
		}
	}
	song.finish(rng(seed, i, "mix"), 5)
	return song, nil
}

// tuneScore is what a singer must know of a tune: its key by the profile of its pitch classes
// (Krumhansl 1990), a pulse and sections.
func tuneScore(t *Tune, transpose int, tempo, length float64, r *rand.Rand) *score {
	var h [12]float64
	on := map[[2]byte]float64{}
	for _, e := range t.events {
		if e.channel == 9 {
			continue
		}
		k := [2]byte{e.channel, e.a}
		switch e.status {
		case 0x90:
			on[k] = e.at
		case 0x80:
			if s, ok := on[k]; ok {
				h[(int(e.a)+transpose+120)%12] += min(e.at-s, 2)
				delete(on, k)
			}
		}
	}
	maj := [12]float64{6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88}
	mnr := [12]float64{6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17}
	s := &score{style: styles[0], meter: 4, bpm: 120, swing: 0.5}
	best := math.Inf(-1)
	for k := range 12 {
		var a, b float64
		for p := range 12 {
			a += h[(p+k)%12] * (maj[p] - 3.48)
			b += h[(p+k)%12] * (mnr[p] - 3.71)
		}
		if a > best {
			best, s.key, s.minor = a, k, false
		}
		if b > best {
			best, s.key, s.minor = b, k, true
		}
	}
	s.bpm = 120 * tempo
	beats := int(length * s.bpm / 60)
	for i := range beats + 9 {
		s.beat = append(s.beat, float64(i)*60/s.bpm)
	}
	s.bars = max(1, beats/4)
	for bar := 0; bar < s.bars; bar += 8 {
		sec := section{bar: bar, bars: min(8, s.bars-bar), plays: map[string]bool{"vocals": chance(r, 0.85)}}
		for range sec.bars {
			sec.chords = append(sec.chords, chord{root: s.key, tones: []int{0, 7, 5, 4 - btoi(s.minor)}, minor: s.minor})
		}
		s.sections = append(s.sections, sec)
	}
	return s
}

// playFont plays one family's part through one SoundFont.
func playFont(fonts []*Font, family string, part []event, n int, r *rand.Rand) ([]float32, []Credit, error) {
	var able []*Font
	for _, f := range fonts {
		if f.general || family == "drums" {
			able = append(able, f)
		}
	}
	if len(able) == 0 {
		return nil, nil, fmt.Errorf("no SoundFont that has %s", family)
	}
	font := pick(r, able)
	set := meltysynth.NewSynthesizerSettings(Rate)
	set.EnableReverbAndChorus = chance(r, 0.4)
	set.BlockSize = 64
	syn, err := meltysynth.NewSynthesizer(font.sf, set)
	if err != nil {
		return nil, nil, err
	}
	swap := map[byte]byte{}
	replace := chance(r, 0.6)
	kit := int32(pick(r, []int{0, 0, 8, 16, 25, 32, 40, 24}))
	left, right := make([]float32, 64), make([]float32, 64)
	out := make([]float32, n)
	if family == "drums" && font.general && chance(r, 0.6) {
		syn.ProcessMidiMessage(9, 0xC0, kit, 0)
	}
	k := 0
	for at := 0; at < n; at += 64 {
		for k < len(part) && part[k].at*Rate < float64(at+64) {
			e := part[k]
			k++
			if e.status == 0xC0 {
				if family == "drums" {
					continue
				}
				if replace {
					p, ok := swap[e.a]
					if !ok {
						p = otherProgram(r, family, e.a)
						swap[e.a] = p
					}
					if familyOf(0, e.a) == family {
						e.a = p
					}
				}
			}
			syn.ProcessMidiMessage(int32(e.channel), int32(e.status), int32(e.a), int32(e.b))
		}
		syn.Render(left, right)
		for i := range min(64, n-at) {
			out[at+i] = 0.5 * (left[i] + right[i])
		}
	}
	treat(family, out, r)
	return out, []Credit{font.Credit}, nil
}

// treat is the studio's chain for a family when the part came from a SoundFont.
func treat(family string, x []float32, r *rand.Rand) {
	switch family {
	case "drums":
		if chance(r, 0.5) {
			compress(x, uniform(r, -2, 6), uniform(r, 2, 6), uniform(r, 0.002, 0.03), uniform(r, 0.05, 0.3), uniform(r, 0.3, 1))
		}
	case "guitar":
		if chance(r, 0.5) {
			randomAmp(r, uniform(r, 0, 0.9)).process(x)
		}
	case "bass":
		if chance(r, 0.3) {
			saturate(x, uniform(r, 0.2, 1.2))
		}
	}
	if chance(r, 0.7) {
		colour(x, r, 5)
	}
	if chance(r, 0.5) {
		addRoom(x, randomRoom(r), uniform(r, -24, -8), r)
	}
}

// playReal plays one family's part on the library's recordings; nil when it cannot.
func playReal(lib *Library, family string, part []event, n int, r *rand.Rand) ([]float32, []Credit) {
	if family == "drums" {
		kit := buildKit(lib, r)
		if kit == nil {
			return nil, nil
		}
		var hits []hit
		for _, e := range part {
			if rl := gmRole[int(e.a)]; e.status == 0x90 && rl != noRole {
				hits = append(hits, hit{e.at, rl, float64(e.b) / 127, int(e.a) / 57})
			}
		}
		if len(hits) < 8 {
			return nil, nil
		}
		return renderDrums(kit, func(t float64) float64 { return t }, hits, n, r), kit.credits
	}
	var p *player
	switch family {
	case "bass":
		b := pick(r, bassSources)
		if src := lib.source(b.name); src != nil {
			p = newPlayer(src, r, b.keep)
		}
	case "guitar":
		names := electricSources
		for _, e := range part {
			if e.status == 0x90 && e.program < 26 {
				names = acousticSources
			}
		}
		if g := newGuitarist(lib, names, r); g != nil {
			p = g.p
		}
	case "piano":
		if src := lib.source(pick(r, pianoSources)); src != nil {
			p = newPlayer(src, r, nil)
		}
	}
	if p == nil {
		return nil, nil
	}
	out := make([]float32, n)
	type key struct{ c, k byte }
	on := map[key]event{}
	drive := byte(0)
	stop := func(e event, end float64) {
		v := float64(e.b) / 127
		p.play(out, strike{at: e.at, dur: max(0.04, end-e.at), fade: 0.06, pitch: float64(e.a), vel: v, gain: 0.4 + 0.6*v})
	}
	for _, e := range part {
		k := key{e.channel, e.a}
		switch e.status {
		case 0x90:
			if o, ok := on[k]; ok {
				stop(o, e.at)
			}
			on[k] = e
			drive = max(drive, e.program)
		case 0x80:
			if o, ok := on[k]; ok {
				stop(o, e.at)
				delete(on, k)
			}
		}
	}
	if family == "guitar" {
		heat := uniform(r, 0, 0.45)
		if drive >= 29 {
			heat = uniform(r, 0.5, 1)
		}
		effects(out, &score{style: styles[0], bpm: 120}, heat, drive < 26, r)
	} else {
		treat(family, out, r)
	}
	return out, []Credit{p.src.credit}
}
