package layerwise

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Debian's package dataset-fashion-mnist (Xiao, Rasul and Vollgraf 2017).
const fashion = "/usr/share/datasets/fashion-mnist"

var (
	fashionImages = flag.Int("fashion.images", 60_000, "images to learn from")
	fashionPasses = flag.Int("fashion.passes", 20, "passes over them a layer")
	fashionBatch  = flag.Int("fashion.batch", 100, "images a step")
	fashionRate   = flag.Float64("fashion.rate", 1e-4, "of SGD, for the error's mean over pixels")
	fashionStart  = flag.String("fashion.start", "identity", "how layers start")
	fashionLayers = flag.Int("fashion.layers", 5, "layers")
	fashionChain  = flag.Bool("fashion.chain", false, "each stage but the last learns from what the one before made of its input, as kenkyusha/SAE's code does")
	fashionCSV    = flag.String("fashion.csv", "", "file for the curve")
)

// TestSlowFashion denoises images as the repository kenkyusha/SAE does: salt on a fifth of the pixels and
// pepper on another, five ReLU layers of 784 by 784, each started as the identity, stochastic gradient descent
// on the error's mean over pixels. That project's losses at the ends of the five stages are .1118 .0732 .0605
// .0557 .0525. From the second stage to the fourth its code feeds the stack with what the stack of the stage before
// made of its own input, not with the images, so that these are losses of several stacks in a chain.
func TestSlowFashion(t *testing.T) {
	if os.Getenv("SOLOIST_SLOW") == "" {
		t.Skip("SOLOIST_SLOW=1 learns to denoise images for minutes to an hour")
	}
	load := func(name string, n int, seed uint64) Examples {
		f, err := os.Open(filepath.Join(fashion, name))
		if err != nil {
			t.Skipf("%v; it is in Debian's package dataset-fashion-mnist", err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		pixels, size, err := readImages(z)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return noisy(pixels[:min(len(pixels), n*size)], size, seed)
	}
	train, valid := load("train-images-idx3-ubyte.gz", *fashionImages, 1), load("t10k-images-idx3-ubyte.gz", 2000, 2)
	s := Defaults()
	s.Start, s.Layers, s.Iterations, s.Final = Start(*fashionStart), *fashionLayers, *fashionPasses, 0
	s.Optimiser, s.Rate, s.Batch = "sgd", *fashionRate, *fashionBatch
	tr, err := New(s, train, valid)
	if err != nil {
		t.Fatal(err)
	}
	perPixel := [2]float64{train.Unlearnt() / float64(len(train.S.Data)), valid.Unlearnt() / float64(len(valid.S.Data))}
	t.Logf("the noise itself: %.4f", perPixel[0])
	images := [2]Examples{train, valid}
	err = tr.Run(context.Background(), "", func(p Point) {
		if tr.state.Iteration < tr.length() {
			return
		}
		fmt.Printf("%d layers, pass %d: mean squared error %.4f, on test images %.4f\n", p.Layers, p.Iteration, p.Train*perPixel[0], p.Validation*perPixel[1])
		if *fashionChain && p.Layers < s.Layers-1 {
			tr.train.X, tr.valid.X = tr.objective.outputs(tr.w, tr.train), tr.objective.outputs(tr.w, tr.valid)
		} else {
			tr.train, tr.valid = images[0], images[1]
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if *fashionCSV != "" {
		if err := WriteCSV(*fashionCSV, tr.Curve()); err != nil {
			t.Fatal(err)
		}
	}
	ends := stageEnds(tr.Curve())
	for i, p := range ends[1:] {
		if !(p.Train < ends[i].Train) {
			t.Errorf("J is %g with %d layers and %g with %d", ends[i].Train, ends[i].Layers, p.Train, p.Layers)
		}
	}
}

// stageEnds are the last points with each number of layers.
func stageEnds(curve []Point) []Point {
	var ends []Point
	for i, p := range curve {
		if i == len(curve)-1 || curve[i+1].Layers > p.Layers {
			ends = append(ends, p)
		}
	}
	return ends
}

// noisy makes examples of images with pixels from 0 to 255: each white with chance ⅕ and black with chance ⅕.
func noisy(pixels []byte, size int, seed uint64) Examples {
	r := rand.New(rand.NewPCG(seed, 0))
	e := NewExamples(len(pixels)/size, size, size)
	for i := range e.S.Data {
		e.S.Data[i] = float32(pixels[i]) / 255
		e.X.Data[i] = e.S.Data[i]
		switch v := r.Float64(); {
		case v < 0.2:
			e.X.Data[i] = 1
		case v < 0.4:
			e.X.Data[i] = 0
		}
	}
	return e
}

// readImages reads an IDX file of images of bytes (the format of LeCun's MNIST page): [image][pixel]. Memory stays in
// proportion to what r holds, whatever its header says.
func readImages(r io.Reader) (pixels []byte, size int, err error) {
	var head struct{ Magic, Images, Rows, Columns uint32 }
	if err := binary.Read(r, binary.BigEndian, &head); err != nil {
		return nil, 0, fmt.Errorf("an IDX file starts with 16 bytes: %w", err)
	}
	if head.Magic != 0x803 {
		return nil, 0, fmt.Errorf("magic number %#x, want 0x803: bytes in three dimensions", head.Magic)
	}
	if head.Rows < 1 || head.Rows > 1024 || head.Columns < 1 || head.Columns > 1024 {
		return nil, 0, fmt.Errorf("images of %d by %d pixels, want 1 to 1024", head.Rows, head.Columns)
	}
	size = int(head.Rows * head.Columns)
	want := int64(head.Images) * int64(size)
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(r, want+1)); err != nil {
		return nil, 0, err
	} else if n != want {
		return nil, 0, errors.New("the pixels are not as many as the header says")
	}
	return b.Bytes(), size, nil
}

func FuzzReadImages(f *testing.F) {
	head := func(values ...uint32) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	f.Add(append(head(0x803, 1, 2, 2), 1, 2, 3, 4))
	f.Add(head(0x803, 1<<32-1, 1024, 1024))
	f.Add(head(0x801, 1))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		pixels, size, err := readImages(bytes.NewReader(raw))
		if err == nil && (size < 1 || len(pixels)%size != 0 || len(pixels) != len(raw)-16) {
			t.Errorf("%d pixels in images of %d from %d bytes", len(pixels), size, len(raw))
		}
	})
}
