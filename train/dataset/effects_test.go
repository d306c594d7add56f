package dataset

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func sine(n int, f, a float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(a * math.Sin(2*math.Pi*f*float64(i)))
	}
	return x
}

// amplitude is that of the sine at f, over the rate, in x.
func amplitude(x []float32, f float64) float64 {
	var re, im float64
	for i, v := range x {
		sin, cos := math.Sincos(2 * math.Pi * f * float64(i))
		re, im = re+float64(v)*cos, im+float64(v)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(x))
}

func level(x []float32) float64 { return math.Sqrt(energy(x) / float64(len(x))) }

// A room's answer to an impulse decays by 60 dB in its reverberation time, by Schroeder's backward integration, and is as
// loud as asked for. Reflections that meet in a sample, and lines that do, make the loudness approximate.
func TestRoomDecays(t *testing.T) {
	const rate = 44100
	m := newRoom(rate)
	x, dry := make([]float32, 2*rate), make([]float32, 2*rate)
	for seed := range uint64(4) {
		for _, c := range []struct{ rt60, db, damping float64 }{{0.15, -6, 0}, {0.4, -20, 0}, {1.2, -10, 0}, {1.2, -10, 0.8}} {
			clear(x)
			x[0] = 1
			m.draw(rand.New(rand.NewPCG(seed, 3)), rate, c.rt60, c.db, c.damping)
			m.play(x, dry)
			if x[0] != 1 {
				t.Fatalf("%+v: the impulse has become %g", c, x[0])
			}
			x[0] = 0
			if db := 10 * math.Log10(energy(x)); math.Abs(db-c.db) > 2 && c.damping == 0 {
				t.Errorf("%+v: the room is at %.1f dB", c, db)
			}
			if c.damping > 0 { // the low end still rings as long
				lowpass(x, 150./rate)
			}
			// The time from −5 to −35 dB of what is left, doubled, once reflections are over.
			from := rate * 6 / 100
			left, total := 0., energy(x[from:])
			var at [2]int
			for i := len(x) - 1; i > from; i-- {
				left += float64(x[i]) * float64(x[i])
				for k, db := range []float64{-5, -35} {
					if at[k] == 0 && left > total*math.Pow(10, db/10) {
						at[k] = i
					}
				}
			}
			if got := 2 * float64(at[1]-at[0]) / rate; math.Abs(got/c.rt60-1) > 0.15 {
				t.Errorf("%+v: RT60 %.3f s", c, got)
			}
		}
	}
}

// Damping makes the treble decay faster.
func TestRoomDamps(t *testing.T) {
	const rate = 44100
	m := newRoom(rate)
	x, dry := make([]float32, rate), make([]float32, rate)
	var late [2]float64
	for i, damping := range []float64{0, 0.8} {
		clear(x)
		x[0] = 1
		m.draw(rand.New(rand.NewPCG(1, 3)), rate, 1, -10, damping)
		m.play(x, dry)
		highpass(x, 0.1)
		late[i] = energy(x[rate/4 : rate/2])
	}
	if late[1] > 0.01*late[0] {
		t.Errorf("of the late treble %.3g are left", late[1]/late[0])
	}
}

// Of a signal with two levels, both above the threshold, the difference shrinks by the ratio, and the energy stays.
func TestCompressorKeepsItsRatio(t *testing.T) {
	const rate, n = 44100, 80000
	for _, ratio := range []float64{1.5, 4, 8} {
		x := sine(n, 0.05, 0.05)
		for i := n / 2; i < n; i++ {
			x[i] *= 10
		}
		before, gain := energy(x), make([]float32, n)
		compressor{threshold: 0.02, ratio: ratio, attack: 0.005, release: 0.05}.curve(gain, x, rate)
		multiply(x, gain)
		if d := 20 * math.Log10(level(x[n-10000:])/level(x[n/2-10000:n/2])); math.Abs(d-20/ratio) > 0.1 {
			t.Errorf("%g: 1: 20 dB have become %.2f", ratio, d)
		}
		if d := energy(x) / before; math.Abs(d-1) > 1e-4 {
			t.Errorf("%g: 1: the energy changes by a factor %g", ratio, d)
		}
		// The rise to the higher level is 1 − 1/e done, in dB, after the attack.
		from, to := math.Log(float64(gain[n/2-1])), math.Log(float64(gain[n-1]))
		if at := math.Log(float64(gain[n/2+rate*5/1000])); math.Abs((at-from)/(to-from)-0.632) > 0.05 {
			t.Errorf("%g: 1: %.2f of the attack is over after its time", ratio, (at-from)/(to-from))
		}
	}
	x := sine(n, 0.05, 0.05) // below the threshold
	y, gain := slices.Clone(x), make([]float32, n)
	compressor{threshold: 0.5, ratio: 8, attack: 0.005, release: 0.05}.curve(gain, x, rate)
	if multiply(x, gain); !slices.Equal(x, y) {
		t.Error("what is below the threshold changes")
	}
}

// A limiter takes the crest factor of bursts down.
func TestLimiterLowersTheCrest(t *testing.T) {
	x := sine(40000, 0.03, 1)
	for i := range x {
		x[i] *= float32(math.Exp(-float64(i%8000) / 1500))
	}
	crest := func() float64 { return float64(peak(x)) / level(x) }
	before, gain := crest(), make([]float32, len(x))
	compressor{threshold: 0.1, ratio: 20, attack: 0.0001, release: 0.02, ahead: 2 * grain}.curve(gain, x, 44100)
	multiply(x, gain)
	if after := crest(); after > 0.8*before {
		t.Errorf("the crest factor goes from %.2f to %.2f", before, after)
	}
}

// Saturation gives a sine odd harmonics, and even ones with a bias, which a weak drive does not.
func TestAmplifierAddsHarmonics(t *testing.T) {
	const f = 0.01
	for _, c := range []struct {
		drive, bias   float32
		second, third [2]float64 // dB, from, to
	}{
		{0.05, 0, [2]float64{-200, -80}, [2]float64{-200, -55}},
		{2, 0, [2]float64{-200, -60}, [2]float64{-20, -8}},
		{1, 0.4, [2]float64{-30, -10}, [2]float64{-40, -10}},
	} {
		x := sine(20000, f, 0.3)
		before := energy(x)
		amplifier{drive: c.drive, bias: c.bias}.play(x, 0.3, 44100)
		if e := energy(x) / before; math.Abs(e-1) > 1e-3 {
			t.Errorf("drive %g: the energy changes by %g", c.drive, e)
		}
		y := x[10000:]
		for k, want := range [][2]float64{c.second, c.third} {
			if db := 20 * math.Log10(amplitude(y, f*float64(k+2))/amplitude(y, f)); db < want[0] || db > want[1] {
				t.Errorf("drive %g, bias %g: harmonic %d at %.1f dB, want %v", c.drive, c.bias, k+2, db, want)
			}
		}
	}
	x := sine(20000, f, 0.3)
	saturate(x, 2)
	if db := 20 * math.Log10(amplitude(x[10000:], 3*f)/amplitude(x[10000:], f)); db < -30 || db > -10 {
		t.Errorf("saturation: third harmonic at %.1f dB", db)
	}
}

// A cabinet takes away what lies outside the middle.
func TestCabinetIsABandPass(t *testing.T) {
	const rate = 44100
	at := func(hz float64) float64 {
		// A weak and a strong tone; the weak one's level tells the response, as the energy is made up.
		x, ref := sine(40000, 1000./rate, 0.3), sine(40000, hz/rate, 0.03)
		for i := range x {
			x[i] += ref[i]
		}
		amplifier{drive: 0.02, cabinet: true, low: 100, middle: 2500, ring: 3, high: 5000}.play(x, 0.2, rate)
		return 20 * math.Log10(amplitude(x[20000:], hz/rate)/0.03)
	}
	for _, c := range []struct{ hz, from, to float64 }{{20, -40, -20}, {400, -2, 1}, {2500, 1, 4}, {10000, -30, -22}, {15000, -60, -30}} {
		if db := at(c.hz); db < c.from || db > c.to {
			t.Errorf("%g Hz is at %.1f dB, want %g to %g", c.hz, db, c.from, c.to)
		}
	}
}

// The second voice comes after its lag, at its gain, and its pitch is off by the lag's drift.
func TestDoublingLagsAndIsDetuned(t *testing.T) {
	const rate = 44100
	x, dry := make([]float32, 4000), make([]float32, 4000)
	x[1000] = 1
	doubling{lag: 0.02, gain: 0.5}.play(x, dry, rate)
	for i, v := range x {
		want := float32(0)
		switch i {
		case 1000:
			want = 1
		case 1882: // 20 ms
			want = 0.5
		}
		if math.Abs(float64(v-want)) > 1e-4 {
			t.Errorf("sample %d: %g, want %g", i, v, want)
		}
	}
	// 8 cents sharp: a tone at f comes again at f·2^(8/1200), and both beat.
	const f, n = 0.05, 40000
	up := math.Pow(2, 8./1200)
	y, dry := sine(n, f, 1), make([]float32, n)
	doubling{lag: 0.03, drift: 1 - up, gain: 1}.play(y, dry, rate)
	for i, v := range dry {
		y[i] -= v
	}
	if a := amplitude(y[n/2:], f*up); math.Abs(a-1) > 0.02 {
		t.Errorf("the sharp tone has amplitude %g", a)
	}
	if a := amplitude(y[n/2:], f); a > 0.1 { // both are 4.6 periods apart
		t.Errorf("the tone is still there, with amplitude %g", a)
	}
}

// Shelves have their gain on their side, half of it at the corner and none on the other; the high-pass is its own.
func TestShelvesAndHighpass(t *testing.T) {
	at := func(run func([]float32), f float64) float64 {
		x := sine(40000, f, 1)
		run(x)
		return 20 * math.Log10(level(x[20000:])*math.Sqrt2)
	}
	for _, c := range []struct {
		name string
		run  func([]float32)
		f    float64
		db   float64
		near float64
	}{
		{"low shelf", lowShelf(0.01, 6).run, 0.0005, 6, 0.1},
		{"low shelf", lowShelf(0.01, 6).run, 0.01, 3, 0.1},
		{"low shelf", lowShelf(0.01, 6).run, 0.2, 0, 0.1},
		{"high shelf", highShelf(0.05, -9).run, 0.4, -9, 0.1},
		{"high shelf", highShelf(0.05, -9).run, 0.05, -4.5, 0.1},
		{"high shelf", highShelf(0.05, -9).run, 0.002, 0, 0.1},
		{"high-pass", highAt(0.01, math.Sqrt2/2).run, 0.01, -3.01, 0.05},
		{"high-pass", highAt(0.01, math.Sqrt2/2).run, 0.001, -40, 0.5},
		{"high-pass", highAt(0.01, math.Sqrt2/2).run, 0.1, 0, 0.05},
		{"high-pass of 8th order", func(x []float32) { highpass(x, 0.1) }, 0.1, -3.01, 0.05},
		{"high-pass of 8th order", func(x []float32) { highpass(x, 0.1) }, 0.05, -52, 4},
	} {
		if db := at(c.run, c.f); math.Abs(db-c.db) > c.near {
			t.Errorf("%s at %g: %.2f dB, want %g", c.name, c.f, db, c.db)
		}
	}
}

// Noise takes the highs' place at the highs' level, which is their own in every signal.
func TestSubstituteKeepsTheLevelOfTheHighs(t *testing.T) {
	const n = 51200
	noise, high := make([]float32, n), make([]float32, n)
	white(rand.New(rand.NewPCG(1, 2)), noise)
	if l := level(noise); math.Abs(l-1) > 0.01 {
		t.Errorf("white noise has level %g", l)
	}
	highpass(noise, 0.2)
	scale(noise, float32(1/level(noise)))
	x := sine(n, 0.3, 0.2)
	for i, v := range sine(n, 0.02, 0.5) {
		x[i] += v
	}
	part := slices.Clone(x)
	scale(part, 0.25)
	substitute(x, noise, high, 0.2)
	substitute(part, noise, high, 0.2)
	y := x[n/2:]
	if a := amplitude(y, 0.02); math.Abs(a-0.5) > 0.005 {
		t.Errorf("the low tone has amplitude %g", a)
	}
	if a := amplitude(y, 0.3); a > 0.02 {
		t.Errorf("the high tone is still there, with amplitude %g", a)
	}
	for i := range x {
		if math.Abs(float64(part[i]-0.25*x[i])) > 1e-6 {
			t.Fatalf("sample %d: a quarter gives %g, the whole %g", i, part[i], x[i])
		}
	}
	highpass(y, 0.15)
	if l := level(y[2000:]); math.Abs(l/0.1414-1) > 0.05 {
		t.Errorf("the highs have level %g, want 0.141", l)
	}
}

// Hiss and hum have the level asked for, clicks rise out of it; riding stays within its range.
func TestFloorAndRide(t *testing.T) {
	const n = 51200
	x, noise := make([]float32, n), make([]float32, n)
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		clear(x)
		hiss(r, x, noise, 0.001)
		if l := level(x); math.Abs(l/0.001-1) > 1e-3 {
			t.Errorf("hiss has level %g", l)
		}
		clear(x)
		hum(r, x, 0.001, 44100)
		if l := level(x); math.Abs(l/0.001-1) > 0.05 { // no whole number of periods
			t.Errorf("hum has level %g", l)
		}
		clear(x)
		crackle(r, x, 0.001, 44100)
		if p := peak(x); p != 0 && (p < 0.0099 || p > 0.2) {
			t.Errorf("clicks have peak %g", p)
		}
		for i := range x {
			x[i] = 1
		}
		ride(r, x, 44100, 6)
		lo, hi := slices.Min(x), slices.Max(x)
		if lo < 0.501 || hi > 1.996 || hi-lo < 0.05 {
			t.Errorf("riding goes from %g to %g", lo, hi)
		}
		for i := 1; i < n; i++ {
			if math.Abs(float64(x[i]-x[i-1])) > 1.5/(0.1*44100) {
				t.Fatalf("riding steps by %g", x[i]-x[i-1])
			}
		}
	}
}

// Nothing that goes in makes anything infinite, much louder, or slow.
func TestEffectsAreBounded(t *testing.T) {
	const n = 8000
	square := sine(n, 0.01, 1)
	for i, v := range square {
		square[i] = float32(math.Copysign(1, float64(v)))
	}
	denormal := sine(n, 0.01, 1e-41)
	impulse := make([]float32, n)
	impulse[n-30] = 1
	ends := sine(n, 0.05, 1)
	clear(ends[n/2:])
	a := all()
	a.Noise, a.Hum, a.Crackle = 1, 1, 1
	d := newDesk(44100)
	d.spare, d.curve = make([]float32, n), make([]float32, n)
	for name, in := range map[string][]float32{
		"silence": make([]float32, n), "full scale": square, "denormal": denormal, "impulse": impulse, "an end": ends,
	} {
		for seed := range uint64(20) {
			d.seed = seed
			d.stem = slices.Clone(in)
			target := slices.Clone(in)
			for _, family := range []string{"guitar", "bass", "vocals"} {
				d.colour(&a, int(seed), family, 0.3)
				d.master(&a, d.stem, target)
			}
			for _, x := range [][]float32{d.stem, target} {
				for i, v := range x {
					if math.IsNaN(float64(v)) || v > 1000 || v < -1000 {
						t.Fatalf("%s, seed %d: sample %d is %g", name, seed, i, v)
					}
				}
			}
			if p := peak(d.stem); (name == "silence" || name == "denormal") && p > 1e-9 {
				t.Fatalf("%s, seed %d: has become %g", name, seed, p)
			}
		}
	}
}
