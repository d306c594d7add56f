// Package render makes training material for source separation: songs as folders of exact stems,
// from MIDI files played through SoundFonts, and from recorded one-shots, notes and phrases played
// by generated bands. Everything follows from a seed; the number of workers changes nothing.
//
// A song is a folder with one 16-bit mono WAV file a family, all of one length, and a meta.json
// that names seed, sources and licences. Folders appear whole: a song is written beside its place
// and renamed.
package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"sync"
)

// families are the stems a song may have, in the order they are written.
var families = []string{"drums", "bass", "guitar", "piano", "other", "vocals"}

// Song is a rendered song.
type Song struct {
	Name  string
	Stems map[string][]float32 // by family, all of one length, full scale ±1, at [Rate]
	Meta  Meta
}

// Meta is what meta.json says of a song.
type Meta struct {
	Seed    uint64              `json:"seed"`
	Engine  string              `json:"engine"` // "band", "midi" or "recorded"
	Style   string              `json:"style,omitempty"`
	BPM     float64             `json:"bpm,omitempty"`
	Key     int                 `json:"key,omitempty"` // pitch class of the tonic
	Minor   bool                `json:"minor,omitempty"`
	Seconds float64             `json:"seconds"`
	Sources map[string][]Credit `json:"sources"` // by stem
}

// finish brings the stems to the levels of a mix: active levels equal but for the given spread in
// dB, and the sum's peak at −3 dBFS.
func (s *Song) finish(r *rand.Rand, spread float64) {
	n := 0
	for _, f := range families {
		n = max(n, len(s.Stems[f]))
	}
	mix := make([]float32, n)
	for _, f := range append([]string{"backing"}, families...) {
		x, ok := s.Stems[f]
		if !ok {
			continue
		}
		if activeRMS(x) == 0 {
			delete(s.Stems, f)
			delete(s.Meta.Sources, f)
			continue
		}
		levelTo(x, 0.1*dB(uniform(r, -spread, spread)))
		addScaled(mix, x, 1)
	}
	top := peak(mix)
	for _, x := range s.Stems {
		top = max(top, peak(x))
	}
	if top > 0 {
		for _, x := range s.Stems {
			scale(x, float32(dB(-3)/top))
		}
	}
	s.Meta.Seconds = float64(n) / Rate
}

// Write writes the song as dir/Name. A song that is already there is replaced.
func (s *Song) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, ".part-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	var names []string
	for f := range s.Stems {
		names = append(names, f)
	}
	sort.Strings(names)
	for _, f := range names {
		if err := writeWAV(filepath.Join(tmp, f+".wav"), s.Stems[f]); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(s.Meta, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "meta.json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	dst := filepath.Join(dir, s.Name)
	if err := os.RemoveAll(dst); err != nil {
		return err
	}
	return os.Rename(tmp, dst)
}

// parallel runs f for 0 … n−1 on the given number of workers (0: one a CPU) and joins the errors.
// Once ctx is done it starts no more.
func parallel(ctx context.Context, n, jobs int, f func(i int) error) error {
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	errs := make([]error, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, n) {
		wg.Go(func() {
			for i := range next {
				errs[i] = f(i)
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// rng is an independent generator for a purpose within song i of a seed, so that a change to one
// part's decisions leaves the others as they were.
func rng(seed uint64, i int, purpose string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d/%s", seed, i, purpose)
	return rand.New(rand.NewPCG(h.Sum64(), seed))
}
