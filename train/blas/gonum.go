//go:build !openblas || !cgo

package blas

import "gonum.org/v1/gonum/blas/gonum"

const name = "gonum"

var implementation = gonum.Implementation{}
