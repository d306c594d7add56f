// Package report draws an evaluation as a table, a plot and a page.
//
// All three show the same figures: the median over a song's frames is what package evaluate found, the
// median over songs is taken here. An infinite figure counts as undefined, as it does in a result's file.
package report

import (
	"math"
	"slices"

	"soloist/train/bsseval"
	"soloist/train/evaluate"
)

// allSets is the set of the rows over all sets.
const allSets = "all"

// Row is one contestant's figures for one source, over the songs of a set.
type Row struct {
	Set, Source string
	Contestant  evaluate.Contestant
	Songs       int              // that have scores
	Value       evaluate.Summary // medians over songs
	Gain        evaluate.Summary // medians over songs of what a song gains over its mixture; undefined for the mixture
}

// Summarise returns the numbers behind Table: rows by set as they appear, by source and by contestant.
// With more than one set, rows of the set "all" follow.
func Summarise(r *evaluate.Result) []Row {
	var sets []string
	for _, s := range r.Songs {
		if scored(&s, r.Sources) && !slices.Contains(sets, s.Set) {
			sets = append(sets, s.Set)
		}
	}
	var rows []Row
	for _, set := range sets {
		rows = append(rows, summarise(r, set, func(s *evaluate.Song) bool { return s.Set == set })...)
	}
	if len(sets) > 1 {
		rows = append(rows, summarise(r, allSets, func(*evaluate.Song) bool { return true })...)
	}
	return rows
}

// summarise returns the rows over the songs that belong to a set.
func summarise(r *evaluate.Result, set string, belongs func(*evaluate.Song) bool) []Row {
	var rows []Row
	for _, source := range r.Sources {
		for _, contestant := range evaluate.Contestants {
			var values, gains [figures][]evaluate.DB
			songs := 0
			for i := range r.Songs {
				song := &r.Songs[i]
				own := find(song, source, contestant)
				if own == nil || !belongs(song) {
					continue
				}
				songs++
				for m, v := range all(&own.Summary) {
					values[m] = append(values[m], *v)
				}
				if mixture := find(song, source, evaluate.Mixture); mixture != nil && contestant != evaluate.Mixture {
					for m, v := range all(&own.Summary) {
						gains[m] = append(gains[m], *v-*all(&mixture.Summary)[m])
					}
				}
			}
			if songs == 0 {
				continue
			}
			row := Row{Set: set, Source: source, Contestant: contestant, Songs: songs}
			for m := range figures {
				*all(&row.Value)[m] = Median(values[m])
				*all(&row.Gain)[m] = Median(gains[m])
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// Median is the median of the defined, finite values, undefined where there is none. Of two in the
// middle it is the mean.
func Median(values []evaluate.DB) evaluate.DB {
	var x []float64
	for _, v := range values {
		if finite(v) {
			x = append(x, float64(v))
		}
	}
	return evaluate.DB(bsseval.Median(x))
}

func finite(d evaluate.DB) bool { return d.Defined() && !math.IsInf(float64(d), 0) }

// figures is how many figures a Summary has.
const figures = 6

// shown are the names of those figures that tables show, in their order.
var shown = [...]string{"SDR", "SIR", "SAR", "SI-SDR", "uSDR"}

// all are the figures of s, those shown first.
func all(s *evaluate.Summary) [figures]*evaluate.DB {
	return [figures]*evaluate.DB{&s.SDR, &s.SIR, &s.SAR, &s.SISDR, &s.USDR, &s.ISR}
}

// find returns a contestant's scores of a source, nil where the song has none or was skipped.
func find(s *evaluate.Song, source string, c evaluate.Contestant) *evaluate.Scores {
	if s.Error != "" {
		return nil
	}
	for i := range s.Scores {
		if s.Scores[i].Source == source && s.Scores[i].Contestant == c {
			return &s.Scores[i]
		}
	}
	return nil
}

// scored tells whether a song has scores of any of the sources.
func scored(s *evaluate.Song, sources []string) bool {
	return s.Error == "" && slices.ContainsFunc(s.Scores, func(sc evaluate.Scores) bool {
		return slices.Contains(sources, sc.Source)
	})
}
