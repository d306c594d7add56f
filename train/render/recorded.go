package render

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// fretsOnFire writes the songs of a Frets on Fire song folder, which come as guitar.ogg and song.ogg
// (everything but that guitar), cut into pieces of the given length, as stems "guitar" and
// "backing" ("backing-sung" where someone sings in it). The backing holds drums and bass, so it
// serves as interference only. Each song is reported to add.
func fretsOnFire(ctx context.Context, root, dir string, piece float64, jobs int, add func(*Song)) error {
	var songs []string
	guitars, err := filepath.Glob(filepath.Join(root, "*", "*", "guitar.ogg"))
	if err != nil {
		return err
	}
	for _, g := range guitars {
		if _, err := os.Stat(filepath.Join(filepath.Dir(g), "song.ogg")); err == nil {
			songs = append(songs, filepath.Dir(g))
		}
	}
	if len(songs) == 0 {
		return fmt.Errorf("%s: expected */*/guitar.ogg beside song.ogg", root)
	}
	return parallel(ctx, len(songs), jobs, func(k int) error {
		g, err := decodeFile(filepath.Join(songs[k], "guitar.ogg"))
		if err != nil {
			return err
		}
		b, err := decodeFile(filepath.Join(songs[k], "song.ogg"))
		if err != nil {
			return err
		}
		n := max(len(g), len(b))
		g = append(g, make([]float32, n-len(g))...)
		b = append(b, make([]float32, n-len(b))...)
		author := filepath.Base(filepath.Dir(songs[k]))
		c := Credit{Source: "Frets on Fire: " + filepath.Base(songs[k]), Author: author}
		switch author {
		case "sectoid":
			c.Author, c.Licence = "Carlos Viola Iborra (sectoid)", "MIT (Expat)"
		case "muldjord":
			c.Author, c.Licence = "El Senator (Muldjord)", "CC-BY-SA-3.0"
		}
		backing := "backing"
		if author == "muldjord" { // growled over, as the spectrogram shows
			backing = "backing-sung"
		}
		step := int(piece * Rate)
		for i, at := 0, 0; at+step/2 < n; i, at = i+1, at+step {
			end := min(n, at+step)
			song := &Song{Name: fmt.Sprintf("fof-%s-%02d", strings.ReplaceAll(strings.ToLower(filepath.Base(songs[k])), " ", "-"), i), Stems: map[string][]float32{}}
			song.Meta = Meta{Engine: "recorded", Seconds: float64(end-at) / Rate, Sources: map[string][]Credit{}}
			mix := append([]float32(nil), g[at:end]...)
			addScaled(mix, b[at:end], 1)
			gain := float32(1)
			if p := peak(mix); p > 0 {
				gain = float32(dB(-3) / p)
			}
			for f, x := range map[string][]float32{"guitar": g[at:end], backing: b[at:end]} {
				if rms(x) < 1e-4 {
					continue
				}
				y := append([]float32(nil), x...)
				scale(y, gain)
				song.Stems[f], song.Meta.Sources[f] = y, []Credit{c}
			}
			if len(song.Stems) == 0 {
				continue
			}
			if err := song.Write(dir); err != nil {
				return err
			}
			add(song)
		}
		return nil
	})
}
