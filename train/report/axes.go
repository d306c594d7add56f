package report

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"soloist/train/evaluate"
)

// newPanel is an empty plot in dB with a group for each source, at x = 0, 1, …
func newPanel(title string, sources []string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = title
	p.Title.Padding = 6
	p.Y.Label.Text = "dB"
	for _, style := range []*text.Style{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label,
	} {
		style.Font = sans(11)
		style.Color = ink
	}
	p.Title.TextStyle.Font = sans(12)
	p.Title.TextStyle.Font.Weight = xfont.WeightBold
	if len(sources) > 0 {
		p.NominalX(sources...)
	}
	widest := vg.Length(0)
	for _, s := range sources {
		widest = max(widest, p.X.Tick.Label.Width(s))
	}
	if share := vg.Length(plotWidth-60)/vg.Length(max(len(sources), 1)) - 8; widest > share { // they would overlap
		p.X.Tick.Label.Font.Size *= share / widest
	}
	p.Y.Padding = 0
	p.Y.LineStyle.Width = 0
	p.Y.Tick.LineStyle.Width = 0
	p.Y.Tick.Marker = plot.TickerFunc(ticks)
	return p
}

// grid rules off the ticks of the y axis.
func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Color = nil
	g.Horizontal = draw.LineStyle{Color: rule, Width: 0.75}
	return g
}

// ticks are at the multiples of a round step.
func ticks(low, high float64) []plot.Tick {
	step := tickStep(high - low)
	var t []plot.Tick
	for k := math.Ceil(low / step); k*step <= high; k++ {
		label := strings.Replace(strconv.FormatFloat(k*step, 'f', -1, 64), "-", "−", 1)
		t = append(t, plot.Tick{Value: k * step, Label: label})
	}
	return t
}

// tickStep is the least round step in dB that divides a range into at most eight.
func tickStep(dB float64) float64 {
	for _, step := range []float64{1, 2, 5, 10, 20, 50} {
		if dB <= 8*step {
			return step
		}
	}
	return 100
}

// drawLegend draws, in a row, what each colour and mark stands for.
func drawLegend(c draw.Canvas, present []evaluate.Contestant) {
	style := text.Style{Color: ink, Font: sans(11), Handler: plot.DefaultTextHandler, YAlign: text.YCenter}
	x, y := c.Min.X, (c.Min.Y+c.Max.Y)/2
	label := func(words string) {
		c.FillText(style, vg.Point{X: x + swatch + 5, Y: y}, words)
		x += swatch + 5 + style.Width(words) + 18
	}
	for _, contestant := range present {
		drawSwatch(c, x, y, colours[contestant])
		label(string(contestant))
	}
	c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: 1.8, Shape: draw.CircleGlyph{}}, vg.Point{X: x + swatch/2, Y: y})
	label("a song")
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 2}, x, y, x+swatch, y)
	label("median over songs; half of them lie in the box")
}

// swatch is the width of a mark in the legend.
const swatch = 14

// drawSwatch draws a box in miniature.
func drawSwatch(c draw.Canvas, x, y vg.Length, fill color.NRGBA) {
	corners := []vg.Point{{X: x, Y: y - 5}, {X: x + swatch, Y: y - 5}, {X: x + swatch, Y: y + 5}, {X: x, Y: y + 5}, {X: x, Y: y - 5}}
	faint := fill
	faint.A = 0x50
	c.FillPolygon(faint, corners)
	c.StrokeLines(draw.LineStyle{Color: fill, Width: 1}, corners)
}

// sans is the type that plots are set in.
func sans(size font.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}
