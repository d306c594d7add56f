package dataset

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzzLayout gives a layout a tree in which one file's text varies. Its stems must lie in the tree, and its errors be
// one line that names the file.
func fuzzLayout(f *testing.F, layout func(listing) ([]Folder, bool, error), song, varied string, fixed map[string]string, seeds ...string) {
	dir := f.TempDir()
	plant(f, dir, fixed)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || strings.Trim(text, "~") == "" { // plant would write sound
			return
		}
		plant(t, dir, map[string]string{varied: text})
		l, err := list(filepath.Join(dir, song), nil)
		if err != nil {
			t.Fatal(err)
		}
		songs, mine, err := layout(l)
		if err != nil {
			if text := err.Error(); !strings.Contains(text, filepath.FromSlash(varied)+": want ") || strings.ContainsAny(text, "\r\n") || len(text) > 1000 || !utf8.ValidString(text) {
				t.Errorf("error %q", text)
			}
			return
		}
		for _, s := range songs {
			if !mine || len(s.Stems) == 0 {
				t.Errorf("a song of nothing: %+v", s)
			}
			for _, stem := range append(s.Stems, s.Mix) {
				if stem.Path != "" && !strings.HasPrefix(stem.Path, filepath.Join(dir, song)+string(filepath.Separator)) {
					t.Errorf("%s is not of the song", stem.Path)
				}
			}
		}
	})
}

func FuzzSlakh(f *testing.F) {
	fuzzLayout(f, slakh, "T", "T/metadata.yaml",
		map[string]string{"T/stems/S00.flac": "~", "T/stems/S01.wav": "~", "T/stems/S10.flac": "~", "T/mix.flac": "~", "x.wav": "~"},
		slakhMeta, "stems: {S00: {inst_class: Bass}, S01: &a {inst_class: Drums}, S10: *a}", "stems: {../../x: {inst_class: Bass}}",
		"a: &a [x, x]\nb: &b [*a, *a]\nstems: *b", "stems: {S00: {<<: {inst_class: 3}}}", "\xff\xfe", "stems: {S00", "---\n--- x\n", "stems: {\"\u2028\": {}}",
		"ǀ {\"逨透") // the YAML reader cuts a letter in two
}

func FuzzMedleyDB(f *testing.F) {
	fixed := map[string]string{"L_R/L_R_MIX.wav": "~", "L_R/L_R_STEMS/L_R_STEM_01.wav": "~", "L_R/L_R_STEMS/L_R_STEM_02.wav": "~", "x.wav": "~"}
	fuzzLayout(f, medleydb, "L_R", "L_R/L_R_METADATA.yaml", fixed,
		medleyMeta, "stems: {S01: {filename: L_R_STEM_01.wav, instrument: [piano, [x]]}}", "mix_filename: ../x.wav\nstems: {S01: {filename: L_R_STEM_01.wav}}",
		"stems: {S01: {filename: ../../x.wav, instrument: piano}}", "stems: {S01: &s {filename: L_R_STEM_01.wav, raw: {R01: *s}}}", "stems: {S01: {instrument: &i [*i]}}")
}

func FuzzSongIni(f *testing.F) {
	fuzzLayout(f, fretsOnFire, "S", "S/song.ini", map[string]string{"S/guitar.ogg": "~", "S/rhythm.ogg": "~", "S/song.ogg": "~"},
		"[song]\nname = X\ndiff_rhythm = 3\r\ndiff_bass=-1", "\xef\xbb\xbf[song]\ndiff_rhythm", "diff_rhythm==", "=\n=")
}
