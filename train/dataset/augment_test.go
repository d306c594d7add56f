package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// with returns an augmentation whose field of that JSON name is p.
func with(a Augmentation, name string, p float64) Augmentation {
	v := reflect.ValueOf(&a).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") == name {
			v.Field(i).SetFloat(p)
			return a
		}
	}
	panic("no " + name)
}

func names() []string {
	var n []string
	t := reflect.TypeFor[Augmentation]()
	for i := range t.NumField() {
		n = append(n, t.Field(i).Tag.Get("json"))
	}
	return n
}

// all has every change happen to every stem and mixture.
func all() Augmentation {
	var a Augmentation
	for _, n := range names() {
		a = with(a, n, 1)
	}
	a.Absent, a.Alone = 0, 0
	return a
}

func TestAugmentationCheck(t *testing.T) {
	for _, a := range []Augmentation{{}, DefaultAugmentation(), all()} {
		if err := a.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, n := range names() {
		for _, p := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
			if err := with(DefaultAugmentation(), n, p).Check(); err == nil || !strings.Contains(err.Error(), n+" is ") {
				t.Errorf("%s = %g: %v", n, p, err)
			}
		}
	}
}

// Without augmentation an example is the sum of a song's stems, each times a level, and no more: nothing is left when
// the stems' tones are taken out of it.
func TestNoAugmentationIsThePlainSum(t *testing.T) {
	set := tones("drums", "vocals", "bass")
	set.Augment = Augmentation{}
	const n = 4000 // whole periods of all tones
	mix, target := make([]float32, n), make([]float32, n)
	levels := map[string]bool{}
	for seed := range uint64(50) {
		set.Draw(rand.New(rand.NewPCG(seed, 1)), "vocals", mix, target)
		rest, before := slices.Clone(mix), energy(mix)
		var found [2][3]float64
		for song := range 2 {
			for f := range 3 {
				w := 2 * math.Pi * float64(200*(f+1)+20*song) / 8000
				var re, im float64
				for i, v := range mix {
					sin, cos := math.Sincos(w * float64(i))
					re, im = re+2*float64(v)*cos/n, im+2*float64(v)*sin/n
				}
				for i := range rest {
					sin, cos := math.Sincos(w * float64(i))
					rest[i] -= float32(re*cos + im*sin)
				}
				found[song][f] = math.Hypot(re, im)
			}
		}
		if left := energy(rest); left > 1e-7*before { // stems are rounded to 16 bits
			t.Fatalf("seed %d: %.1f dB are neither", seed, 10*math.Log10(left/before))
		}
		a, b := found[0], found[1]
		if a[1] == 0 || (a[1] > 1e-4*b[1]) == (b[1] > 1e-4*a[1]) {
			t.Fatalf("seed %d: the target is of %g and %g", seed, a[1], b[1])
		}
		if first := a[1] > b[1]; first && b[0]+b[2] > 1e-4*a[1] || !first && a[0]+a[2] > 1e-4*b[1] {
			t.Fatalf("seed %d: stems of both songs", seed)
		}
		if math.Abs(energy(target)/(n/2)-math.Pow(max(a[1], b[1]), 2)) > 1e-3*energy(target)/n {
			t.Fatalf("seed %d: the target is not the mixture's part", seed)
		}
		levels[fmt.Sprintf("%.3g", max(a[1], b[1]))] = true
	}
	if len(levels) < 40 {
		t.Errorf("%d levels in 50 examples", len(levels))
	}
}

// Every change alone changes something, and what is linear, or has a gain that both get, leaves the target a part of the
// mixture: where nothing else plays the two are the same.
func TestTargetStaysAPartOfTheMixture(t *testing.T) {
	set := tones("guitar", "drums")
	set.Rate = 44100
	n := 6000
	mix, target, plain, none := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for _, name := range names() {
		if name == "absent" || name == "remix" || name == "alone" {
			continue
		}
		changed := false
		for seed := range uint64(10) {
			set.Augment = Augmentation{Alone: 1}
			set.Draw(rand.New(rand.NewPCG(seed, 7)), "guitar", plain, none)
			set.Augment = with(set.Augment, name, 1)
			set.Draw(rand.New(rand.NewPCG(seed, 7)), "guitar", mix, target)
			changed = changed || !slices.Equal(mix, plain)
			if name == "noise" || name == "hum" || name == "crackle" {
				if !slices.Equal(target, none) {
					t.Errorf("%s is in the target", name)
				}
				continue
			}
			if !slices.Equal(mix, target) {
				t.Errorf("%s: the target is another than the mixture that is nothing else", name)
				break
			}
		}
		if !changed {
			t.Errorf("%s changes nothing", name)
		}
	}
}

// What the target is not is the same whether the target is added up before or after the mixture's linear changes.
func TestMixtureIsTargetAndRest(t *testing.T) {
	d := newDesk(44100)
	const n = 20000
	r := rand.New(rand.NewPCG(3, 4))
	mix, target, rest := make([]float32, n), make([]float32, n), make([]float32, n)
	d.stem, d.spare, d.curve = make([]float32, n), make([]float32, n), make([]float32, n)
	for _, a := range []Augmentation{{CommonRoom: 1}, {Lowpass: 1}, {CommonRoom: 1, Lowpass: 1}} {
		for seed := range uint64(5) {
			d.seed = seed
			white(r, target)
			white(r, rest)
			for i := range mix {
				mix[i] = target[i] + rest[i]
			}
			again := slices.Clone(rest)
			d.master(&a, mix, target)
			d.master(&a, rest, again)
			for i := range mix {
				mix[i] -= target[i] + rest[i]
			}
			if e := energy(mix) / energy(rest); e > 1e-10 {
				t.Errorf("%+v: the sum is off by %.0f dB", a, 10*math.Log10(e))
			}
		}
	}
}

// A bus compressor has one gain for both.
func TestBusCompressorGivesBothOneGain(t *testing.T) {
	d := newDesk(44100)
	const n = 20000
	mix, target := make([]float32, n), make([]float32, n)
	d.stem, d.spare, d.curve = make([]float32, n), make([]float32, n), make([]float32, n)
	for seed := range uint64(5) {
		d.seed = seed
		r := rand.New(rand.NewPCG(seed, 4))
		white(r, target)
		for i := range mix {
			target[i] *= float32(0.5 + 0.5*math.Sin(float64(i)/800))
			mix[i] = 4 * target[i]
		}
		before := slices.Clone(mix)
		d.master(&Augmentation{Bus: 1}, mix, target)
		least, most := math.Inf(1), 0.
		for i := range mix {
			if mix[i] != 4*target[i] {
				t.Fatalf("seed %d sample %d: %g of mixture, %g of target", seed, i, mix[i], target[i])
			}
			g := float64(mix[i] / before[i])
			least, most = min(least, g), max(most, g)
		}
		if most < 1.05*least {
			t.Errorf("seed %d: gains from %g to %g", seed, least, most)
		}
	}
}

// Taking one change away leaves all else of the example as it is.
func TestChangesAreIndependent(t *testing.T) {
	set := tones("guitar", "vocals", "drums")
	n := 4000
	mix, target, other, none := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for _, name := range []string{"noise", "hum", "crackle"} { // the target shows what else was drawn
		for seed := range uint64(20) {
			set.Augment = with(DefaultAugmentation(), "bus", 0) // which hears them
			set.Draw(rand.New(rand.NewPCG(seed, 7)), "guitar", mix, target)
			set.Augment = with(set.Augment, name, 1)
			set.Draw(rand.New(rand.NewPCG(seed, 7)), "guitar", other, none)
			if !slices.Equal(target, none) {
				t.Fatalf("%s, seed %d: another target", name, seed)
			}
		}
	}
}

// Examples are the same whoever draws them, at once or one after another, and whatever was drawn before.
func TestDrawIsTheSameEverywhere(t *testing.T) {
	set := tones("guitar", "vocals", "drums", "bass", "other", "piano")
	const examples, n = 20, 4000
	for _, a := range []Augmentation{DefaultAugmentation(), all()} {
		set.Augment = a
		var want [examples][2][]float32
		for _, procs := range []int{1, 4} {
			was := runtime.GOMAXPROCS(procs)
			var wg sync.WaitGroup
			for worker := range 4 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					mix, target := make([]float32, n), make([]float32, n)
					for k := range examples {
						k = (k + worker*5) % examples
						set.Draw(rand.New(rand.NewPCG(uint64(k), 1)), "vocals", mix, target)
						if procs == 1 && worker == 0 {
							want[k] = [2][]float32{slices.Clone(mix), slices.Clone(target)}
						} else if procs > 1 && (!slices.Equal(mix, want[k][0]) || !slices.Equal(target, want[k][1])) {
							t.Errorf("example %d is another", k)
						}
					}
				}()
			}
			wg.Wait()
			runtime.GOMAXPROCS(was)
		}
	}
}

func TestDrawAllocatesNothing(t *testing.T) {
	set := tones("guitar", "vocals", "drums")
	mix, target := make([]float32, 4000), make([]float32, 4000)
	for _, a := range []Augmentation{DefaultAugmentation(), all()} {
		set.Augment = a
		pcg := rand.NewPCG(1, 1)
		r := rand.New(pcg)
		if n := testing.AllocsPerRun(50, func() { set.Draw(r, "vocals", mix, target) }); n > 0 {
			t.Errorf("%g allocations an example", n)
		}
	}
}

// BenchmarkDraw draws what a step of training takes, from all families.
func BenchmarkDraw(b *testing.B) {
	set := tones("drums", "bass", "guitar", "vocals", "piano", "other")
	set.Rate = 44100
	for i := range set.Songs {
		for j := range set.Songs[i].Clips {
			c := &set.Songs[i].Clips[j]
			for len(c.Samples) < 200*256*2 {
				c.Samples = append(c.Samples, c.Samples...)
			}
		}
	}
	mix, target := make([]float32, 200*256), make([]float32, 200*256)
	for _, c := range []struct {
		name string
		a    Augmentation
	}{{"none", Augmentation{Remix: 0.7}}, {"default", DefaultAugmentation()}, {"all", all()}} {
		b.Run(c.name, func(b *testing.B) {
			set.Augment = c.a
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				set.Draw(rand.New(rand.NewPCG(uint64(i), 1)), "drums", mix, target)
			}
		})
	}
}
