package audiofile

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// tagID3 makes a tag of version 2.ver from frames.
func tagID3(ver, flags byte, frames ...[]byte) []byte {
	body := append(bytes.Join(frames, nil), make([]byte, 16)...)
	n := len(body)
	return append([]byte{'I', 'D', '3', ver, 0, flags, byte(n >> 21), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}, body...)
}

// frameID3 makes a frame of a tag of version 2.ver; flags is the second byte of flags.
func frameID3(ver byte, id string, flags byte, data string) []byte {
	n := len(data)
	b := []byte(id)
	switch ver {
	case 2:
		b = append(b, byte(n>>16), byte(n>>8), byte(n))
	case 3:
		b = append(binary.BigEndian.AppendUint32(b, uint32(n)), 0, flags)
	default:
		b = append(b, byte(n>>21), byte(n>>14&127), byte(n>>7&127), byte(n&127), 0, flags)
	}
	return append(b, data...)
}

func utf16Text(order binary.AppendByteOrder, mark bool, s string) string {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestID3v2(t *testing.T) {
	unsync := func(b []byte) []byte {
		return append(b[:10:10], bytes.ReplaceAll(b[10:], []byte{0xff}, []byte{0xff, 0})...)
	}
	le, be := binary.LittleEndian, binary.BigEndian
	big := strings.Repeat("\xff\x00picture", 20_000)
	for _, c := range []struct {
		name string
		tag  []byte
		want Tags
	}{
		{"2.2", tagID3(2, 0, frameID3(2, "TT2", 0, "\x00caf\xe9\x00"), frameID3(2, "PIC", 0, big), frameID3(2, "TCO", 0, "\x00(17)"),
			frameID3(2, "COM", 0, "\x00eng\x00note")), Tags{"TITLE": "café", "GENRE": "Rock", "COMMENT": "note"}},
		{"2.3 UTF-16", tagID3(3, 0, frameID3(3, "TIT2", 0, "\x01"+utf16Text(le, true, "Führung 𝄞\x00")),
			frameID3(3, "TPE1", 0, "\x01"+utf16Text(be, true, "Ärzte")), frameID3(3, "TALB", 0, "\x01"+utf16Text(le, false, "ohne")),
			frameID3(3, "APIC", 0, big), frameID3(3, "TYER", 0, "\x001999"), frameID3(3, "TRCK", 0, "\x003/12"),
			frameID3(3, "COMM", 0, "\x01eng"+utf16Text(le, true, "about\x00")+utf16Text(le, true, "text"))),
			Tags{"TITLE": "Führung 𝄞", "ARTIST": "Ärzte", "ALBUM": "ohne", "DATE": "1999", "TRACKNUMBER": "3/12", "COMMENT": "text"}},
		{"2.3 unsynchronised", unsync(tagID3(3, 0x80, frameID3(3, "APIC", 0, big[:90]), frameID3(3, "TIT2", 0, "\x01"+utf16Text(le, true, "ÿa")))),
			Tags{"TITLE": "ÿa"}},
		{"2.3 flags", tagID3(3, 0x40, []byte{0, 0, 0, 6, 0, 0, 0, 0, 0, 0}, frameID3(3, "TIT2", 0x80, "\x00packed"),
			frameID3(3, "TPE1", 0x20, "g\x00grouped")), Tags{"ARTIST": "grouped"}},
		{"2.4", tagID3(4, 0x40, []byte{0, 0, 0, 6, 1, 0}, frameID3(4, "TIT2", 0, "\x03ü→\x00"), frameID3(4, "TPE1", 0, "\x02"+utf16Text(be, false, "Ω")),
			frameID3(4, "TDRC", 0, "\x032001-02-03"), frameID3(4, "TYER", 0, "\x032001"), frameID3(4, "TCON", 0, "\x038\x009"),
			frameID3(4, "TALB", 0x03, "\x00\x00\x00\x05\x00a\xff\x00b")),
			Tags{"TITLE": "ü→", "ARTIST": "Ω", "DATE": "2001-02-03", "GENRE": "8; 9", "ALBUM": "aÿb"}},
		{"iTunes sizes in 2.4", tagID3(4, 0, frameID3(3, "TIT2", 0, "\x03"+strings.Repeat("x", 199)), frameID3(3, "TPE1", 0, "\x03y")),
			Tags{"TITLE": strings.Repeat("x", 199), "ARTIST": "y"}},
		{"frame past the end", tagID3(3, 0, frameID3(3, "TIT2", 0, "\x00ok"), []byte("TPE1\x7f\xff\xff\xff\x00\x00")), Tags{"TITLE": "ok"}},
		{"unknown version", tagID3(9, 0, frameID3(3, "TIT2", 0, "\x00ok")), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := len(c.tag) - 10 // unsynchronisation changes it
			c.tag[6], c.tag[7], c.tag[8], c.tag[9] = byte(n>>21), byte(n>>14&127), byte(n>>7&127), byte(n&127)
			file := slices.Concat(c.tag, mp3File(t, "cbr128-44100.mp3"))
			r, x, err := readMP3(t, file)
			if err != nil || len(x[0]) != 17677 || len(r.Warnings()) > 0 {
				t.Fatalf("%v, %q", err, r.Warnings())
			}
			if got := r.Info().Tags; !maps.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// What lame and ffmpeg write; tags23 has ID3v1 as well.
func TestID3Fixtures(t *testing.T) {
	for file, want := range map[string]Tags{
		"tags23.mp3": {"TITLE": "Führung — 旅", "ARTIST": "Ärzte", "ALBUM": "Album", "DATE": "2019", "TRACKNUMBER": "7/12", "GENRE": "Rock", "COMMENT": "a comment"},
		"tags24.mp3": {"TITLE": "Title one", "ARTIST": "Artist", "ALBUM": "Album", "DATE": "1997", "TRACKNUMBER": "3", "GENRE": "Jazz"},
	} {
		r, _, err := readMP3(t, mp3File(t, file))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range want {
			if got := r.Info().Tags[k]; got != v {
				t.Errorf("%s: %s %q, want %q", file, k, got, v)
			}
		}
	}
}

func TestID3Tail(t *testing.T) {
	v1 := make([]byte, 128)
	copy(v1, "TAG")
	copy(v1[3:], "caf\xe9")
	copy(v1[33:], "Artist")
	copy(v1[93:], "1980")
	v1[126], v1[127] = 9, 8
	ape := append([]byte("APETAGEX\xd0\x07\x00\x00\x40\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x80"), make([]byte, 8)...)
	body := append(append(append([]byte{}, ape...), make([]byte, 32)...), ape...)
	lyrics := []byte("LYRICSBEGININD0000200" + "000021" + "LYRICS200")
	file := mp3File(t, "cbr128-44100.mp3")
	for _, tail := range [][]byte{v1, append(body, v1...), append(lyrics, v1...)} {
		r, x, err := readMP3(t, append(file[:len(file):len(file)], tail...))
		if err != nil || len(x[0]) != 17677 {
			t.Fatal(err)
		}
		want := Tags{"TITLE": "café", "ARTIST": "Artist", "DATE": "1980", "TRACKNUMBER": "9", "GENRE": "Jazz"}
		if got := r.Info().Tags; !maps.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if len(r.Warnings()) > 0 {
			t.Errorf("warnings %q", r.Warnings())
		}
	}
}

// A tag that announces more than there is, or a field of 256 MB, takes no memory and hides no frames.
func TestID3HostileSizes(t *testing.T) {
	file := append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7fTIT2\x7f\x7f\x7f\x7f\x00\x00\x03abc"), mp3File(t, "cbr128-44100.mp3")...)
	var r Reader
	var x [][]float32
	var err error
	bytesPer := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			r, err = newMP3("x", bytes.NewReader(file), int64(len(file)))
		}
		b.ReportAllocs()
	}).AllocedBytesPerOp()
	if bytesPer > 1<<20 {
		t.Errorf("%d bytes of memory", bytesPer)
	}
	if r, x, err = readMP3(t, file); err != nil || len(x[0]) != 17677 || !warned(r, "ID3v2 tag") {
		t.Errorf("%v, warnings %q", err, r.Warnings())
	}
}
