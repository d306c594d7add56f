package report

import (
	"math"
	"strings"
	"testing"

	"soloist/train/evaluate"
)

var none = evaluate.Undefined()

// score makes one contestant's scores from SDR, SIR, SAR, SI-SDR and uSDR; ISR is SDR plus 3.
func score(source string, c evaluate.Contestant, sdr, sir, sar, sisdr, usdr evaluate.DB) evaluate.Scores {
	return evaluate.Scores{Source: source, Contestant: c, Summary: evaluate.Summary{
		SDR: sdr, ISR: sdr + 3, SIR: sir, SAR: sar, SISDR: sisdr, USDR: usdr,
	}}
}

// small has two sets, a source without an oracle, a song without bass, one that failed, and gaps.
func small() *evaluate.Result {
	return &evaluate.Result{
		Format: "soloist-eval-1", Models: []string{"drums", "<i>bass</i>"}, Filter: 512, Window: 1,
		Sources: []string{"drums", "bass"},
		Songs: []evaluate.Song{
			{Set: "first", Name: "A <b>bold</b> & loud song", Rate: 8000, Channels: 1, Scores: []evaluate.Scores{
				score("drums", evaluate.Model, 6, 10, 8, 5, 6),
				score("drums", evaluate.Mixture, 0, 1, none, -1, 0),
				score("drums", evaluate.Oracle, 12, 20, 14, 11.04, 12),
				score("bass", evaluate.Model, 3, none, 4, 2, 3),
				score("bass", evaluate.Mixture, -4, none, none, -5, -4),
			}},
			{Set: "second", Name: "Two", Rate: 8000, Channels: 1, Scores: []evaluate.Scores{
				score("drums", evaluate.Model, 4, 9, 6, -0.04, 4),
				score("drums", evaluate.Mixture, 3, none, none, 1, evaluate.DB(math.Inf(-1))),
			}},
			{Set: "first", Name: "Three", Rate: 8000, Channels: 1, Scores: []evaluate.Scores{
				score("drums", evaluate.Model, 9, 12, none, 8, 9),
				score("drums", evaluate.Mixture, 1, 2, 20, 0, 1),
				score("drums", evaluate.Oracle, 10, 18, 12, 10, 10),
			}},
			{Set: "first", Name: "Four", Rate: 8000, Channels: 1, Scores: []evaluate.Scores{
				score("drums", evaluate.Model, -20, none, none, none, -20),
				score("drums", evaluate.Mixture, -30, none, none, -31, -30),
			}},
			{Set: "third", Name: "Broken", Error: "no mix.wav & no <stems>", Scores: []evaluate.Scores{
				score("drums", evaluate.Model, 99, 99, 99, 99, 99),
			}},
		},
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, small()); err != nil {
		t.Fatal(err)
	}
	const want = `
set     source  songs  estimate     SDR             SIR             SAR         SI-SDR            uSDR
first   drums       3  model        6.0 (+8.0)     11.0 (+9.5)      8.0            6.5 (+7.0)      6.0 (+8.0)
first   drums       3  mixture      0.0             1.5            20.0           -1.0             0.0
first   drums       2  oracle      11.0 (+10.5)    19.0 (+17.5)    13.0 (-8.0)    10.5 (+11.0)    11.0 (+10.5)
first   bass        1  model        3.0 (+7.0)        –             4.0            2.0 (+7.0)      3.0 (+7.0)
first   bass        1  mixture     -4.0               –               –           -5.0            -4.0
second  drums       1  model        4.0 (+1.0)      9.0             6.0            0.0 (-1.0)      4.0
second  drums       1  mixture      3.0               –               –            1.0               –
all     drums       4  model        5.0 (+7.0)     10.0 (+9.5)      7.0            5.0 (+6.0)      5.0 (+8.0)
all     drums       4  mixture      0.5             1.5            20.0           -0.5             0.0
all     drums       2  oracle      11.0 (+10.5)    19.0 (+17.5)    13.0 (-8.0)    10.5 (+11.0)    11.0 (+10.5)
all     bass        1  model        3.0 (+7.0)        –             4.0            2.0 (+7.0)      3.0 (+7.0)
all     bass        1  mixture     -4.0               –               –           -5.0            -4.0
`
	if got := "\n" + b.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

func TestTableOfNothing(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, &evaluate.Result{}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "set") {
		t.Errorf("got %q, want the heading alone", got)
	}
}

func TestSummarise(t *testing.T) {
	rows := Summarise(small())
	if len(rows) != 12 {
		t.Fatalf("%d rows, want 12", len(rows))
	}
	r := rows[7]
	if r.Set != "all" || r.Source != "drums" || r.Contestant != evaluate.Model || r.Songs != 4 {
		t.Errorf("row 7 is %s, %s, %s over %d songs", r.Set, r.Source, r.Contestant, r.Songs)
	}
	for _, c := range []struct {
		name      string
		got, want evaluate.DB
	}{
		{"SDR", r.Value.SDR, 5}, // of 6, 4, 9, −20
		{"ISR", r.Value.ISR, 8},
		{"SIR", r.Value.SIR, 10},
		{"SI-SDR gain", r.Gain.SISDR, 6}, // of 6, −1.04, 8: not 5 − (−0.5)
		{"ISR gain", r.Gain.ISR, 7},      // of 6, 1, 8, 10
		{"uSDR gain", r.Gain.USDR, 8},    // of 6, ∞, 8, 10
		{"SAR gain", r.Gain.SAR, none},
		{"the mixture's gain", rows[8].Gain.SDR, none},
	} {
		if c.got != c.want && (c.got.Defined() || c.want.Defined()) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestOneSetIsNotAddedUp(t *testing.T) {
	r := small()
	r.Songs = []evaluate.Song{r.Songs[0], r.Songs[4]} // the other set's only song failed
	for _, row := range Summarise(r) {
		if row.Set != "first" {
			t.Errorf("a row for the set %q", row.Set)
		}
	}
}

func TestMedian(t *testing.T) {
	infinite := evaluate.DB(math.Inf(1))
	for _, c := range []struct {
		of   []evaluate.DB
		want evaluate.DB
	}{
		{[]evaluate.DB{3, none, 1}, 2},
		{[]evaluate.DB{9, -4, 1, infinite}, 1},
		{[]evaluate.DB{7}, 7},
	} {
		if got := Median(c.of); got != c.want {
			t.Errorf("the median of %v is %v, want %v", c.of, got, c.want)
		}
	}
	if Median(nil).Defined() || Median([]evaluate.DB{none, infinite}).Defined() {
		t.Error("a median of nothing has a value")
	}
}
