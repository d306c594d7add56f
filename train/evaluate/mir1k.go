package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"soloist/host/audiofile"
	"soloist/train/bsseval"
	"soloist/train/dataset"
)

// MIR1KResult is what the published protocol gives (Hsu & Jang, "On the improvement of singing voice separation for
// monaural recordings using the MIR-1K dataset", IEEE Trans. ASLP 18(2), 2010; Huang et al., "Singing-voice separation from
// monaural recordings using deep recurrent neural networks", ISMIR 2014): voice and accompaniment mixed at 0 dB in mono,
// BSS-Eval v3 sources, and means over the clips weighted by their length.
type MIR1KResult struct {
	Format        string   `json:"format"` // MIR1KFormat
	Models        []string `json:"models"`
	Voice         Global   `json:"voice"`
	Accompaniment Global   `json:"accompaniment"`
	Clips         []Clip   `json:"clips"` // by name
}

// MIR1KFormat is the version of a MIR1KResult as JSON.
const MIR1KFormat = "soloist-mir1k-1"

// Global are length-weighted means over clips, of SDR less the mixture's SDR, of SIR and of SAR, in dB.
type Global struct {
	GNSDR DB `json:"gnsdr"`
	GSIR  DB `json:"gsir"`
	GSAR  DB `json:"gsar"`
}

// Clip is what was found out about one clip.
type Clip struct {
	Name          string     `json:"name"`
	Rate          int        `json:"rate"`   // Hz
	Frames        int        `json:"frames"` // samples
	Error         string     `json:"error,omitempty"`
	Voice         ClipScores `json:"voice"`
	Accompaniment ClipScores `json:"accompaniment"`
}

// ClipScores are those of one estimate in dB.
type ClipScores struct {
	Mixture DB `json:"mixture"` // SDR of the mixture
	SDR     DB `json:"sdr"`
	SIR     DB `json:"sir"`
	SAR     DB `json:"sar"`
}

// MIR1KClip says where a clip lies: in one stereo file, left accompaniment and right voice, or in two files.
type MIR1KClip struct {
	Name                 string
	Voice, Accompaniment string // paths
}

// FindMIR1K returns the clips at any depth below a folder, by name: stereo files, and folders with a file vocals.* and
// a file accompaniment.*.
func FindMIR1K(dir string) ([]MIR1KClip, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	var clips []MIR1KClip
	parts := map[string]*MIR1KClip{}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		lower, ok := dataset.AudioName(d.Name())
		if !ok {
			return nil
		}
		at := filepath.Dir(path)
		part := parts[at]
		if part == nil {
			part = &MIR1KClip{Name: filepath.Base(at)}
			parts[at] = part
		}
		switch lower {
		case "vocals":
			part.Voice = path
		case "accompaniment":
			part.Accompaniment = path
		case "mix", "mixture":
		default:
			clips = append(clips, MIR1KClip{strings.TrimSuffix(d.Name(), filepath.Ext(path)), path, path})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.Voice != "" && p.Accompaniment != "" {
			clips = append(clips, *p)
		}
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("%s: no clip, want stereo files with accompaniment left and voice right", dir)
	}
	slices.SortFunc(clips, func(a, b MIR1KClip) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Voice, b.Voice)) })
	return clips, nil
}

// MIR1K scores the separator's vocals, and what is left as the accompaniment.
func (e *Evaluation) MIR1K(ctx context.Context, clips []MIR1KClip, step func()) (*MIR1KResult, error) {
	if !slices.Contains(e.Sources, "vocals") {
		return nil, fmt.Errorf("want a model of vocals, found one of %s", strings.Join(e.Sources, ", "))
	}
	r := &MIR1KResult{Format: MIR1KFormat, Models: e.Models, Clips: make([]Clip, len(clips))}
	each(max(1, e.Jobs), len(clips), func(i int) {
		r.Clips[i].Name = clips[i].Name
		if err := e.clip(ctx, &r.Clips[i], clips[i]); err != nil {
			r.Clips[i] = Clip{Name: clips[i].Name, Error: err.Error()}
		}
		if step != nil {
			step()
		}
	})
	r.Voice = global(r.Clips, func(c *Clip) ClipScores { return c.Voice })
	r.Accompaniment = global(r.Clips, func(c *Clip) ClipScores { return c.Accompaniment })
	return r, ctx.Err()
}

func (e *Evaluation) clip(ctx context.Context, clip *Clip, c MIR1KClip) error {
	voice, music, rate, err := c.read()
	if err != nil {
		return err
	}
	clip.Rate, clip.Frames = rate, len(voice)
	// 0 dB: both at the same energy, that of the louder one going down.
	v, m := energy(voice), energy(music)
	if v == 0 || m == 0 {
		return fmt.Errorf("%s: want voice and accompaniment, found silence", c.Voice)
	}
	level(voice, math.Sqrt(min(v, m)/v))
	level(music, math.Sqrt(min(v, m)/m))
	refs := [][][]float32{{voice}, {music}}
	mix := [][]float32{slices.Clone(voice)}
	add(mix, refs[1])
	all, err := e.Estimate(ctx, dataset.Folder{}, rate, mix)
	if err != nil {
		return err
	}
	estimate := all["vocals"]
	score := func(ests ...[][]float32) (bsseval.Scores, error) {
		return bsseval.Eval(bsseval.Waves[float32](refs), bsseval.Waves[float32](ests), bsseval.Options{Sources: true})
	}
	s, err := score(estimate, difference(mix, estimate))
	if err != nil {
		return err
	}
	before, err := score(mix, mix)
	if err != nil {
		return err
	}
	for j, to := range []*ClipScores{&clip.Voice, &clip.Accompaniment} {
		*to = ClipScores{DB(before.SDR[j][0]), DB(s.SDR[j][0]), DB(s.SIR[j][0]), DB(s.SAR[j][0])}
	}
	return nil
}

// read returns both parts, equally long, and their rate.
func (c MIR1KClip) read() (voice, music []float32, rate int, err error) {
	if c.Voice == c.Accompaniment {
		info, x, err := decodeMIR1K(c.Voice, 2, "2 channels, accompaniment and voice")
		if err != nil {
			return nil, nil, 0, err
		}
		return x[1], x[0], info.Rate, nil
	}
	info, v, err := decodeMIR1K(c.Voice, 1, "1 channel")
	if err != nil {
		return nil, nil, 0, err
	}
	other, m, err := decodeMIR1K(c.Accompaniment, 1, "1 channel")
	if err != nil {
		return nil, nil, 0, err
	}
	if info.Rate != other.Rate || len(v[0]) != len(m[0]) {
		return nil, nil, 0, fmt.Errorf("%s: want %d samples at %d Hz as the voice has, found %d at %d", c.Accompaniment, len(v[0]), info.Rate, len(m[0]), other.Rate)
	}
	return v[0], m[0], info.Rate, nil
}

// decodeMIR1K reads a file that must have so many channels, and a sample at least.
func decodeMIR1K(path string, channels int, want string) (audiofile.Info, [][]float32, error) {
	info, x, err := decode(dataset.Stem{Path: path})
	switch {
	case err != nil:
	case length(x) == 0:
		err = fmt.Errorf("%s: want sound, found no sample", path)
	case info.Channels != channels:
		err = fmt.Errorf("%s: want %s, found %d", path, want, info.Channels)
	}
	return info, x, err
}

func energy(x []float32) (e float64) {
	for _, v := range x {
		e += float64(v) * float64(v)
	}
	return e
}

func level(x []float32, gain float64) {
	for i := range x {
		x[i] *= float32(gain)
	}
}

// global is the mean over the clips, weighted by their length.
func global(clips []Clip, of func(*Clip) ClipScores) Global {
	var gain, sir, sar []float64
	var lengths []int
	for i := range clips {
		if clips[i].Error != "" {
			continue
		}
		s := of(&clips[i])
		gain, sir, sar = append(gain, float64(s.SDR-s.Mixture)), append(sir, float64(s.SIR)), append(sar, float64(s.SAR))
		lengths = append(lengths, clips[i].Frames)
	}
	return Global{DB(bsseval.Global(gain, lengths)), DB(bsseval.Global(sir, lengths)), DB(bsseval.Global(sar, lengths))}
}
