package render

import (
	"fmt"
	"strings"
)

// Band makes song i of a seed: a generated piece played on the library's recordings.
func Band(lib *Library, seed uint64, i int) (*Song, error) {
	r := rng(seed, i, "plan")
	var plan *vocalPlan
	if chance(r, 0.78) {
		plan = planVocals(lib, r)
	}
	key, minorKey := -1, -1
	if plan != nil {
		key, minorKey = plan.key, plan.minorK
	}
	s := newScore(rng(seed, i, "score"), uniform(r, 32, 55), key, minorKey)
	n := int((s.at(float64(s.bars*s.meter)) + 1.8) * Rate)
	song := &Song{Name: fmt.Sprintf("band-%d-%04d-%s", seed, i, strings.ReplaceAll(s.style.name, " ", "-")), Stems: map[string][]float32{}}
	song.Meta = Meta{Seed: seed, Engine: "band", Style: s.style.name, BPM: s.bpm, Key: s.key, Minor: s.minor, Sources: map[string][]Credit{}}
	add := func(family string, x []float32, c []Credit) {
		if x == nil {
			return
		}
		fx := rng(seed, i, family+" end")
		if chance(fx, 0.5) {
			colour(x, fx, 3)
		}
		song.Stems[family], song.Meta.Sources[family] = x, c
	}
	hits := playDrums(s, rng(seed, i, "drum part"))
	if chance(r, 0.97) {
		dr := rng(seed, i, "drums")
		if kit := buildKit(lib, dr); kit != nil {
			add("drums", renderDrums(kit, s.at, append([]hit(nil), hits...), n, dr), kit.credits)
		}
	}
	if chance(r, 0.95) {
		x, c := renderBass(lib, s, hits, n, rng(seed, i, "bass"))
		add("bass", x, c)
	}
	if chance(r, 0.92) {
		x, c := renderGuitars(lib, s, n, rng(seed, i, "guitar"))
		add("guitar", x, c)
	}
	if chance(r, 0.25) {
		x, c := renderPiano(lib, s, n, rng(seed, i, "piano"))
		add("piano", x, c)
	}
	if chance(r, 0.28) {
		x, c := renderOther(lib, s, n, rng(seed, i, "other"))
		add("other", x, c)
	}
	if plan != nil {
		x, c := renderVocals(lib, plan, s, n, rng(seed, i, "vocals"))
		add("vocals", x, c)
	}
	song.finish(rng(seed, i, "mix"), 5)
	if len(song.Stems) == 0 {
		return nil, fmt.Errorf("song %d of seed %d is silent: the library has no usable recordings", i, seed)
	}
	return song, nil
}
