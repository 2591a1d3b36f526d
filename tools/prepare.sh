# Sourced by run.sh and test.sh: finds a compiler, Meson, Ninja and the libraries, and installs what is missing.
#
# It installs with apt-get when it may (as root, or with CI=true through sudo); otherwise it prints the command and
# stops. Afterwards CXX names the compiler and `meson` is 1.0 or later.

say() { printf '%s\n' "$@" >&2; }
fail() { say "$@"; exit 1; }

# Runs a command with its output in a log file, which is shown only if the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 60 "$log" >&2
    fail "failed: $*" "the whole output is in $log"
  fi
}

# A C++20 compiler: g++ 12 or later, clang++ 16 or later.
good_compiler() {
  command -v "$1" >/dev/null || return 1
  local oldest=12
  case $("$1" --version 2>/dev/null) in *clang*) oldest=16 ;; esac
  [ "$("$1" -dumpversion 2>/dev/null | cut -d. -f1)" -ge "$oldest" ] 2>/dev/null
}

find_compiler() {
  local name
  if [ -n "${CXX:-}" ]; then
    good_compiler "$CXX" || fail "CXX=$CXX: expected g++ 12 or later, or clang++ 16 or later"
    return 0
  fi
  for name in g++ g++-15 g++-14 g++-13 g++-12 clang++ clang++-22 clang++-21 clang++-20 clang++-19 clang++-18 \
              clang++-17 clang++-16; do
    if good_compiler "$name"; then
      export CXX=$name
      return 0
    fi
  done
  return 1
}

good_meson() {
  local version
  version=$(meson --version 2>/dev/null) || return 1
  [ "${version%%.*}" -ge 1 ] 2>/dev/null
}

have_header() { printf '#include <%s>\n' "$1" | "${CXX:-g++}" -x c++ -std=c++20 -E -o /dev/null - 2>/dev/null; }

# What is missing, one word each.
missing_parts() {
  find_compiler || printf 'compiler\n'
  good_meson || printf 'meson\n'
  command -v ninja >/dev/null || command -v ninja-build >/dev/null || printf 'ninja\n'
  have_header nlohmann/json.hpp || printf 'json\n'
  have_header CLI/CLI.hpp || printf 'cli11\n'
  have_header doctest/doctest.h || printf 'doctest\n'
}

# The Debian package of a part. Where the distribution's own g++ is too old, a numbered one.
package_of() {
  local name
  case $1 in
    compiler)
      for name in g++ g++-14 g++-13 g++-12; do
        case $name:$(apt-cache policy "$name" | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9]*\).*/\2/p') in
          *: | g++:[0-9] | g++:10 | g++:11) ;;
          *) printf '%s\n' "$name"; return ;;
        esac
      done ;;
    meson) printf 'meson\n' ;;
    ninja) printf 'ninja-build\n' ;;
    json) printf 'nlohmann-json3-dev\n' ;;
    cli11) printf 'libcli11-dev\n' ;;
    doctest) printf 'doctest-dev\n' ;;
  esac
}

# How to get rights to install packages: as root, or without a question in CI. Prints the prefix of the command.
may_install() {
  [ "$(id -u)" = 0 ] && return 0
  [ "${CI:-}" = true ] && sudo -n true 2>/dev/null && printf 'sudo -n'
}

apt_install() {
  local rights
  if ! rights=$(may_install); then
    fail "To install what is missing, run" "  sudo apt-get update" "  sudo apt-get install --no-install-recommends $*"
  fi
  say "Installing $*"
  # shellcheck disable=SC2086  # the prefix is two words, or none
  quietly "$logs/install.log" $rights env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

apt_update() {
  local rights
  # shellcheck disable=SC2086
  if rights=$(may_install); then quietly "$logs/update.log" $rights apt-get -o DPkg::Lock::Timeout=300 update; fi
}

# A Meson older than 1.0 (Ubuntu 22.04's): a newer one in a private folder.
newer_meson() {
  say "Meson is older than 1.0: installing a newer one into .venv"
  python3 -c 'import ensurepip' 2>/dev/null || apt_install python3-venv
  [ -x .venv/bin/meson ] || quietly "$logs/venv.log" python3 -m venv .venv
  quietly "$logs/pip.log" .venv/bin/python -m pip install meson
}

other_systems() {
  say "Install a C++20 compiler (g++ 12 or later, clang 16 or later), Meson 1.0 or later, Ninja, nlohmann-json, CLI11"
  say "and doctest, then run this again:"
  say "  Fedora   sudo dnf install gcc-c++ meson ninja-build json-devel cli11-devel doctest-devel"
  say "  Arch     sudo pacman -S gcc meson ninja nlohmann-json cli11 doctest"
  say "  Alpine   sudo apk add g++ meson ninja nlohmann-json cli11-dev doctest-dev"
  say "  macOS    brew install meson ninja nlohmann-json cli11 doctest"
}

prepare() {
  logs=build/logs
  [ -x .venv/bin/meson ] && PATH=$PWD/.venv/bin:$PATH
  find_compiler || true
  local parts packages=() part
  parts=$(missing_parts)
  [ -z "$parts" ] && return
  say "Missing: $(echo $parts)"
  if ! command -v apt-get >/dev/null; then
    other_systems
    exit 1
  fi
  apt_update
  for part in $parts; do packages+=("$(package_of "$part")"); done
  apt_install "${packages[@]}"
  hash -r
  if ! good_meson; then
    newer_meson
    PATH=$PWD/.venv/bin:$PATH
  fi
  find_compiler || true
  parts=$(missing_parts)
  [ -z "$parts" ] || fail "Still missing after the installation: $(echo $parts)"
}

# Sets up a build folder, or gives new options to the one that is there. Starts it anew where it came from another
# compiler or another Meson.
configure() {
  local folder=$1 log=$logs/configure.log
  shift
  if [ ! -f "$folder/build.ninja" ]; then
    quietly "$log" meson setup "$folder" "$@"
  elif [ "$(cat "$folder/compiler.txt" 2>/dev/null)" != "$CXX" ]; then
    quietly "$log" meson setup --wipe "$folder" "$@"
  elif [ $# -gt 0 ] && [ "$(cat "$folder/options.txt" 2>/dev/null)" != "$*" ]; then
    meson configure "$folder" "$@" >"$log" 2>&1 || quietly "$log" meson setup --wipe "$folder" "$@"
  fi
  printf '%s\n' "$CXX" >"$folder/compiler.txt"
  if [ $# -gt 0 ]; then printf '%s\n' "$*" >"$folder/options.txt"; fi
}
