#!/usr/bin/env bash
# Fuzzes the reader with libFuzzer, under the address and undefined-behaviour sanitizers: each target for a while, from
# its seeds, its corpus and what earlier runs found worth keeping (build/fuzz/found). Needs clang with its runtime.
#
#   tests/fuzz/run.sh [SECONDS]     of each target; 60 without a number
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source cmake/setup.sh
seconds=${1:-60}
mapfile -t packages < <(packages_in cmake/packages.txt cmake/packages-tests.txt)
need_packages "${packages[@]}" libclang-rt-14-dev

mkdir -p build
targets=(decode_block read_tape import)
cmake -G Ninja -S . -B build/fuzz -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang \
  -DCMAKE_CXX_COMPILER=clang++ -DHEAPTAPE_TESTS=ON -DHEAPTAPE_SAMPLES=ON -DHEAPTAPE_WERROR=OFF -DHEAPTAPE_FUZZ=ON \
  -DHEAPTAPE_SANITIZE=address,undefined >build/fuzz.configure.log
cmake --build build/fuzz --target write_seeds "${targets[@]/#/fuzz_}"
for target in "${targets[@]}"; do
  printf '\n== %s ==\n' "$target"
  found=build/fuzz/found/$target seeds=build/fuzz/seeds/$target
  mkdir -p "$found" "$seeds"
  build/fuzz/tests/fuzz/write_seeds "$seeds" "$target"
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$seconds" \
    -rss_limit_mb=4096 -timeout=20 -artifact_prefix="build/fuzz/$target-" -print_final_stats=1 \
    "$found" "tests/fuzz/corpus/$target" "$seeds"
done
