#!/usr/bin/env bash
# Draws the gallery beside this script: records the samples and sqlite3, renders one picture of each view, and has
# Chromium, where it is installed, draw a page of `heaptape report`.
# Needs build/release (see samples/quickstart.sh; HEAPTAPE_BUILD names another one) and sqlite3.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
gallery=$PWD/samples/gallery
build=${HEAPTAPE_BUILD:-$PWD/build/release}
heaptape=$build/cli/heaptape
sql=$PWD/samples/quickstart.sql
tapes=$(mktemp -d)
trap 'rm -rf -- "$tapes"' EXIT

record() { "$heaptape" record --force -o "$tapes/$1.tape" -- "${@:2}"; }
draw() { "$heaptape" render "$tapes/$1.tape" --force -o "$gallery/$2.png" --width "${width:-900}" "${@:3}"; }

cd "$build/samples"
for name in phases threads variables; do record "$name" "./$name" >/dev/null; done
(cd before && record before ./cache) >/dev/null
(cd after && record after ./cache) >/dev/null
record sqlite3 sqlite3 :memory: <"$sql" >/dev/null
# A program of many modules and files: heaptape itself, drawing.
(cd "$tapes" && PATH="${heaptape%/*}:$PATH" record itself heaptape-reports render sqlite3.tape --view overview -o x.png) >/dev/null

draw itself timeline --view timeline --layer all
draw phases timeline-by-site --view timeline --by site --dark
draw phases flame --view flame
draw sqlite3 icicle --view icicle --cost temporary
draw after diff-flame --view diff-flame --against "$tapes/before.tape"
draw sqlite3 lifetimes --view lifetimes
draw variables variables --view lifetimes --layer user
draw sqlite3 sizes --view sizes
draw itself treemap --view treemap --cost allocated
draw sqlite3 addresses --view addresses --dark
draw threads threads --view threads
width=1200 draw sqlite3 overview --view overview

# The page, as a browser shows it.
if chromium=$(command -v chromium || command -v google-chrome); then
  "$heaptape" pack "$tapes/sqlite3.tape" -o "$tapes/page.tape" --strip host >/dev/null
  "$heaptape" report "$tapes/page.tape" -o "$tapes/page.html" --title 'sqlite3, a small database' >/dev/null
  # A profile of its own, and time that passes as fast as the page is drawn.
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$tapes/profile" \
    --force-color-profile=srgb --virtual-time-budget=10000 --window-size=1280,1500 \
    --screenshot="$gallery/report.png" "file://$tapes/page.html" 2>/dev/null
  echo "$gallery/report.png: the report's page"
else
  echo "$gallery/report.png: left as it is, since there is no chromium to draw the page with"
fi
