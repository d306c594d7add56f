#!/usr/bin/env bash
# Learns the shipped models again, unattended; killed and started again, it goes on where it was.
#
#   assets/models/make.sh DATA [NAME...]
#
# DATA holds what cannot be installed, each with a meta.json that names its licence:
#   samples/<family>/<source>/*.ogg   recorded strokes, notes and phrases, for the rendered bands
#   songs/...                         songs as stems, to learn from (Everything Is Remixed, CC0)
#   validate/...                      songs as stems, to choose the weights by; never learnt from
# and gets material/ (what is rendered), cache/ and models/. The rest comes from Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
data=$1
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || for f in assets/models/*.toml; do names+=("$(basename "$f" .toml)"); done
minutes=${MINUTES:-900}

packages=(openttd-openmsx freedoom fluid-soundfont-gm timgm6mb-soundfont musescore-general-soundfont-lossless
	avldrums.lv2-soundfont hydrogen-drumkits fretsonfire-songs-muldjord fretsonfire-songs-sectoid)
missing=()
for p in "${packages[@]}"; do
	dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "installing: ${missing[*]}"
	sudo=
	[ "$(id -u)" = 0 ] || sudo="sudo -n"
	$sudo apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null ||
		{ echo "make models: missing: apt-get install ${missing[*]}" >&2; exit 1; }
fi
for want in samples songs validate; do
	[ -d "$data/$want" ] || { echo "make models: $data/$want is missing: $(sed -n "s|^#   $want[^ ]* *||p" "$0")" >&2; lacks=1; }
done
[ -z "${lacks:-}" ] || exit 1

soloist=$PWD/bin/soloist
if [ ! -d "$data/material" ]; then
	rm -rf "$data/material.part"
	"$soloist" render --minutes "$minutes" --seed 1 \
		--samples "$data/samples" --samples /usr/share/hydrogen/data/drumkits -o "$data/material.part"
	mv "$data/material.part" "$data/material"
fi
mkdir -p "$data/models"
for name in "${names[@]}"; do
	out=$data/models/$name.safetensors
	[ -e "$out.done" ] && { echo "$name: done"; continue; }
	echo "$name"
	songs=(--data "$data/songs")
	[ "$name" = bass ] && songs=() # their other stems hide a bass
	"$soloist" train "assets/models/$name.toml" --resume --cache "$data/cache" \
		--data "$data/material" "${songs[@]}" --validate "$data/validate" -o "$out"
	touch "$out.done"
done
echo "The models are in $data/models; those that are better than assets/models may go there."
