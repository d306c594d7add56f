package render

import (
	"regexp"
	"strconv"
	"strings"
)

// role is what a stroke in a drum pattern asks for.
type role int

const (
	noRole role = iota
	kick
	snare
	sideStick
	hatClosed
	hatHalf
	hatOpen
	hatPedal
	ride
	rideBell
	crash
	china
	splash
	tomHigh
	tomMid
	tomLow
	clap
	tambourine
	cowbell
	shaker
	handDrum
	numRoles
)

var roleName = [numRoles]string{"none", "kick", "snare", "side stick", "closed hat", "half hat", "open hat", "pedal hat", "ride", "ride bell", "crash", "china", "splash", "high tom", "mid tom", "low tom", "clap", "tambourine", "cowbell", "shaker", "hand drum"}

func (r role) String() string { return roleName[r] }

// gmRole maps the percussion keys of General MIDI (and of the AVL kits, which follow it closely).
var gmRole = map[int]role{
	35: kick, 36: kick, 37: sideStick, 38: snare, 39: clap, 40: snare, 41: tomLow, 42: hatClosed, 43: tomLow,
	44: hatPedal, 45: tomMid, 46: hatOpen, 47: tomMid, 48: tomHigh, 49: crash, 50: tomHigh, 51: ride, 52: china,
	53: rideBell, 54: tambourine, 55: splash, 56: cowbell, 57: crash, 59: ride, 60: handDrum, 61: handDrum,
	62: handDrum, 63: handDrum, 64: handDrum, 69: shaker, 70: shaker, 82: shaker,
}

// avlRole is where the AVL kits depart from General MIDI; noRole strokes are choked cymbals.
var avlRole = map[int]role{
	46: hatHalf, 47: tomHigh, 45: tomHigh, 48: hatOpen, 50: noRole, 52: noRole, 58: noRole, 43: tomLow, 60: crash, 64: shaker,
}

var (
	avlName    = regexp.MustCompile(`^\d{3}_(\d\d)-`)
	layerName  = regexp.MustCompile(`(?i)[_-](?:vl|v|dl|l)(\d+)`)
	robinName  = regexp.MustCompile(`(?i)[_-]rr\d+`)
	lastNumber = regexp.MustCompile(`[_-]?(\d+)$`)
	splitWords = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+|\d+`)
	goCode     = regexp.MustCompile(`^(hc|hf|hh|hl|ho|ht|ks|sc|se|ss|th|tl|tm)_vl(\d+)_rr\d+$`)
	bjaCode    = regexp.MustCompile(`^(BD|SN|SN3|SN4|HH|HH2|HH3|TM|TM2|CB|CB2|BL|RD|RD2)_(\d+)$`)
	snareCode  = regexp.MustCompile(`^(\w+?_(?:top|oh))_(sn|ss|sb|sr|sm|stir)_[vd]l(\d+)_rr\d+$`)
)

var goRole = map[string]role{"hc": hatClosed, "ht": hatClosed, "hf": hatPedal, "hh": hatHalf, "hl": hatHalf, "ho": hatOpen, "ks": kick, "sc": snare, "se": snare, "ss": sideStick, "th": tomHigh, "tm": tomMid, "tl": tomLow}

var bjaRole = map[string]role{"BD": kick, "SN": snare, "SN4": snare, "HH": hatClosed, "HH2": hatOpen, "HH3": hatHalf, "TM": tomHigh, "TM2": tomLow, "CB": crash, "CB2": crash, "BL": rideBell, "RD": ride, "RD2": ride}

// rumpfRole names the strokes of the rumpf kit that its drumkit.xml names; its other files are
// effects and syllables.
var rumpfRole = map[string]role{"beats_06-38": kick, "beats_06-46": kick, "beats_07-18": kick, "beats_07-20": kick, "beats_09-12": sideStick, "beats_01-21": snare, "beats_06-25": snare, "beats_01-26": clap, "beats_09-10": hatClosed, "beats_06-28": hatPedal, "beats_08-31": hatOpen, "beats_08-17": tomLow, "beats_08-18": tomMid, "beats_08-19": tomHigh, "beats_06-43": crash, "beats_08-20": crash, "beats_06-30": crash, "beats_06-40": rideBell, "beats_08-32": cowbell}

// drumRole reads what a drum recording is from its file name: its role, the piece of the kit it
// belongs to, and its dynamic layer (0 when unnamed).
func drumRole(source, name string) (r role, piece string, layer int) {
	if m := avlName.FindStringSubmatch(name); m != nil {
		key, _ := strconv.Atoi(m[1])
		r, ok := avlRole[key]
		if !ok {
			r = gmRole[key]
		}
		layer := 0
		if l := lastNumber.FindStringSubmatch(name); l != nil {
			layer, _ = strconv.Atoi(l[1])
		}
		return r, m[1], layer
	}
	if m := goCode.FindStringSubmatch(name); m != nil {
		layer, _ = strconv.Atoi(m[2])
		return goRole[m[1]], m[1], layer
	}
	if m := bjaCode.FindStringSubmatch(name); m != nil {
		layer, _ = strconv.Atoi(m[2])
		return bjaRole[m[1]], m[1], layer
	}
	if m := snareCode.FindStringSubmatch(name); m != nil {
		layer, _ = strconv.Atoi(m[3])
		switch m[2] {
		case "ss":
			return sideStick, m[1] + "_ss", layer
		case "stir":
			return noRole, m[1], layer
		}
		return snare, m[1], layer
	}
	if r, ok := rumpfRole[name]; ok {
		return r, name, 0
	}
	if strings.HasPrefix(name, "beats_") {
		return noRole, name, 0
	}
	if strings.HasPrefix(source, "gogodze1") {
		r = handDrum
	} else {
		r = roleOfWords(name)
	}
	piece = robinName.ReplaceAllString(name, "")
	if m := layerName.FindStringSubmatch(piece); m != nil {
		layer, _ = strconv.Atoi(m[1])
		piece = layerName.ReplaceAllString(piece, "")
	}
	for _, w := range []string{"_hard", "_soft"} {
		if strings.HasSuffix(piece, w) {
			piece = strings.TrimSuffix(piece, w)
			layer = 1
			if w == "_hard" {
				layer = 2
			}
		}
	}
	if layer == 0 {
		piece = lastNumber.ReplaceAllString(piece, "")
	}
	return r, piece, layer
}

// roleOfWords reads the role from words in a name, as people write them.
func roleOfWords(name string) role {
	var words []string
	for _, w := range splitWords.FindAllString(name, -1) {
		words = append(words, strings.ToLower(w))
	}
	all := " " + strings.Join(words, " ") + " "
	joined := strings.ToLower(name)
	has := func(ws ...string) bool {
		for _, w := range ws {
			if strings.Contains(all, " "+w+" ") {
				return true
			}
		}
		return false
	}
	in := func(ws ...string) bool {
		for _, w := range ws {
			if strings.Contains(joined, w) {
				return true
			}
		}
		return false
	}
	switch {
	case in("loop", "roll", "choke", "whistle", "drumset", "double_kick", "empty", "click", "glass"):
		return noRole
	case in("djembe", "dunun", "kenkeni", "sangban", "conga", "bongo", "tabla", "hand_drum", "cajon", "bobobo", "darabuka", "war_drum", "thunder", "drum_low"):
		return handDrum
	case in("tamb"):
		return tambourine
	case in("maraca", "shaker", "cabasa"):
		return shaker
	case in("cowbell", "agogo") || has("mc", "cb"):
		return cowbell
	case in("clap"):
		return clap
	case in("cymbal_closed"):
		return hatClosed
	case in("cymbal_open"):
		return hatOpen
	case in("cymbal_pedal"):
		return hatPedal
	case in("china"):
		return china
	case in("splash"):
		return splash
	case in("ride") && in("bell", "cup"), in("paistebell", "paiste bell"):
		return rideBell
	case in("crash") && !in("bow", "bell", "cup", "__ride"):
		return crash
	case in("ride") || has("rd", "rc"):
		return ride
	case in("cymbal") || has("cc", "cra"):
		return crash
	case in("sidestick", "side stick", "rimclick", "rim click", "stick", "crossstick") || has("rs"):
		return sideStick
	case in("snare", "rimshot") || has("sd", "sn", "sr"):
		return snare
	case in("hat", "hihat", "hi-hat", "hi hat") || has("hh", "chh", "ohh", "ho"):
		switch {
		case in("pedal", "foot") || has("p", "pd"):
			return hatPedal
		case in("semi", "half", "loose", "swish"):
			return hatHalf
		case in("open") || has("o", "op", "ohh", "ho", "ring"):
			return hatOpen
		}
		return hatClosed
	case in("kick", "bassdrum", "bass drum", "drum_bass") || has("bd"):
		return kick
	case in("floor", "tomlow", "tom_lo", "tom-low", "tom low", "low tom") || has("ft", "lt") || in("tom") && has("low", "lo"):
		return tomLow
	case in("tomhi", "tom_hi", "tom-hi", "tom hi", "high tom") || has("t1", "ht") || in("tom1", "tom 1"):
		return tomHigh
	case in("tom") || has("t2", "mt"):
		return tomMid
	}
	return noRole
}

var (
	noteName  = regexp.MustCompile(`(?i)(?:^|[_\s-])([a-g])(#|s|b)?(-?\d)(s)?(?:[_\s.v-]|$)`)
	axName    = regexp.MustCompile(`^ax-grinder_([a-g])(-?)(\d)`)
	noteClass = map[string]int{"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
)

// pitchOf reads a note name such as a2, C#4, AS2, Bb3 or gb5 from a file name and returns it as a
// MIDI note number with C4 = 60. Libraries differ in how they count octaves; see [sound.tuned].
func pitchOf(name string) (float64, bool) {
	if m := axName.FindStringSubmatch(name); m != nil { // a dash is a sharp here
		o, _ := strconv.Atoi(m[3])
		n := 12*(o+1) + noteClass[m[1]]
		if m[2] != "" {
			n++
		}
		return float64(n), true
	}
	for rest, base := name, 0; ; {
		loc := noteName.FindStringSubmatchIndex(rest)
		if loc == nil {
			return 0, false
		}
		group := func(i int) string {
			if loc[2*i] < 0 {
				return ""
			}
			return rest[loc[2*i]:loc[2*i+1]]
		}
		letter, acc, oct := strings.ToLower(group(1)), group(2), group(3)
		o, err := strconv.Atoi(oct)
		if err == nil && o >= -1 && o <= 8 {
			n := 12*(o+1) + noteClass[letter]
			switch strings.ToLower(acc) {
			case "#", "s":
				n++
			case "b":
				n--
			}
			if group(4) != "" {
				n++
			}
			return float64(n), true
		}
		base += loc[1]
		rest = rest[loc[1]-1:]
		if len(rest) == 0 {
			return 0, false
		}
	}
}

var chordName = regexp.MustCompile(`(?i)^([A-G])(flat|sharp)?_?(major|minor7b5|minro7b5|minor)`)

// strumOf reads a chord name such as Fsharp_minor_DOWN_01: pitch class, whether its third is minor
// and whether its fifth is diminished.
func strumOf(name string) (class int, minor, dim, ok bool) {
	m := chordName.FindStringSubmatch(name)
	if m == nil {
		return 0, false, false, false
	}
	class = noteClass[strings.ToLower(m[1])]
	switch strings.ToLower(m[2]) {
	case "flat":
		class += 11
	case "sharp":
		class++
	}
	q := strings.ToLower(m[3])
	return class % 12, q != "major", strings.HasSuffix(q, "7b5"), true
}
