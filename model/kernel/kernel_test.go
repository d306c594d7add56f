package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// each runs f under every kernel that the processor supports.
func each(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := Name()
	defer Select(was)
	for _, name := range Names() {
		if err := Select(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, f)
	}
}

func TestSelect(t *testing.T) {
	was := Name()
	defer Select(was)
	names := Names()
	if names[len(names)-1] != "go" {
		t.Fatalf("kernels %v: the plain one must be there", names)
	}
	for _, name := range names {
		if err := Select(name); err != nil || Name() != name {
			t.Errorf("Select(%q) = %v, then in use: %q", name, err, Name())
		}
	}
	if err := Select("sse"); err == nil || !strings.Contains(err.Error(), `"sse"`) || Name() != "go" {
		t.Errorf("Select of an unknown kernel: %v, then in use: %q", err, Name())
	}
	for _, name := range kindNames {
		if !strings.Contains(strings.Join(names, " "), name) && Select(name) == nil {
			t.Errorf("Select(%q) succeeds on a processor that lacks it", name)
		}
	}
}

func TestSelectFromEnvironment(t *testing.T) {
	was := Name()
	defer Select(was)
	best := Names()[0]
	for _, c := range []struct {
		name, want string
		fails      bool
	}{
		{"", best, false},
		{"go", "go", false},
		{"fastest", best, true},
	} {
		err := selectFromEnvironment(c.name)
		if Name() != c.want || (err != nil) != c.fails {
			t.Errorf("SOLOIST_KERNEL=%q: error %v, in use %q, want %q", c.name, err, Name(), c.want)
		}
	}
}

// guarded allocates n zero elements between canaries and returns them with a
// function that reports whether the canaries live.
func guarded[T comparable](n int, canary T) (s []T, intact func() bool) {
	const guard = 64
	all := make([]T, n+2*guard)
	for i := range guard {
		all[i], all[guard+n+i] = canary, canary
	}
	return all[guard : guard+n : guard+n], func() bool {
		for i := range guard {
			if all[i] != canary || all[guard+n+i] != canary {
				return false
			}
		}
		return true
	}
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "kernel: ") {
			t.Errorf("%s: want a panic that begins with kernel:, got %v", what, s)
		}
	}()
	f()
}

// The generated files are those that gen.go writes.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the generator")
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "gen.go", dir).CombinedOutput(); err != nil {
		t.Fatalf("go run gen.go: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("gen.go wrote %v, %v", files, err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what gen.go writes", filepath.Base(file))
		}
	}
}
