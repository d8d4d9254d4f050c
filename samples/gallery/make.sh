#!/usr/bin/env bash
# Draws the gallery: records the samples and sqlite3, and renders one picture of each view beside this script.
# Needs build/release (see samples/quickstart.sh) and sqlite3.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
gallery=$PWD/samples/gallery
heaptape=$PWD/build/release/cli/heaptape
sql=$PWD/samples/quickstart.sql
tapes=$(mktemp -d)
trap 'rm -rf -- "$tapes"' EXIT

record() { "$heaptape" record --force -o "$tapes/$1.tape" -- "${@:2}"; }
draw() { "$heaptape" render "$tapes/$1.tape" --force -o "$gallery/$2.png" --width "${width:-900}" "${@:3}"; }

cd build/release/samples
for name in phases threads variables; do record "$name" "./$name" >/dev/null; done
(cd before && record before ./cache) >/dev/null
(cd after && record after ./cache) >/dev/null
record sqlite3 sqlite3 :memory: <"$sql" >/dev/null
# A program of many modules and files: heaptape itself, drawing.
(cd "$tapes" && PATH="${heaptape%/*}:$PATH" record itself heaptape-reports render sqlite3.tape --view overview -o x.png) >/dev/null

draw phases timeline --view timeline
draw phases timeline-by-site --view timeline --by site --dark
draw phases flame --view flame
draw sqlite3 icicle --view icicle --cost temporary
draw after diff-flame --view diff-flame --against "$tapes/before.tape"
draw sqlite3 lifetimes --view lifetimes
# Up to the last event: a tape lasts until the recorder has seen its program's end.
last=$("$heaptape" dump --json "$tapes/variables.tape" | tail -n 1 | sed 's/.*"time_ns":\([0-9]*\).*/\1/')
draw variables variables --view lifetimes --layer user --to "${last}ns"
draw sqlite3 sizes --view sizes
draw itself treemap --view treemap --cost allocated
draw sqlite3 addresses --view addresses --dark
draw threads threads --view threads
width=1200 draw sqlite3 overview --view overview
