package feature

import "soloist/model/ordered"

// past takes medians over the last frames, for each band.
type past struct {
	frames [][]float32 // [slot][band], the newest at slot
	sorted [][]float32 // [band], those of the frames there are, ascending
	slot   int
	count  int
}

func newPast(frames, bands int) *past {
	p := &past{frames: make([][]float32, frames), sorted: make([][]float32, bands)}
	for i := range p.frames {
		p.frames[i] = make([]float32, bands)
	}
	for i := range p.sorted {
		p.sorted[i] = make([]float32, 0, frames)
	}
	return p
}

func (p *past) reset() {
	p.slot, p.count = 0, 0
	for i := range p.sorted {
		p.sorted[i] = p.sorted[i][:0]
	}
}

// medians writes to dst the medians with the frame now: the lower of the two middle ones.
func (p *past) medians(dst, now []float32) {
	p.slot = (p.slot + 1) % len(p.frames)
	oldest := p.frames[p.slot]
	full := p.count == len(p.frames)
	if !full {
		p.count++
	}
	for i, v := range now {
		s := p.sorted[i]
		if full {
			ordered.Replace(s, oldest[i], v)
		} else {
			s = ordered.Insert(s, v)
			p.sorted[i] = s
		}
		dst[i] = s[(len(s)-1)/2]
	}
	copy(oldest, now)
}

// across writes to dst the medians of each value of x and its neighbours, as many as the capacity of column: fewer
// at the ends. column is working memory.
func across(dst, x, column []float32) {
	half := cap(column) / 2
	column = column[:0]
	for i := range min(half, len(x)) {
		column = ordered.Insert(column, x[i])
	}
	for i := range x {
		in, out := i+half, i-half-1
		switch {
		case in < len(x) && out >= 0:
			ordered.Replace(column, x[out], x[in])
		case in < len(x):
			column = ordered.Insert(column, x[in])
		case out >= 0:
			column = ordered.Remove(column, x[out])
		}
		dst[i] = column[(len(column)-1)/2]
	}
}
