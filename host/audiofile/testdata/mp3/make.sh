#!/bin/sh
# Makes the MP3 fixtures from synthesised sound with lame 3.100 and ffmpeg 5.1.
# The sound is that of mp3Signal in mp3_test.go: a sweep, in the second channel one octave higher.
set -e
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT

# synth RATE SAMPLES CHANNELS
synth() {
	khz=$(echo "$1" | sed 's/...$/.&/') # lame would choose a lower rate at low bit rates
	l='0.4*sin(2*PI*(200*t+900*t*t))'
	r='0.3*sin(2*PI*(400*t+1800*t*t))'
	[ "$3" = 2 ] && l="$l|$r"
	ffmpeg -v error -y -f lavfi -i "aevalsrc=$l:s=$1" -af "atrim=end_sample=$2" -c:a pcm_s16le "$tmp/in.wav"
}
enc() { # NAME LAME-OPTIONS…
	name=$1
	shift
	lame --quiet --noreplaygain --resample "$khz" "$@" "$tmp/in.wav" "$name.mp3"
}

synth 44100 17677 2
enc cbr128-44100 -b 128
enc vbr-44100 -V 2
enc noheader-44100 -b 96 -t
enc crc-44100 -b 96 -p
enc tags23 -b 64 --add-id3v2 --id3v2-utf16 --tt 'Führung — 旅' --ta 'Ärzte' --tl 'Album' --ty 2019 --tn 7/12 --tg 17 --tc 'a comment'
enc tags24 -b 64 --tt 'Title one' --ta 'Artist' --tl 'Album' --ty 1997 --tn 3 --tg Jazz
ffmpeg -v error -y -i tags24.mp3 -map_metadata 0 -c copy -id3v2_version 4 -write_id3v1 0 "$tmp/t.mp3"
mv "$tmp/t.mp3" tags24.mp3
ffmpeg -v error -y -i "$tmp/in.wav" -c:a libmp3lame -b:a 96k -map_metadata -1 lavc-44100.mp3
ffmpeg -v error -y -i "$tmp/in.wav" -c:a mp2 -b:a 64k -t 0.15 layer2.mp2
enc freeformat --freeformat -b 100
synth 44100 9001 2
enc cbr320-44100 -b 320
synth 44100 17677 1
enc mono-44100 -V 4
synth 48000 17677 2
enc vbr-48000 -V 4
synth 32000 13001 2
enc abr-32000 --abr 96
synth 22050 11025 2
enc cbr96-22050 -b 96 -m s
synth 24000 9601 2
enc vbr-24000 -V 4
synth 16000 8001 1
enc mono-16000 -b 48 # at 32 lame has no room for its header
synth 11025 5000 1
enc mpeg25 -b 16
