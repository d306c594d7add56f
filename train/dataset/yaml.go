package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// readYAML reads a file into what v points to. Its errors are one line.
func readYAML(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return parseYAML(path, f, v)
}

// parseYAML is readYAML of what r holds.
func parseYAML(path string, r io.Reader, v any) error {
	const most = 4 << 20 // a hundred times as much as any real file has
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(text) > most {
		return fmt.Errorf("%s: want YAML of up to %d MB, found more", path, most>>20)
	}
	if err := yaml.Unmarshal(text, v); err != nil {
		var types *yaml.TypeError
		if errors.As(err, &types) {
			return fmt.Errorf("%s: want YAML that says what the stems are, found %s", path, oneLine(types.Errors[0]))
		}
		return fmt.Errorf("%s: want YAML, found %s", path, oneLine(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	return nil
}

// oneLine is text that can be printed, without line breaks and no longer than a line.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 120 {
		text = string(runes[:120]) + "…"
	}
	return text
}
