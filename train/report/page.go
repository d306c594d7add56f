package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"image/color"
	"io"
	"strings"

	"soloist/model/atomicfile"
	"soloist/train/evaluate"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page.html").Parse(pageHTML))

// page is what the template shows.
type page struct {
	*evaluate.Result
	Shown    []string
	Groups   []group
	Scored   int           // songs
	Plot     template.HTML // empty where no song has scores
	Scale    template.URL  // the colours of spectrograms
	Sections []section
	Skipped  []evaluate.Song
}

// group is a set's rows for one source.
type group struct {
	Set, Source string
	Rows        []line
}

// line is a row of the table.
type line struct {
	Contestant evaluate.Contestant
	Songs      int
	Cells      []cell
}

type cell struct{ Value, Gain string }

// section shows one source.
type section struct {
	ID, Source string
	Examples   []*example
}

// Page writes one HTML page that needs nothing else: the table, the plot, and for each source spectrograms
// and players of the songs where the model gains most, the median and least SI-SDR over the mixture.
//
// signals returns the mixture, the estimate and the truth of a source of a song as x[channel][sample] at the
// song's rate; it is called once for each row of pictures. The file appears only when it is complete.
func Page(path string, r *evaluate.Result,
	signals func(song *evaluate.Song, source string) (mixture, estimate, truth [][]float32, err error)) error {
	p := page{Result: r, Shown: shown[:], Groups: groups(Summarise(r))}
	for _, song := range r.Songs {
		if song.Error != "" {
			p.Skipped = append(p.Skipped, song)
		} else if scored(&song, r.Sources) {
			p.Scored++
		}
	}
	var err error
	if p.Scale, err = scaleURL(); err != nil {
		return err
	}
	if len(p.Groups) > 0 {
		if p.Plot, err = inlinePlot(r); err != nil {
			return err
		}
	}
	for i, source := range r.Sources {
		s := section{ID: fmt.Sprintf("source-%d", i+1), Source: source, Examples: examples(r, source)}
		for _, e := range s.Examples {
			mixture, estimate, truth, err := signals(e.Song, source)
			if err == nil {
				err = e.draw(mixture, estimate, truth)
			}
			if err != nil {
				return fmt.Errorf("%s, %s of %s: %w", path, source, e.Song.Name, err)
			}
		}
		p.Sections = append(p.Sections, s)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return pageTemplate.Execute(w, p) })
}

// groups puts the rows of one set and source together.
func groups(rows []Row) []group {
	var gs []group
	for _, row := range rows {
		if n := len(gs); n == 0 || gs[n-1].Set != row.Set || gs[n-1].Source != row.Source {
			gs = append(gs, group{Set: row.Set, Source: row.Source})
		}
		l := line{Contestant: row.Contestant, Songs: row.Songs}
		for m := range shown {
			value, gain := row.figure(m)
			l.Cells = append(l.Cells, cell{minus(value), minus(gain)})
		}
		g := &gs[len(gs)-1]
		g.Rows = append(g.Rows, l)
	}
	return gs
}

// minus sets a number with the sign that print uses.
func minus(number string) string { return strings.Replace(number, "-", "−", 1) }

// inlinePlot is the plot as an element of a page, in the page's colours.
func inlinePlot(r *evaluate.Result) (template.HTML, error) {
	svg, err := plotSVG(r, color.Transparent)
	if err != nil {
		return "", err
	}
	_, svg, _ = bytes.Cut(svg, []byte("<svg"))
	_, svg, _ = bytes.Cut(svg, []byte(">")) // name spaces, which HTML has no need of
	body := strings.NewReplacer(cssColour(ink), ":currentColor", cssColour(rule), ":var(--rule)").Replace(string(svg))
	// The document escapes its text, and all else in it is numbers.
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" aria-hidden="true">`, plotWidth, plotHeight) + body), nil
}

// cssColour is a colour as SVG documents have it in a style.
func cssColour(c color.NRGBA) string { return fmt.Sprintf(":#%02X%02X%02X", c.R, c.G, c.B) }
