package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	want := func(content string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("the file holds %q, %v; want %q", got, err, content)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("%d files in the folder, %v; want one", len(entries), err)
		}
	}
	if err := Write(path, text("one")); err != nil {
		t.Fatal(err)
	}
	want("one")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	long := strings.Repeat("x", 1<<20)
	if err := Write(path, text(long)); err != nil {
		t.Fatal(err)
	}
	want(long)
	failed := errors.New("failed")
	err := Write(path, func(w io.Writer) error {
		if err := text(long + long)(w); err != nil {
			return err
		}
		want := 2 // while it grows, there is another file and the old one is whole
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != want {
			t.Errorf("%d files while one grows, %v; want %d", len(entries), err, want)
		}
		return failed
	})
	if !errors.Is(err, failed) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	want(long)
	if err := Write(filepath.Join(dir, "missing", "file"), text("")); err == nil {
		t.Error("a missing folder is no error")
	}
	if err := Write(dir, text("")); err == nil {
		t.Error("a folder is replaced")
	}
}
