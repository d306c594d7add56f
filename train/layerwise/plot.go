package layerwise

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"soloist/model/atomicfile"
)

// The size of a plot in points, and the fineness of its raster.
const (
	plotWidth  = 480
	plotHeight = 300
	plotDPI    = 144
)

var (
	trainColour      = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	validationColour = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	rule             = color.NRGBA{0xb0, 0xb6, 0xbd, 0xff}
)

// Plot draws J over the iterations, with a line where each layer was added: the paper's figure 3. The axis is
// logarithmic where J spans more than a decade. The file is a PNG or an SVG, as its name ends in .png or .svg.
func Plot(path, title string, curve []Point) error {
	p, err := staircase(title, curve)
	if err != nil {
		return err
	}
	var c vg.CanvasWriterTo
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".png":
		c = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))}
	case ".svg":
		c = vgsvg.New(plotWidth, plotHeight)
	default:
		return fmt.Errorf("%s: a plot's name ends in .png or .svg, not in %q", path, ext)
	}
	p.Draw(draw.Crop(draw.New(c), 6, -12, 6, -8))
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := c.WriteTo(w)
		return err
	})
}

func staircase(title string, curve []Point) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "iterations", "J"
	for _, style := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		*style = font.Font{Typeface: "Liberation", Variant: "Sans", Size: 11}
	}
	low, high := math.Inf(1), 0.
	lines := [2]plotter.XYs{}
	for _, point := range curve {
		for i, j := range [2]float64{point.Train, point.Validation} {
			if j > 0 && !math.IsInf(j, 0) { // no validation is NaN
				lines[i] = append(lines[i], plotter.XY{X: float64(point.Iteration), Y: j})
				low, high = min(low, j), max(high, j)
			}
		}
	}
	if high == 0 {
		return p, nil
	}
	p.Y.Min, p.Y.Max = 0, 1.05*high
	if high > 10*low {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		p.Y.Min, p.Y.Max = low/1.1, high*1.1
	}
	for i, point := range curve {
		if i > 0 && point.Layers > curve[i-1].Layers {
			x := float64(point.Iteration)
			added, err := plotter.NewLine(plotter.XYs{{X: x, Y: p.Y.Min}, {X: x, Y: p.Y.Max}})
			if err != nil {
				return nil, err
			}
			added.LineStyle = draw.LineStyle{Color: rule, Width: 1, Dashes: []vg.Length{4, 3}}
			p.Add(added)
		}
	}
	for i, name := range []string{"train", "validation"} {
		if len(lines[i]) == 0 {
			continue
		}
		line, err := plotter.NewLine(lines[i])
		if err != nil {
			return nil, err
		}
		line.LineStyle = draw.LineStyle{Color: []color.NRGBA{trainColour, validationColour}[i], Width: 1.5}
		p.Add(line)
		p.Legend.Add(name, line)
	}
	p.Legend.Top = true
	return p, nil
}
