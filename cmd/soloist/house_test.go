package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// house is the import law: what each package may import of ours. A pattern ending in /... stands for
// the packages below, too. Tests may import more. The table of CONTRIBUTING.md says the same in words.
var house = map[string][]string{
	"stft":                  {},
	"model/atomicfile":      {},
	"model/kernel":          {},
	"model/ordered":         {},
	"model/nn":              {"model/kernel"},
	"model/feature":         {"stft", "model/kernel", "model/ordered"},
	"model":                 {"stft", "model/..."},
	"realtime":              {"stft"},
	"realtime/realtimetest": {"realtime"},
	"host/audiofile":        {},
	"host/device":           {},
	"host":                  {"realtime", "host/..."},
	"train/dataset":         {"realtime", "host/audiofile", "model/atomicfile"},
	"train/bsseval":         {},
	"train/bounds":          {"stft", "model/ordered"},
	"train/evaluate":        {"stft", "host/...", "train/dataset", "train/bsseval", "train/bounds"},
	"train/report":          {"stft", "host/audiofile", "model/atomicfile", "train/bsseval", "train/evaluate"},
	"train/blas":            {},
	"train/render":          {"host/audiofile"},
	"train/tomljson":        {},
	"train/optimise":        {"model/kernel"},
	"train/leastsquares":    {},
	"train/layerwise":       {"stft", "model/...", "train/blas", "train/dataset", "train/optimise", "train/leastsquares", "train/tomljson"},
	"train":                 {"stft", "realtime", "host/audiofile", "model/...", "train/..."},
	"assets":                {},
	"cmd/soloist": {
		"stft", "realtime/...", "model/...", "train/...", "host/...", "assets",
	},
}

// apart are the rooms that no chain of imports may join, tests aside: the audio thread knows no models, a
// host knows neither models nor trainers, and a model knows no host.
var apart = map[string][]string{
	"realtime": {"model", "host", "train"},
	"model":    {"realtime", "host", "train"},
	"host":     {"model", "train"},
	"stft":     {"realtime", "model", "host", "train"},
}

func TestImportLaw(t *testing.T) {
	const root = "../.."
	imports := map[string][]string{} // package to packages, ours only
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, file)
		if d.IsDir() {
			if base := d.Name(); rel != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		// Every file counts, whatever its build tags.
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		imports[pkg] = append(imports[pkg], []string{}...)
		for _, i := range parsed.Imports {
			if p, err := strconv.Unquote(i.Path.Value); err == nil && strings.HasPrefix(p, "soloist/") {
				imports[pkg] = append(imports[pkg], strings.TrimPrefix(p, "soloist/"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, uses := range imports {
		may, ok := house[pkg]
		if !ok {
			t.Errorf("package %s has no line in the table", pkg)
		}
		for _, p := range uses {
			if !slices.ContainsFunc(may, func(pattern string) bool { return matches(pattern, p) }) {
				t.Errorf("%s imports %s, which the table does not allow", pkg, p)
			}
		}
		if testing.Verbose() {
			slices.Sort(uses)
			t.Log(pkg, "imports", slices.Compact(uses))
		}
	}
	for pkg := range imports {
		room, _, _ := strings.Cut(pkg, "/")
		for p := range reach(imports, pkg) {
			if other, _, _ := strings.Cut(p, "/"); slices.Contains(apart[room], other) {
				t.Errorf("%s reaches %s, and the two rooms are to be apart", pkg, p)
			}
		}
	}
}

// matches tells whether p is the package that a pattern names or, with /..., one below it.
func matches(pattern, p string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return p == root || below && strings.HasPrefix(p, root+"/")
}

// reach is all that pkg imports, and what that imports.
func reach(imports map[string][]string, pkg string) map[string]bool {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(p string) {
		for _, q := range imports[p] {
			if !seen[q] {
				seen[q] = true
				visit(q)
			}
		}
	}
	visit(pkg)
	return seen
}
