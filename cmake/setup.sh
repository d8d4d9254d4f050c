# Sourced by samples/quickstart.sh and tests/run.sh: sees to the Debian packages that a command needs, and builds.
# shellcheck shell=bash

# packages_in FILE…: the package names in these lists, comments left out.
packages_in() { sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' -- "$@"; }

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' || printf '%s\n' "$package"
  done
}

# need_packages PACKAGE…: installs what is missing, as root or with sudo. Where neither can be had, prints what to run
# and ends the script with status 1.
need_packages() {
  local missing=() as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    printf 'This needs Debian 12 (or a system with its packages); missing: %s\n' "${missing[*]}" >&2
    exit 1
  fi
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      printf 'Some packages are missing. Run this as root, then start again:\n' >&2
      printf '  apt-get update && apt-get install -y --no-install-recommends %s\n' "${missing[*]}" >&2
      exit 1
    fi
  fi
  printf 'Installing: %s\n' "${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build_preset PRESET [CMAKE ARGUMENT…]: configures and builds it in build/PRESET. To be called from the root folder.
build_preset() {
  local preset=$1
  shift
  cmake --preset "$preset" "$@" >"build/$preset.configure.log" 2>&1 || { cat "build/$preset.configure.log" >&2; return 1; }
  cmake --build --preset "$preset" --parallel "${HEAPTAPE_JOBS:-$(nproc)}"
}
