package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"soloist/host/audiofile"
)

// Input is a file to separate, and the folder, below that of all outputs, for what comes of it.
type Input struct {
	Path string
	Name string
}

// Find returns the audio files among paths. A folder stands for those at any depth in it, told by
// their content; hidden files, and the stems that an Extraction wrote, are passed over. others is how many files in folders
// are not audio. A path that cannot be read is an error of its own; the rest is returned all the same.
//
// An input is named for its file, without the ending, below the folders that it lies in below the
// path given: songs/live/one.mp3 is "one", or "live/one" where songs was given. Inputs
// that would then share a name, by letters of either case, keep their endings too, and where that is not
// enough, their parent folder's name, and its parent's, until they differ. A file given twice is one input.
func Find(paths ...string) (inputs []Input, others int, err error) {
	f := finder{seen: map[string]bool{}}
	for _, p := range paths {
		f.add(p)
	}
	return f.named(), f.others, errors.Join(f.errs...)
}

type found struct {
	path   string // as given or found
	full   string // absolute
	prefix string // folders below the one given
	base   string
}

type finder struct {
	files  []found
	seen   map[string]bool
	others int
	errs   []error
}

func (f *finder) add(path string) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		f.errs = append(f.errs, plainError(path, err))
	case !st.IsDir():
		f.file(path, "")
	default:
		f.folder(path)
	}
}

func (f *finder) folder(root string) {
	before := len(f.files)
	bad := len(f.errs)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			f.errs = append(f.errs, plainError(path, err))
			return nil
		}
		hidden := path != root && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, manifestName)); hidden || err == nil {
				return fs.SkipDir
			}
			return nil
		}
		st, err := os.Stat(path) // follows a link
		if err != nil || hidden || !st.Mode().IsRegular() {
			return nil
		}
		if !isAudio(path) {
			f.others++
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		f.file(path, rel)
		return err
	})
	if err != nil {
		f.errs = append(f.errs, plainError(root, err))
	}
	if len(f.files) == before && len(f.errs) == bad {
		f.errs = append(f.errs, fmt.Errorf("%s: expected audio files in this folder, found none", root))
	}
}

func (f *finder) file(path, prefix string) {
	full, err := filepath.Abs(path)
	if err != nil {
		f.errs = append(f.errs, plainError(path, err))
		return
	}
	if f.seen[full] {
		return
	}
	f.seen[full] = true
	base := filepath.Base(full)
	f.files = append(f.files, found{path, full, prefix, base})
}

// named gives every file the shortest of its names that no other file has.
func (f *finder) named() []Input {
	level := make([]int, len(f.files)) // 0 without ending, 1 with, then one folder each
	names := make([]string, len(f.files))
	for changed := true; changed; {
		changed = false
		users := map[string][]int{}
		for i, file := range f.files {
			names[i] = file.name(level[i])
			key := strings.ToLower(names[i])
			users[key] = append(users[key], i)
		}
		for _, who := range users {
			if len(who) < 2 {
				continue
			}
			for _, i := range who {
				if f.files[i].name(level[i]+1) != names[i] {
					level[i]++
					changed = true
				}
			}
		}
	}
	var inputs []Input
	for i, file := range f.files {
		inputs = append(inputs, Input{Path: file.path, Name: names[i]})
	}
	return inputs
}

func (f found) name(level int) string {
	base, prefix := f.base, f.prefix
	if short := strings.TrimSuffix(base, filepath.Ext(base)); level == 0 && short != "" {
		base = short
	}
	if level > 1 {
		// As many parent folders as asked for, at least those of the prefix.
		parts := strings.Split(strings.Trim(filepath.ToSlash(filepath.Dir(f.full)), "/"), "/")
		n := level - 1
		if prefix != "" && prefix != "." {
			n += strings.Count(filepath.ToSlash(prefix), "/") + 1
		}
		prefix = filepath.Join(parts[max(0, len(parts)-n):]...)
	}
	return filepath.Join(prefix, base)
}

// plainError is err with path named once, and without the name of the system call.
func plainError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// isAudio tells by its content whether a file is meant to be audio; what is wrong with one that is shows later.
func isAudio(path string) bool {
	r, err := audiofile.Open(path)
	if err == nil {
		_ = r.Close()
	}
	return !errors.Is(err, audiofile.ErrUnknownFormat) && !errors.Is(err, audiofile.ErrEmpty)
}
