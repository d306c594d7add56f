package audiofile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// id3MaxText is the longest text field that is read, in bytes.
const id3MaxText = 64 << 10

// id3Names are the fields read, by their names in ID3v2.2, 2.3 and 2.4.
var id3Names = map[string]string{
	"TT2": "TITLE", "TIT2": "TITLE", "TP1": "ARTIST", "TPE1": "ARTIST", "TAL": "ALBUM", "TALB": "ALBUM",
	"TYE": "DATE", "TYER": "DATE", "TDRC": "DATE", "TRK": "TRACKNUMBER", "TRCK": "TRACKNUMBER",
	"TCO": "GENRE", "TCON": "GENRE", "COM": "COMMENT", "COMM": "COMMENT",
	"TP2": "ALBUMARTIST", "TPE2": "ALBUMARTIST", "TCM": "COMPOSER", "TCOM": "COMPOSER",
	"TPA": "DISCNUMBER", "TPOS": "DISCNUMBER", "TBP": "BPM", "TBPM": "BPM",
}

// synchsafe is the number of 28 bits in four bytes of seven.
func synchsafe(b []byte) int {
	return int(b[0]&127)<<21 | int(b[1]&127)<<14 | int(b[2]&127)<<7 | int(b[3]&127)
}

// readID3 reads the tags at both ends of r, of size bytes; the audio is between from and to. Of
// several ID3v2 tags the first counts; ID3v1 fills in what they lack.
func readID3(r io.ReadSeeker, size int64) (tags Tags, from, to int64, warns []string, err error) {
	to = size
	var b [10]byte
	for first := true; to-from >= 10; first = false {
		if err := readAt(r, from, b[:]); err != nil {
			return nil, 0, 0, nil, err
		}
		if string(b[:3]) != "ID3" {
			break
		}
		n := int64(synchsafe(b[6:]))
		if n > size-from-10 {
			warns = append(warns, fmt.Sprintf("ID3v2 tag: %d bytes announced, the file has %d", n, size-from-10))
		}
		if first {
			tags = parseID3v2(io.LimitReader(r, n), b[3], b[5])
		}
		if n > size-from-10 {
			from += 10 // the frames are somewhere behind
			break
		}
		from += 10 + n
		if b[3] == 4 && b[5]&0x10 != 0 {
			from += 10 // footer
		}
		from = min(from, size)
	}
	tags, to, err = readTail(r, from, to, tags)
	return tags, from, to, warns, err
}

// readTail reads an ID3v1 tag and passes over Lyrics3 and APE tags at the end.
func readTail(r io.ReadSeeker, from, to int64, tags Tags) (Tags, int64, error) {
	var b [128]byte
	at := func(n int64, want string) (bool, error) { // the last n bytes begin with want
		if to-from < n {
			return false, nil
		}
		if err := readAt(r, to-n, b[:min(n, 128)]); err != nil {
			return false, err
		}
		return string(b[:len(want)]) == want, nil
	}
	ok, err := at(128, "TAG")
	if ok {
		parseID3v1(b[:], func(name, value string) {
			if tags[name] == "" {
				tags = addTag(tags, name, value)
			}
		})
		to -= 128
		if ok, err = at(227, "TAG+"); ok {
			to -= 227
		}
	}
	if err != nil {
		return nil, 0, err
	}
	if to-from >= 15 {
		if err := readAt(r, to-15, b[:15]); err != nil {
			return nil, 0, err
		}
		if n, err := strconv.Atoi(string(b[:6])); err == nil && string(b[6:15]) == "LYRICS200" {
			to -= min(int64(max(n, 0))+15, to-from)
		}
	}
	ok, err = at(32, "APETAGEX")
	if err != nil {
		return nil, 0, err
	}
	if ok {
		n := int64(binary.LittleEndian.Uint32(b[12:])) // items and footer
		if binary.LittleEndian.Uint32(b[20:])>>31 != 0 {
			n += 32 // header
		}
		if n <= to-from {
			to -= n
		}
	}
	return tags, to, nil
}

func parseID3v1(b []byte, add func(name, value string)) {
	text := func(from, to int) string {
		s, _, _ := strings.Cut(latin1(b[from:to]), "\x00")
		return s
	}
	add("TITLE", text(3, 33))
	add("ARTIST", text(33, 63))
	add("ALBUM", text(63, 93))
	add("DATE", text(93, 97))
	add("COMMENT", text(97, 127))
	if b[125] == 0 && b[126] != 0 {
		add("TRACKNUMBER", strconv.Itoa(int(b[126])))
	}
	if int(b[127]) < len(id3Genres) {
		add("GENRE", id3Genres[b[127]])
	}
}

// id3Unsync undoes unsynchronisation: it drops a zero byte after 0xff.
type id3Unsync struct {
	r    *bufio.Reader
	last byte
}

func (u *id3Unsync) Read(b []byte) (n int, err error) {
	for n < len(b) {
		c, err := u.r.ReadByte()
		if err != nil {
			return n, err
		}
		if u.last == 0xff && c == 0 {
			u.last = 0
			continue
		}
		u.last = c
		b[n] = c
		n++
	}
	return n, nil
}

// parseID3v2 reads the frames of a tag of the version 2.ver from r. What is wrong with it ends it.
func parseID3v2(r io.Reader, ver, flags byte) Tags {
	if ver < 2 || ver > 4 || ver == 2 && flags&0x40 != 0 {
		return nil // unknown, or compressed in a way that was never laid down
	}
	br := bufio.NewReader(r)
	var body io.Reader = br
	if ver < 4 && flags&0x80 != 0 {
		body = &id3Unsync{r: br}
	}
	var b [10]byte
	if ver > 2 && flags&0x40 != 0 { // extended header
		if _, err := io.ReadFull(body, b[:4]); err != nil {
			return nil
		}
		n := int64(binary.BigEndian.Uint32(b[:]))
		if ver == 4 {
			n = int64(synchsafe(b[:])) - 4
		}
		if _, err := io.CopyN(io.Discard, body, max(n, 0)); err != nil {
			return nil
		}
	}
	var tags Tags
	seen := map[string]bool{}
	for {
		f, ok := nextID3Frame(body, ver, b[:])
		if !ok {
			return tags
		}
		name := id3Names[f.id]
		// TYER beside TDRC, and comments after the first, say nothing new.
		if value := f.text(name); value != "" && !seen[name] {
			seen[name] = true
			tags = addTag(tags, name, value)
		}
	}
}

// id3Frame is a field of a tag; data is empty where it is not one to read.
type id3Frame struct {
	id   string
	data []byte
}

// nextID3Frame reads or passes over one frame; b has room for its header.
func nextID3Frame(r io.Reader, ver byte, b []byte) (f id3Frame, ok bool) {
	idLen, head := 4, 10
	if ver == 2 {
		idLen, head = 3, 6
	}
	if _, err := io.ReadFull(r, b[:head]); err != nil || b[0] == 0 {
		return f, false
	}
	f.id = string(b[:idLen])
	var n int64
	var flags byte
	switch {
	case ver == 2:
		n = int64(b[3])<<16 | int64(b[4])<<8 | int64(b[5])
	case ver == 4 && (b[4]|b[5]|b[6]|b[7])&0x80 == 0: // some programs do not write it so
		n, flags = int64(synchsafe(b[4:])), b[9]
	default:
		n, flags = int64(binary.BigEndian.Uint32(b[4:])), b[9]
	}
	if id3Names[f.id] == "" || n > id3MaxText {
		_, err := io.CopyN(io.Discard, r, n)
		return f, err == nil
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return f, false
	}
	skip, closed, unsync := 0, false, false
	switch ver {
	case 3:
		closed = flags&0xc0 != 0 // compressed or encrypted
		skip = int(flags >> 5 & 1)
	case 4:
		closed, unsync = flags&0x0c != 0, flags&0x02 != 0
		skip = int(flags>>6&1) + 4*int(flags&1)
	}
	if closed {
		return f, true
	}
	if unsync {
		data = []byte(strings.ReplaceAll(string(data), "\xff\x00", "\xff"))
	}
	if skip < len(data) {
		f.data = data[skip:]
	}
	return f, true
}

// text is the value of a text or comment frame.
func (f *id3Frame) text(name string) string {
	if name == "" || len(f.data) < 1 {
		return ""
	}
	enc, b := f.data[0], f.data[1:]
	if name == "COMMENT" {
		if len(b) < 3 {
			return ""
		}
		about, s, ok := strings.Cut(id3Text(enc, b[3:]), "\x00")
		if !ok || strings.HasPrefix(about, "iTun") {
			return "" // machine's notes
		}
		return id3Values(s)
	}
	s := id3Text(enc, b)
	if name == "GENRE" {
		return id3Genre(s)
	}
	return id3Values(s)
}

// id3Values joins the values of a field, which zeros separate.
func id3Values(s string) string {
	return strings.ReplaceAll(strings.Trim(s, "\x00 "), "\x00", "; ")
}

// id3Genre gives numbers their names: "17", "(17)", "(17)Rock".
func id3Genre(s string) string {
	s = id3Values(s)
	num, rest := s, ""
	if strings.HasPrefix(s, "(") {
		n, after, ok := strings.Cut(s[1:], ")")
		if !ok {
			return s
		}
		num, rest = n, after
	}
	if i, err := strconv.Atoi(num); err == nil && i >= 0 && i < len(id3Genres) {
		if rest != "" {
			return rest
		}
		return id3Genres[i]
	}
	return s
}

// id3Text decodes text of the encoding enc: Latin-1, UTF-16 with a byte order mark, UTF-16
// big-endian or UTF-8.
func id3Text(enc byte, b []byte) string {
	switch enc {
	case 1, 2:
		return id3UTF16(b, enc == 1)
	case 3:
		return string(b)
	}
	return latin1(b)
}

// id3UTF16 decodes; each value may begin with a mark of its own. Without one, enc 1 is taken as
// little-endian, which is how the programs that leave it out write.
func id3UTF16(b []byte, little bool) string {
	u := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		switch c := binary.BigEndian.Uint16(b); {
		case c == 0xfeff:
			little = false
		case c == 0xfffe:
			little = true
		case little:
			u = append(u, c<<8|c>>8)
		default:
			u = append(u, c)
		}
	}
	return string(utf16.Decode(u))
}

func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}
