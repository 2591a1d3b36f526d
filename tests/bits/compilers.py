#!/usr/bin/env python3
"""The table of hashes under other compilers and flags: each build of tests/bits/table.cpp must compute the same one.

    compilers.py [--full] [--jobs N]    from the root of the source tree; default 2 jobs

g++ and clang++ (16 or later; CXX and CLANGXX name others), optimised from not at all to for this very processor, with
products and sums left apart and with the compiler free to contract them: the contract (docs/arithmetic.md, R0) leaves it
nothing to contract. Without --full a subset that takes a minute or two. Exit 0 all agree, 1 one does not, 77 (skipped)
where no such clang++ is there; g++ is then still tested.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
OLDEST = {"g++": 12, "clang++": 16}
LEVELS = [["-O0"], ["-O1"], ["-O2"], ["-O3", "-march=native"]]
CONTRACTION = ["off", "fast"]
# Of each compiler, where not everything is wanted: the level, and whether the compiler may contract.
SUBSET = [(0, "fast"), (2, "off"), (2, "fast"), (3, "fast")]


def version(command):
    """The compiler's major version, or 0."""
    try:
        shown = subprocess.run([command, "-dumpversion"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.match(r"\d+", shown)
    return int(found.group()) if found else 0


def find(kind):
    """The command of a new enough compiler of this kind, or None."""
    given = os.environ.get({"g++": "CXX", "clang++": "CLANGXX"}[kind], "").split()
    mine = [name for name in given[-1:] if ("clang" in name) == (kind == "clang++")]
    for name in mine + [kind] + [f"{kind}-{v}" for v in range(30, OLDEST[kind] - 1, -1)]:
        if shutil.which(name) and version(name) >= OLDEST[kind]:
            return name
    return None


def builds(compilers, full):
    for compiler in compilers:
        for level, flags in enumerate(LEVELS):
            for contraction in CONTRACTION:
                if full or (level, contraction) in SUBSET:
                    yield [compiler, *flags, "-ffp-contract=" + contraction]


def try_build(command, folder):
    """Builds and runs the table; returns the command, whether it agrees, and what it said."""
    name = re.sub(r"[^A-Za-z0-9]", "_", " ".join(command))
    program = pathlib.Path(folder) / name
    begin = time.monotonic()
    built = subprocess.run([*command, "-std=c++20", "-Iinclude", "-Itests", "tests/bits/table.cpp", "-pthread",
                            "-o", program], cwd=TOP, capture_output=True, text=True)
    if built.returncode != 0:
        return command, False, "does not compile:\n" + built.stderr[-2000:]
    between = time.monotonic()
    run = subprocess.run([program], cwd=TOP, capture_output=True, text=True)
    lines = run.stdout.strip().split("\n")
    text = "\n".join(lines[:5] + lines[-1:] if len(lines) > 6 else lines)
    times = f"   (built in {between - begin:.0f} s, run in {time.monotonic() - between:.0f} s)"
    return command, run.returncode == 0, text + times


def main():
    options = argparse.ArgumentParser(description="The table of hashes under other compilers and flags.")
    options.add_argument("--full", action="store_true", help="every compiler, level and contraction")
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    compilers = {kind: find(kind) for kind in OLDEST}
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        wanted = list(builds([c for c in compilers.values() if c], given.full))
        for command, agrees, text in pool.map(lambda command: try_build(command, folder), wanted):
            failed += not agrees
            print(f"{'ok  ' if agrees else 'FAIL'} {' '.join(command)}: {text}", flush=True)
    print(f"{len(wanted)} builds, {failed} of them differ")
    if failed or not wanted:
        return 1
    for kind, command in compilers.items():
        if not command:
            print(f"skipped: no {kind} {OLDEST[kind]} or later here")
            return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
