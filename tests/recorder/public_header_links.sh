#!/usr/bin/env bash
# Builds one program with each compiler and linker that is here, in each way that a program can be linked, and runs it
# without and with a recorder preloaded. What can't be had (a linker, static libraries) is left out, and said.
#
#   public_header_links.sh HEADER_FOLDER SOURCE_FOLDER
set -euo pipefail
headers=$1 sources=$2
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"

# The program must see a recorder exactly where a loader could bring one: expect 1, but 0 in static executables.
cat >recorder.c <<'END'
#include "heaptape/heaptape.h"
const struct heaptape_api heaptape_api_v1 = {1, sizeof(struct heaptape_api), 0, 0, 0, 0, 0, 0, 0, 0};
END
cat >program.c <<'END'
#include <stdio.h>
#include "heaptape/heaptape.h"
#ifdef IN_LIBRARY
int seen(void);
#else
static int seen(void) { return heaptape_find_api() ? (int)heaptape_find_api()->version : 0; }
#endif
int main(void) { return printf("%d", seen()) < 0; }
END
cat >library.c <<'END'
#include "heaptape/heaptape.h"
int seen(void);
int seen(void) { return heaptape_find_api() ? (int)heaptape_find_api()->version : 0; }
END
gcc -shared -fPIC -I"$headers" recorder.c -o recorder.so

failures=0 tried=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# check EXPECTED NAME: runs ./program alone (0) and with the recorder (EXPECTED).
check() {
  local alone preloaded
  tried=$((tried + 1))
  alone=$(./program) || fail "$2: does not run"
  preloaded=$(LD_PRELOAD=$work/recorder.so ./program) || fail "$2: does not run with a recorder"
  [[ $alone == 0 ]] || fail "$2: alone it saw '$alone'"
  [[ $preloaded == "$1" ]] || fail "$2: with a recorder it saw '$preloaded', not '$1'"
  # shellcheck disable=SC2312
  if readelf -Wr program | grep -q 'COPY.*heaptape'; then fail "$2: a copy relocation"; fi
}

for compiler in gcc g++ clang clang++; do
  command -v "$compiler" >/dev/null || { echo "left out: $compiler is not here"; continue; }
  language=c
  if [[ $compiler == *++ ]]; then language=c++; fi
  for linker in bfd lld; do
    command -v "ld.$linker" >/dev/null || { echo "left out: ld.$linker is not here"; continue; }
    build=("$compiler" "-fuse-ld=$linker" "-I$headers" -x "$language")
    for mode in '-fPIE -pie' '-fPIE -pie -O2' '-fno-pie -no-pie' '-fno-pie -no-pie -O2' '-fno-pie -no-pie -Wl,-z,now'; do
      read -ra flags <<<"$mode"
      "${build[@]}" "${flags[@]}" program.c -o program
      check 1 "$compiler $linker $mode"
    done
    for mode in '-static' '-static-pie -fPIE'; do
      read -ra flags <<<"$mode"
      "${build[@]}" "${flags[@]}" program.c -o program 2>static.log || { echo "left out: $compiler $linker $mode"; continue; }
      check 0 "$compiler $linker $mode"
    done
    "${build[@]}" -shared -fPIC library.c -o libseen.so
    for mode in '-fPIE -pie' '-fno-pie -no-pie'; do
      read -ra flags <<<"$mode"
      "${build[@]}" -DIN_LIBRARY "${flags[@]}" program.c -x none -L. -lseen -Wl,-rpath,"$work" -o program
      check 1 "$compiler $linker $mode, in a shared library"
    done
  done
  if [[ $language == c++ ]]; then
    "$compiler" -std=c++17 -shared -fPIC -I"$headers" "$sources/public_header_compiles.cc" -o libtracks.so
    exported=$(readelf -W --dyn-syms libtracks.so | awk '$7 != "UND" && /heaptape/ { print $8 }')
    [[ -z $exported ]] || fail "$compiler: a library that tracks exports $exported"
    if readelf -W --dyn-syms libtracks.so | grep -q UNIQUE; then fail "$compiler: a library that can't be unloaded"; fi
  fi
done

echo "$tried programs tried, $failures failures"
((failures == 0 && tried > 0))
