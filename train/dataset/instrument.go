package dataset

import "strings"

// instruments are the families of instruments as data sets of recordings name them: the classes of Slakh and the
// taxonomy of MedleyDB (medleydb/resources/taxonomy.yaml). As in MUSDB, what is struck and has no pitch belongs to the drums.
// What is not listed is other, and what may be anything has none.
var instruments = func() map[string]string {
	table := map[string]string{}
	for family, names := range map[string]string{
		"drums": `drums, drum set, drum machine, percussive, percussion, auxiliary percussion, kick drum, bass drum, snare drum, toms, high hat, cymbal,
			gong, tambourine, shaker, maracas, cabasa, rattle, castanet, guiro, cowbell, triangle, sleigh bells, claps, bongo, conga,
			darbuka, doumbek, tabla, gu`,
		"bass":   `bass, electric bass, acoustic bass, synth bass, double bass`,
		"guitar": `guitar, acoustic guitar, electric guitar, clean electric guitar, distorted electric guitar, slide guitar, lap steel guitar`,
		"piano":  `piano, tack piano, electric piano`,
		"vocals": `vocals, voice, vocalists, choir, male singer, female singer, male speaker, female speaker, male rapper, female rapper,
			male screamer, female screamer`,
		"": `main system, unlabeled, fx/processed sound, sampler, crowd, beatboxing`,
	} {
		for name := range strings.SplitSeq(names, ",") {
			table[strings.TrimSpace(name)] = family
		}
	}
	return table
}()

// familyOf maps the instruments of one stem to their family: "" where they are of several, one of ours among them.
func familyOf(names ...string) string {
	all := ""
	for i, name := range names {
		f, known := instruments[strings.ToLower(strings.TrimSpace(name))]
		if !known && name != "" {
			f = "other"
		}
		if i > 0 && f != all {
			return ""
		}
		all = f
	}
	return all
}
