package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"soloist/train/evaluate"
)

// MIR1K writes the published figures as text.
func MIR1K(w io.Writer, r *evaluate.MIR1KResult) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	clips := 0
	for _, c := range r.Clips {
		if c.Error == "" {
			clips++
		}
	}
	fmt.Fprintln(t, "clips\tpart\tGNSDR\tGSIR\tGSAR\t")
	for _, row := range []struct {
		part string
		g    evaluate.Global
	}{{"voice", r.Voice}, {"accompaniment", r.Accompaniment}} {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t\n", clips, row.part, hundredths(row.g.GNSDR), hundredths(row.g.GSIR), hundredths(row.g.GSAR))
	}
	return t.Flush()
}

// hundredths is a figure with the two decimals that are usual for this set.
func hundredths(d evaluate.DB) string {
	if !d.Defined() {
		return undefined
	}
	return fmt.Sprintf("%.2f", float64(d))
}
