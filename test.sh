#!/usr/bin/env bash
# Installs what is missing, builds the tests and runs them. The last line is `N passed, N failed, N skipped`.
#
#   ./test.sh                    every suite but slow and bits-full: quick golden bits fuzz house
#   ./test.sh all                every suite
#   ./test.sh bits-full          every compiler, flag and processor there is: an hour or two
#   ./test.sh threads input bounds   tests of the others, for the sanitizers: threads; strangers' files; kernels
#   ./test.sh quick              one suite, or several; docs/what-to-run.md says which for which change
#   ./test.sh bits --without compilers
#   ./test.sh -Dname=value …     options of the build (meson.options); ETALON_MESON_OPTIONS in the environment too
#   ./test.sh --build FOLDER …   a build folder of its own (another compiler, sanitizers); default build
#
# CXX chooses the compiler.
set -euo pipefail
cd "$(dirname "$0")"
. tools/prepare.sh

folder=build
suites=()
everything=
read -r -a options <<<"${ETALON_MESON_OPTIONS:-}"
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --build) folder=${2:?--build needs a folder}; shift ;;
    -D?*=*) options+=("$1") ;;
    --without) suites+=(--no-suite "${2:?--without needs a suite}"); shift ;;
    all) everything=yes ;;
    quick | golden | bits | bits-full | fuzz | house | slow | threads | input | bounds) suites+=(--suite "$1") ;;
    *) fail "test.sh: unknown argument $1; see ./test.sh --help" ;;
  esac
  shift
done

# The house tests want a second compiler: clang 16 or later, where the distribution has it.
want_clang() {
  local name
  [[ " ${suites[*]} " != *" --suite "* || " ${suites[*]} " = *" house "* ]] || return 0
  for name in clang++ clang++-{16..22}; do good_compiler "$name" && return 0; done
  command -v apt-get >/dev/null && may_install >/dev/null || return 0
  apt_update
  for name in clang-{16..22}; do
    case $(apt-cache policy "$name") in *'Candidate: '[0-9]*) apt_install "$name"; return 0 ;; esac
  done
}

# The accuracy tests judge by MPFR.
want_mpfr() {
  have_header mpfr.h || { command -v apt-get >/dev/null && may_install >/dev/null; } || return 0
  have_header mpfr.h || { apt_update; apt_install libmpfr-dev; }
}

# Other processors' compilers, and what runs their programs.
want_foreign() {
  [[ " ${suites[*]} " = *" bits-full "* ]] && command -v apt-get >/dev/null && may_install >/dev/null || return 0
  command -v em++ >/dev/null && command -v qemu-riscv64-static >/dev/null && return 0
  apt_update
  apt_install qemu-user-static g++-aarch64-linux-gnu g++-riscv64-linux-gnu emscripten
}

if [[ -z $everything && " ${suites[*]} " != *" --suite "* ]]; then
  suites+=(--no-suite slow --no-suite bits-full)
fi
prepare
want_clang
want_mpfr
want_foreign
configure "$folder" ${options[@]+"${options[@]}"}
rm -f "$folder/meson-logs/testlog.json"
status=0
meson test -C "$folder" --print-errorlogs --timeout-multiplier 4 ${suites[@]+"${suites[@]}"} || status=$?
python3 tests/summary.py "$folder/meson-logs/testlog.json" || status=1
exit "$status"
