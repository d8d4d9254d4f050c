#!/usr/bin/env bash
# Links a program with heaptape::recorder as its users do, and records it without `heaptape record`:
#
#   link_in.sh SOURCE_FOLDER BUILD_FOLDER PROGRAM_SOURCE
#
# from an installed prefix that was moved, by find_package; and as a part of the program's own build.
set -euo pipefail
source_folder=$1 build_folder=$2 program=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check BUILD_FOLDER DRAIN: the program in it is recorded from where it wishes on.
check() {
  mkdir -p "$work/run"
  (cd "$work/run" && HEAPTAPE_DRAIN=$2 "$1/wishes")
  local tape
  tape=$(echo "$work"/run/heaptape.wishes.*.tape)
  "$build_folder/cli/heaptape" wait "$tape"
  "$build_folder/cli/heaptape" summary --json "$tape" | grep -q '"allocations": 7,'
  rm -r "$work/run"
}

# project FOLDER LINE: a project that gets heaptape by this line.
project() {
  mkdir -p "$1"
  cp "$program" "$1/wishes.c"
  printf '%s\n' 'cmake_minimum_required(VERSION 3.22)' 'project(wishes LANGUAGES C CXX)' "$2" \
    'add_executable(wishes wishes.c)' 'target_link_libraries(wishes PRIVATE heaptape::recorder)' >"$1/CMakeLists.txt"
}

cmake --install "$build_folder" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"
project "$work/found" 'find_package(heaptape REQUIRED)'
cmake -S "$work/found" -B "$work/found/build" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/found/build" >/dev/null
check "$work/found/build" ''

project "$work/part" "add_subdirectory($source_folder heaptape)"
cmake -S "$work/part" -B "$work/part/build" >/dev/null
cmake --build "$work/part/build" --target wishes >/dev/null
check "$work/part/build" "$build_folder/cli/heaptape"
