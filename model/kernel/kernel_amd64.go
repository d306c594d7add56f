//go:build amd64

package kernel

func supported(k kind) bool { return k == kindGo }

// These report that no assembly kernel is in use.

func (p *Packed) mulSIMD([]float32, int, []float32, int, int, []float32) bool { return false }

func unarySIMD(op, []float32, []float32) bool                  { return false }
func scaleSIMD([]float32, []float32, float32) bool             { return false }
func axpySIMD([]float32, float32, []float32) bool              { return false }
func magnitudeSIMD([]float32, []complex64) bool                { return false }
func maskComplexSIMD([]complex64, []complex64, []float32) bool { return false }
