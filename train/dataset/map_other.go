//go:build !unix

package dataset

import "os"

// mapFile reads a file into memory where it cannot be mapped.
func mapFile(name string) ([]byte, error) { return os.ReadFile(name) }
