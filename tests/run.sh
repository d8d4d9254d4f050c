#!/usr/bin/env bash
# Builds and runs every test: the release build, then all of them under the address and thread sanitizers.
# Complete on a fresh Debian 12: installs the packages that it needs, as root or with sudo. May be run again.
#
#   tests/run.sh [--quick]     --quick: only the release build
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
source cmake/setup.sh

presets=(release asan tsan)
case ${1:-} in
  '') ;;
  --quick) presets=(release) ;;
  *)
    echo 'usage: tests/run.sh [--quick]' >&2
    exit 2
    ;;
esac

mapfile -t packages < <(packages_in cmake/packages.txt cmake/packages-tests.txt)
need_packages "${packages[@]}"

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1:halt_on_error=1}

# The thread sanitizer of gcc 12 can't bear the wide address randomisation of recent kernels.
fixed_addresses=()
if setarch --addr-no-randomize true 2>/dev/null; then fixed_addresses=(setarch --addr-no-randomize); fi

# tests_in LOG: what GoogleTest said of each test; one ctest may be many of them (tests/discovery.cmake).
tests_in() {
  awk '/^\[       OK \] .* ms\)$/ { ++ok } /^\[  FAILED  \] .* ms\)$/ { ++failed } /^\[  SKIPPED \] .* ms\)$/ { ++skipped }
    END { printf "%d run, %d failed, %d skipped", ok + failed, failed, skipped }' "$1"
}

# run_preset PRESET: builds and tests it, adds its figures to `results`; status 1 if anything failed.
run_preset() {
  local preset=$1 log=build/$1/Testing/Temporary/LastTest.log status=0
  local -a wrapper=()
  if [[ $preset == tsan ]]; then wrapper=("${fixed_addresses[@]}"); fi
  printf '\n== %s: build ==\n' "$preset"
  "${wrapper[@]}" bash -c 'source cmake/setup.sh && build_preset "$@"' build "$preset" -DHEAPTAPE_TESTS=ON || {
    results+=("$preset: the build failed")
    return 1
  }
  printf '\n== %s: tests ==\n' "$preset"
  rm -f "$log"
  "${wrapper[@]}" ctest --preset "$preset" --parallel "${HEAPTAPE_JOBS:-$(nproc)}" --no-tests=error \
    --timeout "${HEAPTAPE_TEST_TIMEOUT:-300}" --output-junit "$PWD/build/$preset/results.xml" || status=1
  if [[ -e $log ]]; then results+=("$preset: $(tests_in "$log")"); else results+=("$preset: no test ran"); fi
  return "$status"
}

mkdir -p build
results=()
failed=0
for preset in "${presets[@]}"; do run_preset "$preset" || failed=1; done

verdict='all passed'
if ((failed)); then verdict=FAILED; fi
summary=$(printf '%s; ' "${results[@]}")
printf '\ntests/run.sh: %s (%s) in %d min %d s\n' "$verdict" "${summary%; }" $((SECONDS / 60)) $((SECONDS % 60))
exit "$failed"
