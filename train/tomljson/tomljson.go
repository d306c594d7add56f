// Package tomljson reads TOML whose keys are the names that JSON has for them, so that a
// specification has one set of names wherever it is written.
package tomljson

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/BurntSushi/toml"
)

// Decode fills v, a pointer to a struct, by a text in TOML. What the text leaves out stays as it is; a key that v does not
// know is an error.
func Decode(text string, v any) error {
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		return err
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		return fmt.Errorf("tomljson: numbers must be finite: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
