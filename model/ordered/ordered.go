// Package ordered keeps slices ascending while values come and go: the windows of running medians.
package ordered

import "sort"

// at is the first place in sorted whose value is not below v.
func at(sorted []float32, v float32) int {
	return sort.Search(len(sorted), func(i int) bool { return sorted[i] >= v })
}

// Replace puts a new value in the place of an old one in sorted, which stays ascending.
func Replace(sorted []float32, before, after float32) {
	i := at(sorted, before)
	for ; i > 0 && sorted[i-1] > after; i-- {
		sorted[i] = sorted[i-1]
	}
	for ; i+1 < len(sorted) && sorted[i+1] < after; i++ {
		sorted[i] = sorted[i+1]
	}
	sorted[i] = after
}

// Insert adds a value to sorted, whose capacity suffices.
func Insert(sorted []float32, v float32) []float32 {
	i := at(sorted, v)
	sorted = sorted[:len(sorted)+1]
	copy(sorted[i+1:], sorted[i:])
	sorted[i] = v
	return sorted
}

// Remove takes a value out of sorted.
func Remove(sorted []float32, v float32) []float32 {
	i := at(sorted, v)
	copy(sorted[i:], sorted[i+1:])
	return sorted[:len(sorted)-1]
}
