package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"soloist/train/evaluate"
)

// undefined stands in tables for what has no value.
const undefined = "–"

// Table writes the medians over songs by set and source as text. Behind each figure stands in brackets the
// median over songs of what a song gains over its mixture. All figures are in dB.
func Table(w io.Writer, r *evaluate.Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "set\tsource\tsongs\testimate")
	for _, name := range shown {
		fmt.Fprintf(tw, "\t%6s", name)
	}
	fmt.Fprintln(tw)
	for _, row := range Summarise(r) {
		fmt.Fprintf(tw, "%s\t%s\t%5d\t%s", plain(row.Set), plain(row.Source), row.Songs, row.Contestant)
		for m := range shown {
			value, gain := row.figure(m)
			if gain != "" {
				gain = " (" + gain + ")"
			}
			fmt.Fprintf(tw, "\t%6s%s", value, gain)
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// figure is the value of one of those shown, in dB to one decimal, and its gain, "" where it is undefined.
func (r *Row) figure(m int) (value, gain string) {
	value = undefined
	if v := *all(&r.Value)[m]; v.Defined() {
		value = fmt.Sprintf("%.1f", tenths(v))
	}
	if g := *all(&r.Gain)[m]; g.Defined() {
		gain = fmt.Sprintf("%+.1f", tenths(g))
	}
	return value, gain
}

// tenths rounds to one decimal, and never to a negative zero.
func tenths(d evaluate.DB) float64 { return math.Round(float64(d)*10)/10 + 0 }

// plain is a name that keeps to its cell.
func plain(name string) string { return strings.Join(strings.Fields(name), " ") }
