package render

import (
	"math"
	"testing"
)

func TestDrumRole(t *testing.T) {
	for _, c := range []struct {
		source, name string
		role         role
		layer        int
	}{
		{"avl-black-pearl", "000_36-Pearl22Kick-1", kick, 1},
		{"avl-black-pearl", "050_46-SabianRockHatSemi", hatHalf, 0},
		{"avl-black-pearl", "070_50-SabianAA16CrashCh", noRole, 0},
		{"avl-red-zeppelin", "108_60-Paiste2002-22-1", crash, 1},
		{"gogodze2-closemix", "ht_vl3_rr1", hatClosed, 3},
		{"gogodze2-closemix", "th_vl5_rr4", tomHigh, 5},
		{"hydrogen-BJA_Pacific", "CB2_03", crash, 3},
		{"hydrogen-BJA_Pacific", "SN3_01", noRole, 1},
		{"frankensnare", "13b_basic_oh_ss_vl3_rr2", sideStick, 3},
		{"frankensnare", "22_spring_top_sn_vl7_rr1", snare, 7},
		{"frankensnare", "14d_brush_oh_stir_dl2_rr1", noRole, 2},
		{"hydrogen-rumpf_kit_z01", "beats_06-38", kick, 0},
		{"hydrogen-rumpf_kit_z01", "beats_02-10", noRole, 0},
		{"gogodze1-percussion", "cajon_cnd_cajon_sl4_vl2_rr1_cnd", handDrum, 4},
		{"sonic-pi-drums", "drum_cymbal_closed", hatClosed, 0},
		{"sonic-pi-drums", "drum_tom_lo_soft", tomLow, 1},
		{"sonic-pi-drums", "drum_bass_hard", kick, 2},
		{"sonic-pi-drums", "drum_roll", noRole, 0},
		{"berklee-olpc-drums", "crash_cymbal2", crash, 0},
		{"berklee-olpc-drums", "double_kick1", noRole, 0},
	} {
		r, _, l := drumRole(c.source, c.name)
		if r != c.role || (c.layer != 0 && l != c.layer && c.role != handDrum) {
			t.Errorf("%s/%s: %v layer %d, want %v layer %d", c.source, c.name, r, l, c.role, c.layer)
		}
	}
	a, pa, _ := drumRole("sonic-pi-drums", "drum_snare_hard")
	b, pb, _ := drumRole("sonic-pi-drums", "drum_snare_soft")
	if a != snare || b != snare || pa != pb {
		t.Errorf("soft and hard strokes on one snare are %v %q and %v %q", a, pa, b, pb)
	}
}

func TestRoleOfWords(t *testing.T) {
	for name, want := range map[string]role{
		"Kick (Tama Superstar 22\")": kick, "Bass Drum": kick, "BassDrum": kick, "Pearl Side Stick": sideStick,
		"Snare Rock": snare, "Snare Roll": noRole, "redo super opaco": noRole, "Pearl Snare Rimshot": snare,
		"Hi-Hat Closed (Paiste)": hatClosed, "Open HH": hatOpen, "Pedal HH": hatPedal, "Sabian Hat Semi-Open": hatHalf,
		"Crash Left": crash, "Ride Bell": rideBell, "ride-crash20inch": crash, "Paiste Ride": ride, "Tom Low": tomLow,
		"Pearl Tom Floor": tomLow, "TomHigh-0": tomHigh, "Tom Mid": tomMid, "Hand Clap": clap, "Agogo High": cowbell,
		"Tambourine": tambourine, "Stick": sideStick, "Zildjian Splash Choke": noRole, "China (Paiste)": china,
	} {
		if got := roleOfWords(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestPitchOf(t *testing.T) {
	for name, want := range map[string]float64{
		"notes_a2_f_rr1": 45, "A#0": 22, "AS2": 46, "G4S": 68, "Bb3": 58, "staccato_gb3_staccato_rr2": 54,
		"026-Acoustic_Guitar_steel_MartinGM2_046_Bb2_1": 46, "001-Acoustic_Grand_Piano_D#3v16": 51, "Mf_B-1": -1 + 12,
		"005-Electric_Piano_1_A_045_A2_3": 45, "femalevoices_aa2_C#4": 61, "ax-grinder_c-3-pmute": 49, "ax-grinder_f2": 41,
		"ion_as3": 58, "soprano-E4": 64, "pizz_a0_vl1_rr1": 21, "045-Tremolo_Strings_VS_TremStr_G#0": 20,
	} {
		if got, ok := pitchOf(name); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"scrape_scrape_1_rr1", "noises_muted1_rr2", "shv_e_128_SHV_-_Oh_Yeah", "guitar_chord2", "piano_hit_1"} {
		if got, ok := pitchOf(name); ok {
			t.Errorf("%q: read %v where no pitch is named", name, got)
		}
	}
}

func TestNamesOfChordsAndKeys(t *testing.T) {
	if c, m, d, ok := strumOf("Fsharp_minor_DOWN_01"); c != 6 || !m || d || !ok {
		t.Error(c, m, d, ok)
	}
	if c, m, d, ok := strumOf("Asharp_minro7b5_UP_03"); c != 10 || !m || !d || !ok {
		t.Error(c, m, d, ok)
	}
	if c, m, d, ok := strumOf("Bflat_major_UP_01"); c != 10 || m || d || !ok {
		t.Error(c, m, d, ok)
	}
	if c, m, ok := phraseKeyOf("shv_fs_122_SHV_-_x"); c != 6 || !m || !ok {
		t.Error(c, m, ok)
	}
	if c, m, ok := phraseKeyOf("etv_ebj_136_adlib_x"); c != 3 || m || !ok {
		t.Error(c, m, ok)
	}
}

func TestFamilyOf(t *testing.T) {
	for _, c := range []struct {
		channel, program byte
		want             string
	}{{9, 0, "drums"}, {9, 33, "drums"}, {0, 0, "piano"}, {0, 5, "piano"}, {3, 16, "other"}, {1, 24, "guitar"}, {1, 31, "guitar"}, {2, 32, "bass"}, {2, 39, "bass"}, {4, 40, "other"}, {4, 53, "other"}} {
		if got := familyOf(c.channel, c.program); got != c.want {
			t.Errorf("channel %d program %d: %s, want %s", c.channel, c.program, got, c.want)
		}
	}
}

func TestDetectPitch(t *testing.T) {
	for _, want := range []float64{28, 33, 40, 57, 69, 81} {
		x := make([]float32, Rate)
		for i := range x {
			p := 2 * math.Pi * midiHz(want) * float64(i) / Rate
			x[i] = float32(0.3*math.Sin(p) + 0.5*math.Sin(2*p+1) + 0.2*math.Sin(3*p+2))
		}
		if got, ok := detectPitch(x); !ok || math.Abs(got-want) > 0.05 {
			t.Errorf("a tone of %v sounds at %v (%v)", want, got, ok)
		}
	}
}
