package report

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"soloist/model/atomicfile"
	"soloist/train/evaluate"
)

// The size of a plot in points, and the fineness of its raster.
const (
	plotWidth  = 720
	plotHeight = 570
	legendSize = 34
	plotDPI    = 192
)

// The colours of lines and text; those of the contestants are Okabe and Ito's, which the colour-blind can
// tell apart ("Color Universal Design", 2008).
var (
	ink     = color.NRGBA{0x24, 0x29, 0x2f, 0xff}
	rule    = color.NRGBA{0xd8, 0xde, 0xe4, 0xff}
	colours = map[evaluate.Contestant]color.NRGBA{
		evaluate.Model:    {0x00, 0x72, 0xb2, 0xff},
		evaluate.Mixture:  {0x8a, 0x8f, 0x96, 0xff},
		evaluate.Baseline: {0xe6, 0x9f, 0x00, 0xff},
		evaluate.Oracle:   {0x00, 0x9e, 0x73, 0xff},
	}
)

// panels are what a plot shows, from top to bottom.
var panels = []struct {
	title string
	of    func(*evaluate.Summary) evaluate.DB
}{
	{"SDR (BSS-Eval v4, medians over frames)", func(s *evaluate.Summary) evaluate.DB { return s.SDR }},
	{"SI-SDR (whole songs)", func(s *evaluate.Summary) evaluate.DB { return s.SISDR }},
}

// Plot draws box plots of SDR and SI-SDR over songs, by source and contestant, with the songs as dots.
// The file is a PNG or an SVG, as its name ends in .png or .svg, and appears only when it is complete.
func Plot(path string, r *evaluate.Result) error {
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".png":
		c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))}
		return atomicfile.Write(path, func(w io.Writer) error {
			if err := drawPlot(draw.New(c), r); err != nil {
				return err
			}
			_, err := c.WriteTo(w)
			return err
		})
	case ".svg":
		return atomicfile.Write(path, func(w io.Writer) error {
			svg, err := plotSVG(r, color.White)
			if err == nil {
				_, err = w.Write(svg)
			}
			return err
		})
	default:
		return fmt.Errorf("%s: a plot's name ends in .png or .svg, not in %q", path, ext)
	}
}

// plotSVG is the plot as an SVG document, transparent where background is.
func plotSVG(r *evaluate.Result, background color.Color) ([]byte, error) {
	c := vgsvg.New(plotWidth, plotHeight)
	c.SetColor(background)
	c.Fill(vg.Rectangle{Max: vg.Point{X: plotWidth, Y: plotHeight}}.Path())
	if err := drawPlot(draw.New(c), r); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, err
	}
	// Where the font is missing, those of the same widths stand in.
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

// drawPlot draws the legend and below it the panels.
func drawPlot(c draw.Canvas, r *evaluate.Result) error {
	present := contestants(r)
	drawLegend(draw.Crop(c, 8, 0, plotHeight-legendSize, 0), present)
	var rows [][]*plot.Plot
	for i := range panels {
		p, err := panel(r, i, present)
		if err != nil {
			return err
		}
		rows = append(rows, []*plot.Plot{p})
	}
	tiles := draw.Tiles{Rows: len(rows), Cols: 1, PadY: 18, PadTop: legendSize, PadBottom: 4, PadLeft: 4, PadRight: 8}
	for i, row := range plot.Align(rows, tiles, c) {
		rows[i][0].Draw(row[0])
	}
	return nil
}

// contestants are those with scores, in the order of tables.
func contestants(r *evaluate.Result) []evaluate.Contestant {
	has := map[evaluate.Contestant]bool{}
	for _, row := range Summarise(r) {
		has[row.Contestant] = true
	}
	var present []evaluate.Contestant
	for _, c := range evaluate.Contestants {
		if has[c] {
			present = append(present, c)
		}
	}
	return present
}

// panel draws one figure's boxes: a group for each source, in it a box for each contestant.
func panel(r *evaluate.Result, which int, present []evaluate.Contestant) (*plot.Plot, error) {
	p := newPanel(panels[which].title, r.Sources)
	p.Add(grid())
	if len(present) == 0 {
		p.Title.Text += ": no scores"
		p.HideX()
		return p, nil
	}
	share := vg.Length(plotWidth-60) / vg.Length(len(r.Sources)) // of the width, a source's
	spacing := min(0.8*share/vg.Length(len(present)), 50)        // of its boxes
	pitch := float64(spacing / share)                            // the same on the x axis
	low, high := 0.0, 0.0
	for s, source := range r.Sources {
		for k, contestant := range present {
			x := float64(s) + pitch*(float64(k)-float64(len(present)-1)/2)
			var values plotter.Values
			var dots plotter.XYs
			for i := range r.Songs {
				scores := find(&r.Songs[i], source, contestant)
				if scores == nil {
					continue
				}
				if v := panels[which].of(&scores.Summary); finite(v) {
					values = append(values, float64(v))
					dots = append(dots, plotter.XY{X: x + 0.5*pitch*spread(i), Y: float64(v)})
					low, high = min(low, float64(v)), max(high, float64(v))
				}
			}
			if len(values) == 0 {
				continue
			}
			if err := addBox(p, 0.75*spacing, x, values, dots, colours[contestant]); err != nil {
				return nil, err
			}
		}
	}
	step := tickStep(high - low)
	p.X.Min, p.X.Max = -0.5, float64(len(r.Sources))-0.5
	p.Y.Min, p.Y.Max = step*math.Floor(low/step), step*math.Ceil(max(high, step)/step)
	return p, nil
}

// spread is a song's offset within ±½, the same in every box: multiples of the golden ratio, which lie apart.
func spread(song int) float64 {
	_, f := math.Modf(float64(song) * math.Phi)
	return f - 0.5
}

// addBox draws values as a box from quartile to quartile with the median across it, and as dots.
func addBox(p *plot.Plot, width vg.Length, x float64, values plotter.Values, dots plotter.XYs, c color.NRGBA) error {
	box, err := plotter.NewBoxPlot(width, x, values)
	if err != nil {
		return err
	}
	faint, half := c, c
	faint.A, half.A = 0x50, 0xa0
	box.FillColor = faint
	box.BoxStyle = draw.LineStyle{Color: c, Width: 1}
	box.WhiskerStyle = box.BoxStyle
	box.MedianStyle = draw.LineStyle{Color: ink, Width: 2}
	box.CapWidth = width / 3
	box.Outside = nil // the dots show them
	scatter, err := plotter.NewScatter(dots)
	if err != nil {
		return err
	}
	scatter.GlyphStyle = draw.GlyphStyle{Color: half, Radius: 1.8, Shape: draw.CircleGlyph{}}
	p.Add(box, scatter)
	return nil
}
