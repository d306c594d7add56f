// Package kernel holds the float32 inner loops of the network: the product of
// rows with a packed weight matrix and the elementwise functions around it.
//
// Three kernels compute the same things: "avx512" and "avx2" in assembly and
// "go" in plain Go, which is also the reference the other two are tested
// against. The best one that the processor has is chosen at start-up; the
// environment variable SOLOIST_KERNEL or [Select] names another.
//
// # Determinism
//
// Within one kernel every result is a function of the values alone. Element i
// of a vector gets the same bits wherever it lies and however long the vector
// is, and a row of a matrix product gets the same bits whether it is computed
// alone, as a live stream does, or among a thousand others, as a batch does.
// The two assembly kernels also agree with each other bit for bit; the plain
// one rounds each product before it adds, where they fuse, and so differs in
// the last places. The bits do depend on the processor's denormal mode, see
// [FlushDenormals].
//
// # Memory
//
// Only [Pack] allocates. Destination and source of an elementwise function are
// either the same slice or do not overlap; no function keeps a slice. All of
// them may be called from several goroutines on different destinations. A wrong
// length is a mistake in the program and panics.
package kernel

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
)

// kind is one of the implementations, ordered from the plainest to the best.
type kind int32

const (
	kindGo kind = iota
	kindAVX2
	kindAVX512
)

// kindNames are the names that Select and SOLOIST_KERNEL take.
var kindNames = [...]string{kindGo: "go", kindAVX2: "avx2", kindAVX512: "avx512"}

// active is the kernel in use. It is atomic so that a Select beside a running
// computation is a change of bits at worst and no data race.
var active atomic.Int32

// selectionError is what was wrong with SOLOIST_KERNEL, nil if nothing was.
var selectionError = selectFromEnvironment(os.Getenv("SOLOIST_KERNEL"))

func selectFromEnvironment(name string) error {
	active.Store(int32(bestKind()))
	if name == "" {
		return nil
	}
	if err := Select(name); err != nil {
		return fmt.Errorf("SOLOIST_KERNEL: %w", err)
	}
	return nil
}

// Select makes the named kernel the one in use: "go", "avx2" or "avx512". It
// returns an error and changes nothing if the name is unknown or the processor
// lacks what that kernel needs. It is meant for start-up, tests and benchmarks:
// results that are to be bit-identical must come from one kernel.
func Select(name string) error {
	for k, n := range kindNames {
		if n != name {
			continue
		}
		if !supported(kind(k)) {
			return fmt.Errorf("kernel: %q is not supported by this processor; have %s", name, strings.Join(Names(), ", "))
		}
		active.Store(int32(k))
		return nil
	}
	return fmt.Errorf("kernel: unknown name %q; have %s", name, strings.Join(Names(), ", "))
}

// Name returns the name of the kernel in use.
func Name() string { return kindNames[active.Load()] }

// Names returns the kernels that this processor supports, the best first.
func Names() []string {
	var names []string
	for k := len(kindNames) - 1; k >= 0; k-- {
		if supported(kind(k)) {
			names = append(names, kindNames[k])
		}
	}
	return names
}

// SelectionError returns what was wrong with the environment variable
// SOLOIST_KERNEL at start-up, in which case the best kernel is in use, or nil.
func SelectionError() error { return selectionError }

func bestKind() kind {
	for k := kind(len(kindNames) - 1); k > kindGo; k-- {
		if supported(k) {
			return k
		}
	}
	return kindGo
}
