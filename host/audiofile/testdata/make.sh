#!/bin/sh
# Makes the fixtures of the tests here from synthesised sound, with sox, flac and oggenc.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A tenth of a second: two tones, a little noise; -R makes sox repeat itself.
sox -R -r 22050 -n -c 2 -b 16 "$tmp/tone.wav" synth 0.1 sine 440 sine 660 gain -6
sox -R -r 22050 -n -c 2 -b 16 "$tmp/noise.wav" synth 0.1 pinknoise gain -24
sox -R -D -m -v 1 "$tmp/tone.wav" -v 1 "$tmp/noise.wav" -b 16 stereo16.wav
sox -R -D stereo16.wav -b 24 stereo24.wav
sox -R -D stereo16.wav -b 32 stereo32.wav
sox -R -D stereo16.wav -b 8 stereo8.wav
sox -R -D stereo16.wav -b 32 -e floating-point float32.wav
sox -R -D stereo16.wav -b 64 -e floating-point float64.wav
sox -R -D stereo16.wav -b 16 -c 1 mono16.wav

flac --totally-silent -f --no-padding -b 1024 -T TITLE=Tones -T "ARTIST=Nobody at all" -o stereo16.flac stereo16.wav
flac --totally-silent -f --no-padding -o stereo24.flac stereo24.wav
flac --totally-silent -f --no-padding -o mono16.flac mono16.wav
oggenc -Q -q 3 -s 1 -t Tones -a "Nobody at all" -o stereo.ogg stereo16.wav
oggenc -Q -q 1 -s 2 -o mono.ogg mono16.wav

# 5.1 (left, right, centre, bass, back left, back right), a tone each: its bass channel has a floor without partitions.
sox -R -r 44100 -n -c 6 -b 16 "$tmp/six.wav" synth 0.1 sine 1000 sine 1500 sine 2000 sine 50 sine 2500 sine 3000 gain -6
oggenc -Q -q -1 -s 3 -o six.ogg "$tmp/six.wav"
