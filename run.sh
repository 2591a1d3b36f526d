#!/usr/bin/env bash
# From a fresh clone to a model that speaks: installs what is missing, builds the program `etalon`, tells a story and
# answers a question with the bundled model.
#
#   ./run.sh              the demonstration
#   ./run.sh ARGUMENTS    passes them to etalon: ./run.sh chat --model models/storyteller
set -euo pipefail
cd "$(dirname "$0")"
. tools/prepare.sh

build_command() {
  prepare
  configure build -Dnative=true
  if [[ $(ninja -C build -n examples/etalon) != *'no work to do'* ]]; then
    say "Building etalon with $CXX (log: build/logs/build.log)"
    quietly build/logs/build.log ninja -C build examples/etalon
  fi
}

# Shows a command as one would type it, and runs it.
show() {
  printf '\n$ etalon'
  local word
  for word in "$@"; do
    case $word in *[!A-Za-z0-9_./-]*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
  build/examples/etalon "$@"
}

demonstrate() {
  local model=models/storyteller
  cat <<'END'
Etalon: open Mixture-of-Experts language models, to read, to trust and to measure others by.
The bundled model is a very small DeepSeek-V3 that knows a world of 24 names, 18 objects and 12 places.
END
  show generate --model $model --prompt "Once upon a time" --max-tokens 120
  show chat --model $model --message \
    "Zoe had a white lamp. Zoe gave the lamp to Oscar. Then Oscar gave it to Lucy. Later Lucy gave the lamp to Finn.
Who has the lamp now?"
  cat <<'END'

What to try next:
  ./run.sh chat --model models/storyteller                  talk to it
  ./run.sh generate --model models/storyteller --prompt "Once upon a time" --show-experts
                                                            which experts each token went to
  ./run.sh inspect models/storyteller                       what it is made of
  ./run.sh --help                                           everything else
  ./test.sh quick                                           is it right on this machine?
README.md says where to read on.
END
}

build_command
if [ $# -gt 0 ]; then
  exec build/examples/etalon "$@"
fi
demonstrate
