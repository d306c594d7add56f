package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"soloist/model"
)

// TestAdapt tunes a shipped model to the demo's stems and extracts with the result.
func TestAdapt(t *testing.T) {
	if testing.Short() {
		t.Skip("trains")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	excerpt(t, 6, file("songs/surf"), file("surf.wav"))
	args := []string{"train", "--from", "drums", "--data", file("songs"), "--cache", file("cache"), "--steps", "2", "-o", file("mine.safetensors")}
	_, stderr := soloist(t, success, args...)
	if !strings.Contains(stderr, "step 2") {
		t.Errorf("no report of the last step:\n%s", stderr)
	}
	weights := func() (w [][]float32) {
		m, err := model.Open(file("mine.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for _, tensor := range m.Network().Tensors() {
			w = append(w, tensor.Data)
		}
		return w
	}
	first := weights()
	if err := os.Remove(file("mine.safetensors.checkpoint")); err != nil {
		t.Fatal(err)
	}
	soloist(t, success, args...)
	if !slices.EqualFunc(weights(), first, slices.Equal[[]float32]) {
		t.Error("adapting again gives another model")
	}
	card, _ := soloist(t, success, "models", file("mine.safetensors"))
	if !strings.Contains(card, "adapted from drums") {
		t.Errorf("the card does not tell where the model comes from:\n%s", card)
	}
	soloist(t, success, "extract", "--model", file("mine.safetensors"), "-o", file("stems"), file("surf.wav"))
	if _, err := os.Stat(file("stems/surf/drums.wav")); err != nil {
		t.Error(err)
	}
}

func TestTrainMisuse(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "m.safetensors")
	for _, c := range []struct {
		status int
		args   []string
		words  []string
	}{
		{misuse, []string{"--data", dir, "-o", out}, []string{"a recipe or --from"}},
		{misuse, []string{"--from", "drums", "--steps", "5", "--minutes", "1", "--data", dir, "-o", out}, []string{"one of --steps and --minutes"}},
		{misuse, []string{"--from", "drums", "--minutes=-1", "--data", dir, "-o", out}, []string{"-1 minutes"}},
		{failure, []string{"--from", "drums", "--data", dir, "-o", out}, []string{"no song"}},
		{failure, []string{"--from", "missing", "--data", dir, "-o", out}, []string{"missing", "expected a model file"}},
	} {
		_, stderr := soloist(t, c.status, append([]string{"train"}, c.args...)...)
		line(t, stderr, c.words...)
	}
}
