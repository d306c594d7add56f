package main

import (
	"context"
	"fmt"
	"path/filepath"

	"soloist/train/render"
)

// renderCmd makes training material. With neither MIDI nor samples named it takes Debian's.
type renderCmd struct {
	MIDI      []string `name:"midi" placeholder:"DIR" help:"Folders of MIDI files and Doom WADs (default: Debian's openttd-openmsx and freedoom)."`
	Soundfont []string `name:"soundfont" placeholder:"FILE" help:"SoundFonts, sf2 (default: those of Debian's packages)."`
	Samples   []string `name:"samples" placeholder:"DIR" help:"Folders <family>/<source>/*.ogg of recordings, or of Hydrogen drum kits."`
	Songs     []string `name:"frets" placeholder:"DIR" help:"Frets on Fire song folders: a guitar and the rest."`
	Minutes   float64  `name:"minutes" default:"60" help:"Minutes of music to make."`
	Seed      uint64   `name:"seed" default:"1" help:"Everything follows from it."`
	Jobs      int      `name:"jobs" default:"0" help:"Workers; 0 is one a CPU. The result does not depend on it."`
	Out       string   `name:"out" short:"o" required:"" placeholder:"DIR" help:"Folder for the songs."`
}

// Run makes the material and says how much.
func (c *renderCmd) Run(ctx context.Context, std *streams) error {
	job := render.Job{Samples: c.Samples, MIDI: c.MIDI, Fonts: c.Soundfont, Frets: c.Songs, Minutes: c.Minutes, Seed: c.Seed, Jobs: c.Jobs}
	job.Defaults()
	report, err := job.Run(ctx, c.Out)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%.1f minutes in %d songs: %s\nSources and licences: %s\n",
		report.Seconds/60, report.Songs, report.Families(), filepath.Join(c.Out, "LICENCES.txt"))
	return nil
}
