// Package blas chooses the matrix products that training runs on: OpenBLAS where the program is built with the
// tag openblas, gonum's own in pure Go otherwise.
package blas

import (
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// Use makes gonum's blas32 and blas64 run on the chosen products, one thread a call, since training has
// a goroutine a core, and returns their name.
func Use() string {
	blas32.Use(implementation)
	blas64.Use(implementation)
	return name
}
