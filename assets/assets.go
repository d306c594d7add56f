// Package assets holds the shipped models, with their cards inside, and the demo music.
package assets

import (
	"embed"
	"io/fs"
	"sort"
	"strings"
)

//go:embed models/*.safetensors
var files embed.FS

const extension = ".safetensors"

// Models names the shipped models, in order.
func Models() []string {
	entries, err := files.ReadDir("models")
	if err != nil {
		panic("assets: " + err.Error()) // embedded at build time
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// Model returns the file of a shipped model; the error is fs.ErrNotExist where there is none of that name.
func Model(name string) ([]byte, error) {
	if strings.ContainsAny(name, `/\`) {
		return nil, fs.ErrNotExist
	}
	return files.ReadFile("models/" + name + extension)
}
