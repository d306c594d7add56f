module soloist

go 1.26.8

require golang.org/x/sys v0.49.0

require golang.org/x/exp v0.0.0-20260908205506-85c1c2202aba // indirect

require (
	github.com/BurntSushi/toml v1.6.0
	github.com/VividCortex/ewma v1.2.0 // indirect
	github.com/acarl005/stripansi v0.0.0-20180116102854-5a71ef0e047d // indirect
	github.com/alecthomas/kong v1.17.0
	github.com/hajimehoshi/go-mp3 v0.3.4
	github.com/icza/bitio v1.1.0 // indirect
	github.com/jfreymuth/vorbis v1.0.2
	github.com/mattn/go-runewidth v0.0.16 // indirect
	github.com/mewkiz/flac v1.0.14
	github.com/mewkiz/pkg v0.0.0-20250417130911-3f050ff8c56d // indirect
	github.com/mewpkg/term v0.0.0-20241026122259-37a80af23985 // indirect
	github.com/mjibson/go-dsp v0.0.0-20180508042940-11479a337f12
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/sinshu/go-meltysynth v0.0.0-20230205031334-05d311382fc4
	github.com/vbauerster/mpb/v8 v8.9.3
	gitlab.com/gomidi/midi/v2 v2.2.10
	golang.org/x/sync v0.24.0
	golang.org/x/term v0.47.0
	gonum.org/v1/gonum v0.17.0
	gonum.org/v1/netlib v0.0.0-20190313105609-8cb42192e0e0
)
