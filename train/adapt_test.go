package train

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"soloist/model"
)

// learnt is a model of a few steps.
func learnt(t *testing.T) *model.Model {
	t.Helper()
	tr := trainer(t, material(t))
	if err := tr.Run(t.Context(), "", silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	m, err := model.Read(strings.NewReader(file(t, tr.Averaged())))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func adaptation(t *testing.T, m *model.Model, change func(*Schedule)) *Trainer {
	t.Helper()
	r := Adaptation(m)
	r.Train.Excerpts, r.Train.Frames, r.Train.Warmup, r.Train.Steps, r.Train.Every = 8, 60, 10, 20, 10
	if change != nil {
		change(&r.Train)
	}
	tr, err := From(m, r, material(t))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// distance is the root of the summed squares of what two models' weights differ by.
func distance(a, b *model.Model) float64 {
	var sum float64
	for i, x := range a.Network().Tensors() {
		for j, v := range b.Network().Tensors()[i].Data {
			d := float64(v - x.Data[j])
			sum += d * d
		}
	}
	return math.Sqrt(sum)
}

func TestAdaptationStartsFromTheModel(t *testing.T) {
	m := learnt(t)
	before := file(t, m)
	tr := adaptation(t, m, func(s *Schedule) { s.Decay = 1 })
	if distance(m, tr.Model()) != 0 || distance(m, tr.Averaged()) != 0 {
		t.Error("an adaptation does not start from the model's weights")
	}
	tr.SetSteps(30)
	if pace := tr.Pace(); pace <= 0 {
		t.Errorf("a step takes %v", pace)
	}
	if distance(m, tr.Model()) != 0 {
		t.Error("measuring the pace changes the weights")
	}
	if err := tr.Run(t.Context(), "", silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	if tr.Step() != 30 {
		t.Errorf("%d steps, want the 30 that were set", tr.Step())
	}
	if file(t, m) != before {
		t.Error("adapting changes the model that it starts from")
	}
	// The harder the pull, the nearer the weights stay to what they were.
	free := distance(m, tr.Model())
	tight := adaptation(t, m, func(s *Schedule) { s.Decay, s.Steps = 10000, 30 })
	if err := tight.Run(t.Context(), "", silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	if d := distance(m, tight.Model()); !(d > 0 && d < 0.7*free) {
		t.Errorf("the weights move by %g with a hard pull, by %g with a weak one", d, free)
	}
}

func TestAdaptationResumesExactly(t *testing.T) {
	m := learnt(t)
	whole := adaptation(t, m, nil)
	if err := whole.Run(t.Context(), "", silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	ctx, kill := context.WithCancel(t.Context())
	killed := adaptation(t, m, nil)
	if err := killed.Run(ctx, path, func(Report) {}, nil, func(*model.Model) error {
		if killed.Step() == 10 {
			kill()
		}
		return nil
	}); err != context.Canceled {
		t.Fatal(err)
	}
	if n, err := StepsOf(path); err != nil || n != 20 {
		t.Errorf("the checkpoint's run has %d steps, %v; want 20", n, err)
	}
	resumed := adaptation(t, m, nil)
	if err := resumed.Resume(path); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Run(t.Context(), path, silent, nil, nil); err != nil {
		t.Fatal(err)
	}
	if file(t, whole.Model()) != file(t, resumed.Model()) || file(t, whole.Averaged()) != file(t, resumed.Averaged()) {
		t.Error("the resumed adaptation differs from the uninterrupted one")
	}
}

func TestAdaptationRefuses(t *testing.T) {
	m := learnt(t)
	r := Adaptation(m)
	r.Model.Name = "another"
	if _, err := From(m, r, material(t)); err == nil || !strings.Contains(err.Error(), "not that of") {
		t.Errorf("a recipe of another model: %v", err)
	}
	r = Adaptation(m)
	r.Model.Source = "piano"
	m2, err := model.New(r.Model, m.Card())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := From(m2, Adaptation(m2), material(t)); err == nil || !strings.Contains(err.Error(), "no piano") {
		t.Errorf("material without the source: %v", err)
	}
}
