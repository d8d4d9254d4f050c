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

# attribute NAME FILE: of the first element of a JUnit file.
attribute() { grep -m1 -o "\\b$1=\"[0-9]*\"" "$2" | tr -dc 0-9; }

# run_preset PRESET: builds and tests it, adds its figures to `results`; status 1 if anything failed.
run_preset() {
  local preset=$1 junit=$PWD/build/$1/results.xml status=0
  local -a wrapper=()
  if [[ $preset == tsan ]]; then wrapper=("${fixed_addresses[@]}"); fi
  printf '\n== %s: build ==\n' "$preset"
  "${wrapper[@]}" bash -c 'source cmake/setup.sh && build_preset "$@"' build "$preset" -DHEAPTAPE_TESTS=ON || {
    results+=("$preset: the build failed")
    return 1
  }
  printf '\n== %s: tests ==\n' "$preset"
  rm -f "$junit"
  "${wrapper[@]}" ctest --preset "$preset" --parallel "${HEAPTAPE_JOBS:-$(nproc)}" --no-tests=error \
    --timeout "${HEAPTAPE_TEST_TIMEOUT:-300}" --output-junit "$junit" || status=1
  if [[ -e $junit ]]; then
    results+=("$preset: $(attribute tests "$junit") run, $(attribute failures "$junit") failed, $(attribute skipped "$junit") skipped")
  else
    results+=("$preset: no test ran")
  fi
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
