#!/usr/bin/env bash
# Runs the report's browser tests. Status 77, and why, where there is no Chromium or no node of 18 or later; with
# HEAPTAPE_REQUIRE_BROWSER=1 that is a failure.
#
#   tests/report/run.sh HEAPTAPE SAMPLES HELPERS     the built command, and the folders of samples and test helpers
set -euo pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd)
export HEAPTAPE=$1
samples=$2 helpers=$3

skip() {
  printf 'browser tests: skipped, %s\n' "$1"
  if [[ ${HEAPTAPE_REQUIRE_BROWSER:-0} == 1 ]]; then exit 1; fi
  exit 77
}
HEAPTAPE_CHROMIUM=${HEAPTAPE_CHROMIUM:-$(command -v chromium || true)}
[[ -x $HEAPTAPE_CHROMIUM ]] || skip 'chromium is missing (see cmake/packages-browser.txt)'
export HEAPTAPE_CHROMIUM
node=$(node --version 2>/dev/null || true)
node=${node#v}
# playwright-core asks for 18, and so do these tests: it is what Debian 12 has.
[[ ${node%%.*} =~ ^[0-9]+$ ]] && ((${node%%.*} >= 18)) || skip 'node 18 or later is missing (see cmake/packages-browser.txt)'
command -v npm >/dev/null || skip 'npm is missing (see cmake/packages-browser.txt)'

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
# In a folder of their own, so that nothing is left among the sources.
cp -- "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$here"/*.mjs "$scratch"
(cd "$scratch" && npm ci --no-audit --no-fund --loglevel=error >/dev/null) || skip 'npm ci failed: is there a package registry?'

export HEAPTAPE_PAGES=$scratch/pages
mkdir "$HEAPTAPE_PAGES"
cd "$HEAPTAPE_PAGES"
"$HEAPTAPE" record -o phases.tape -- "$samples/phases" >/dev/null 2>&1
"$HEAPTAPE" record -o threads.tape -- "$samples/threads" >/dev/null 2>&1
"$HEAPTAPE" record -o variables.tape -- "$samples/variables" >/dev/null 2>&1
"$HEAPTAPE" record -o before.tape -- "$samples/before/cache" >/dev/null 2>&1
"$HEAPTAPE" record -o after.tape -- "$samples/after/cache" >/dev/null 2>&1
"$HEAPTAPE" report phases.tape -o phases.html >/dev/null
"$HEAPTAPE" report threads.tape -o threads.html >/dev/null
"$HEAPTAPE" report variables.tape -o variables.html >/dev/null
"$HEAPTAPE" report after.tape --against before.tape -o changes.html >/dev/null
"$helpers/report_hostile_page" hostile.html
"$helpers/report_units_table" >units.html
cp -- "$here/../../render/report/units.js" units-script.html
cp -- "$here/../../render/report/lists.js" lists-script.html
cd "$scratch"
node --test --test-reporter=spec report.test.mjs
