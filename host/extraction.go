package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"soloist/host/audiofile"
)

// Extraction separates files into folders of stems.
//
// The outputs of an input appear in its folder only when all of them are complete, together
// with a manifest, a hidden file that says what they were made from. A folder is done, and passed over,
// when its manifest names the same content of the input, the same models and the same settings,
// and every file of it is there in its full size. A folder that holds something else under those names is
// an error, unless Force replaces it.
type Extraction struct {
	Batch
	Dir    string           // the folder of all outputs; made if need be
	Model  string           // says which models New's processors use; done work is told by it
	Format audiofile.Format // of the outputs; it sets Bits
	Force  bool             // repeat what is done, replace what is there
}

// Result tells what became of an input.
type Result struct {
	Stats
	Dir      string   // the folder of the outputs
	Outputs  []string // their file names
	Rate     int      // Hz
	Channels int
	Warnings []string // about the input
	Done     bool     // it had been done before, and was passed over
}

// Observer follows a run. Its methods are called from several goroutines.
type Observer interface {
	// Began tells that work on an input has begun; frames is its length in samples, −1 if unknown.
	Began(in Input, rate int, frames int64)
	// Went tells how many samples are done.
	Went(in Input, frames int64)
	// Ended tells what became of an input. Its warnings are valid with an error, too.
	Ended(in Input, r Result, err error)
}

const (
	manifestName    = ".soloist.json"
	manifestVersion = 1
)

// manifest says what the files beside it were made from.
type manifest struct {
	Version  int      `json:"version"`
	Input    string   `json:"input"` // its base name, for people
	Bytes    int64    `json:"input_bytes"`
	SHA256   string   `json:"input_sha256"`
	Model    string   `json:"model"`
	Sources  []string `json:"sources"`
	Format   string   `json:"format"`
	Dither   bool     `json:"dither,omitempty"`
	Rate     int      `json:"rate_hz"`
	Channels int      `json:"channels"`
	Frames   int64    `json:"frames"`
	Warnings []string `json:"warnings,omitempty"`

	Files   map[string]int64 `json:"files"` // sizes in bytes
	Clipped map[string]int64 `json:"clipped,omitempty"`
}

// Run separates the inputs, as many at once as Jobs allows and each with what jobs are left over, and
// tells the observer of each. An input that fails does not stop the others; ctx does, and then
// the inputs in work leave nothing behind. It returns the number of inputs that failed.
func (e *Extraction) Run(ctx context.Context, inputs []Input, o Observer) (failed int) {
	defer e.sweep(inputs)()
	jobs := max(e.Jobs, 1)
	workers := min(jobs, max(len(inputs), 1))
	each := *e
	each.Jobs, each.Bits = jobs/workers, e.Format.Bits()
	var mu sync.Mutex
	var wait sync.WaitGroup
	next := make(chan Input)
	for range workers {
		wait.Go(func() {
			for in := range next {
				r, err := each.file(ctx, in, o)
				o.Ended(in, r, err)
				if err != nil {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
feed:
	for _, in := range inputs {
		select {
		case next <- in:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wait.Wait()
	return failed
}

// sweep notes which folders for outputs do not exist yet, and returns a function that removes those of
// them that are empty.
func (e *Extraction) sweep(inputs []Input) func() {
	var made []string
	note := func(dir string) {
		for {
			if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || slices.Contains(made, dir) {
				return
			}
			made = append(made, dir)
			dir = filepath.Dir(dir)
		}
	}
	seen := map[string]bool{}
	for _, in := range inputs {
		if d := filepath.Dir(filepath.Join(e.Dir, in.Name)); !seen[d] {
			seen[d] = true
			note(d)
		}
	}
	return func() {
		slices.SortFunc(made, func(a, b string) int { return len(b) - len(a) }) // the deeper first
		for _, d := range made {
			_ = os.Remove(d) // fails, as it should, where it holds something
		}
	}
}

// file separates one input.
func (e *Extraction) file(ctx context.Context, in Input, o Observer) (Result, error) {
	target := filepath.Join(e.Dir, in.Name)
	res := Result{Dir: target}
	if err := ctx.Err(); err != nil {
		return res, err
	}
	src, err := audiofile.Open(in.Path)
	if err != nil {
		return res, err
	}
	defer src.Close()
	info := src.Info()
	res.Rate, res.Channels = info.Rate, info.Channels
	want, err := e.manifest(ctx, in, info)
	if err != nil {
		return res, err
	}
	for _, name := range e.Outputs() {
		res.Outputs = append(res.Outputs, name+e.Format.Ext())
	}
	old, err := e.look(target, want, res.Outputs)
	if err != nil {
		return res, err
	}
	if old != nil && !e.Force {
		res.Done, res.Frames, res.Clipped, res.Warnings = true, old.Frames, old.Clipped, old.Warnings
		return res, nil
	}

	o.Began(in, info.Rate, info.Frames)
	part, err := e.part(target)
	if err != nil {
		return res, err
	}
	defer os.RemoveAll(part)
	err = e.write(ctx, part, src, &res, func(frames int64) { o.Went(in, frames) })
	res.Warnings = src.Warnings()
	if err != nil {
		return res, atTarget(err, part, target)
	}
	want.Frames, want.Warnings, want.Clipped = res.Frames, res.Warnings, res.Clipped
	if err := want.save(part, res.Outputs); err != nil {
		return res, atTarget(err, part, target)
	}
	if err := ctx.Err(); err != nil {
		return res, err
	}
	return res, atTarget(publish(part, target, res.Outputs), part, target)
}

// manifest says what the outputs of an input are made from.
func (e *Extraction) manifest(ctx context.Context, in Input, info audiofile.Info) (*manifest, error) {
	m := &manifest{
		Version: manifestVersion, Input: filepath.Base(in.Path), Model: e.Model, Sources: e.Sources,
		Format: e.Format.String(), Dither: e.Dither, Rate: info.Rate, Channels: info.Channels,
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return nil, plainError(in.Path, err)
	}
	defer f.Close()
	sum := sha256.New()
	if m.Bytes, err = io.Copy(sum, &cancelled{ctx, f}); err != nil {
		return nil, plainError(in.Path, err)
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// look tells whether target is done: it returns its manifest if so, nil if there is nothing in
// the way, and an error if there is, unless Force overrides it.
func (e *Extraction) look(target string, want *manifest, files []string) (*manifest, error) {
	st, err := os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, plainError(target, err)
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("%s: expected a folder or nothing there, found a file", target)
	}
	old, err := loadManifest(target)
	switch {
	case err == nil:
		what := old.difference(want)
		if what == "" {
			what = old.missing(target)
			if what == "" {
				return old, nil
			}
			return nil, nil // the same work, no longer whole: do it again
		}
		if !e.Force {
			return nil, fmt.Errorf("%s: expected stems of this input, model and settings or nothing there, found %s; --force replaces them", target, what)
		}
		return nil, nil
	case !errors.Is(err, fs.ErrNotExist) && !e.Force:
		return nil, err
	}
	for _, f := range files {
		st, err := os.Lstat(filepath.Join(target, f))
		if err == nil && (!e.Force || !st.Mode().IsRegular()) {
			return nil, fmt.Errorf("%s: expected nothing there, found a file that soloist did not finish; --force replaces it", filepath.Join(target, f))
		}
	}
	return nil, nil
}

func loadManifest(dir string) (*manifest, error) {
	path := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err := json.Unmarshal(data, m); err != nil || m.Version != manifestVersion {
		return nil, fmt.Errorf("%s: expected a manifest of version %d, found something else; --force replaces it and what it speaks of", path, manifestVersion)
	}
	return m, nil
}

// difference says in what m was made otherwise than want asks, "" if in nothing.
func (m *manifest) difference(want *manifest) string {
	switch {
	case m.SHA256 != want.SHA256 || m.Bytes != want.Bytes:
		return fmt.Sprintf("those of another input (%s)", m.Input)
	case m.Model != want.Model:
		return "those of another model"
	case !slices.Equal(m.Sources, want.Sources):
		return "those of other sources: " + strings.Join(m.Sources, ", ")
	case m.Format != want.Format || m.Dither != want.Dither:
		return "those in another format: " + m.Format
	}
	return ""
}

// missing names a file of m that is not in dir in its full size, "" if none.
func (m *manifest) missing(dir string) string {
	for name, size := range m.Files {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() != size {
			return name
		}
	}
	return ""
}

// save completes m with the sizes of the files in dir and writes it there.
func (m *manifest) save(dir string, files []string) error {
	m.Files = map[string]int64{}
	for _, f := range files {
		st, err := os.Stat(filepath.Join(dir, f))
		if err != nil {
			return err
		}
		m.Files[f] = st.Size()
	}
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestName), append(data, '\n'), 0o666)
}

// part makes a hidden folder beside target, for outputs that are not complete.
func (e *Extraction) part(target string) (string, error) {
	dir, base := filepath.Split(target)
	if err := os.MkdirAll(filepath.Clean(dir), 0o777); err != nil {
		return "", plainError(filepath.Clean(dir), err)
	}
	for {
		part := filepath.Join(dir, fmt.Sprintf(".%s.part%08x", base, rand.Uint32()))
		err := os.Mkdir(part, 0o777)
		if err == nil {
			return part, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", plainError(filepath.Clean(dir), err)
		}
	}
}

// write runs the batch into files in dir.
func (e *Extraction) write(ctx context.Context, dir string, src audiofile.Reader, res *Result, progress func(int64)) (err error) {
	var sinks []Sink
	var writers []audiofile.Writer
	defer func() {
		for _, w := range writers { // on the way out of a failure
			_ = w.Close()
		}
	}()
	for _, name := range res.Outputs {
		w, err := audiofile.Create(filepath.Join(dir, name), e.Format, src.Info())
		if err != nil {
			return err
		}
		writers = append(writers, w)
		sinks = append(sinks, w)
	}
	if res.Stats, err = e.Batch.Run(ctx, src, sinks, progress); err != nil {
		return err
	}
	for len(writers) > 0 {
		w := writers[0]
		writers = writers[1:]
		if err := w.Close(); err != nil {
			return err
		}
	}
	return nil
}

// publish moves the finished files from part into target, the manifest last, and removes what an older
// manifest there speaks of.
func publish(part, target string, files []string) error {
	if err := os.Rename(part, target); err == nil {
		return nil // the usual case: there was no such folder, or it was empty
	}
	if err := os.MkdirAll(target, 0o777); err != nil {
		return err
	}
	if old, err := loadManifest(target); err == nil {
		for name := range old.Files {
			if filepath.IsLocal(name) && !slices.Contains(files, name) {
				if err := os.Remove(filepath.Join(target, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
	}
	// Without its manifest the folder does not count as done while it is changing.
	if err := os.Remove(filepath.Join(target, manifestName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range append(slices.Clone(files), manifestName) {
		if err := os.Rename(filepath.Join(part, f), filepath.Join(target, f)); err != nil {
			return err
		}
	}
	return nil
}

// atTarget words an error about a file in part as one about target, which the user knows.
func atTarget(err error, part, target string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe) && strings.HasPrefix(pe.Path, part):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	case !strings.Contains(err.Error(), part):
		return err
	default:
		return errors.New(strings.ReplaceAll(err.Error(), part, target))
	}
	return fmt.Errorf("%s: cannot write the stems, so nothing was kept: %w", target, err)
}
