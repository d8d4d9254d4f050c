#!/usr/bin/env bash
# Builds heaptape, records a sample and a real program (sqlite3), prints both summaries, checks that nothing
# is missing and draws both.
# Complete on a fresh Debian 12: installs the packages that it needs, as root or with sudo. May be run again.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
source cmake/setup.sh

mapfile -t packages < <(packages_in cmake/packages.txt)
need_packages "${packages[@]}" sqlite3

mkdir -p build out/quickstart
echo 'Building build/release ...'
build_preset release -DHEAPTAPE_TESTS=OFF >build/release.log 2>&1 || { tail -n 60 build/release.log >&2; exit 1; }

heaptape=build/release/cli/heaptape
out=out/quickstart

echo
echo '== samples/basic_usage: seven tracked variables =='
"$heaptape" record --force -o "$out/basic_usage.tape" -- build/release/samples/basic_usage
"$heaptape" summary "$out/basic_usage.tape"

echo
echo '== sqlite3, with samples/quickstart.sql =='
"$heaptape" record --force -o "$out/sqlite3.tape" -- sqlite3 :memory: <samples/quickstart.sql >"$out/sqlite3.txt"
"$heaptape" summary "$out/sqlite3.tape"

echo
echo '== every call of the hooks is on the tape =='
"$heaptape" verify --conservation "$out/sqlite3.tape"

for name in basic_usage sqlite3; do
  "$heaptape" render "$out/$name.tape" --view timeline --force -o "$out/$name-timeline.svg"
  "$heaptape" render "$out/$name.tape" --view icicle --force -o "$out/$name-icicle.png"
done

echo
echo "Tapes and pictures are in $PWD/$out:"
for file in "$out"/*.tape "$out"/*.svg "$out"/*.png; do printf '  %s\n' "${file##*/}"; done
echo "Ask the tapes more: $heaptape top $out/sqlite3.tape"
