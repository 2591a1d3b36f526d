#!/usr/bin/env python3
"""The self-test under other compilers, flags and processors: each build of tests/bits/fingerprint.cpp must compute the
same rows, those of include/etalon/selftest/expected.hpp.

    compilers.py                  a few builds of g++ and clang++: the everyday part
    compilers.py --full           every build of builds.py: compilers x levels x instruction sets x contraction x
                                  link-time optimisation, other processors under qemu, WebAssembly; an hour or two
    --refusals                    and that flags which change values are refused; part of --full
    --record FILE                 puts the table between the two marks of a Markdown file
    --state FILE                  keeps what was built and agreed, so that a run that was broken off goes on
    --jobs N                      default: one a core

Exit 0 all agree, 1 one does not, 77 (skipped) where a compiler or an emulator is not there; the others are still run.
"""
import argparse
import concurrent.futures
import datetime
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import builds

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCE = "tests/bits/fingerprint.cpp"
START = "tests/bits/start.cpp"
SKIPPED = 77
MARKS = ("<!-- the table of builds: tests/bits/compilers.py --full --record -->", "<!-- end of the table -->")


def compile_program(command, flags, program, source=SOURCE):
    """The completed process of compiling the self-test, or another source."""
    environment = os.environ | {"NODE_PATH": os.environ.get("NODE_PATH", "/usr/share/nodejs")}   # em++ of Debian
    return subprocess.run([*command, *flags, "-std=c++20", "-Iinclude", source, "-o", program], cwd=TOP,
                          env=environment, capture_output=True, text=True)


def try_build(build, folder):
    """Whether a build computes the expected rows, and what it said."""
    suffix = ".js" if build["command"][0] == "em++" else ""
    program = pathlib.Path(folder) / (hashlib.sha256(str(build).encode()).hexdigest()[:16] + suffix)
    begin = time.monotonic()
    built = compile_program(build["command"], [], program)
    if built.returncode != 0:
        return False, "does not compile:\n" + built.stderr[-2000:]
    between = time.monotonic()
    run = subprocess.run([*build["run"], program], cwd=TOP, capture_output=True, text=True)
    program.unlink()
    lines = run.stdout.strip().split("\n")
    text = "\n".join(lines[:5] + lines[-1:] if len(lines) > 6 else lines)
    times = f"   (built in {between - begin:.0f} s, run in {time.monotonic() - between:.0f} s)"
    return run.returncode == 0, text + times


def refused_by(compiler, flags, program, source):
    """What the compiler, or the program at its start, says against these flags; empty where neither says anything."""
    built = compile_program([compiler, "-O1", "-pthread"], flags.split(), program, source)
    if built.returncode != 0:
        said = re.search(r"etalon: [^\n]*", built.stderr)
        return "does not compile: " + said.group() if said else ""
    run = subprocess.run([program], cwd=TOP, capture_output=True, text=True)
    return run.stdout.strip() if run.returncode != 0 and run.stdout.startswith("refused: ") else ""


def try_refusal(compiler, flags, folder):
    """Whether a build with flags that change values says so, when compiled or when started. Flags that this version of
    the compiler does not act upon are not refused: then all rows must be as expected."""
    program = pathlib.Path(folder) / hashlib.sha256((compiler + flags).encode()).hexdigest()[:16]
    said = refused_by(compiler, flags, program, START)
    if said:
        return True, said
    agrees, text = try_build({"command": [compiler, "-O1", "-pthread", *flags.split()], "run": []}, folder)
    return agrees, "changes nothing: " + text


def try_flush(compiler, folder):
    """A program linked with -ffast-math starts with subnormals flushed: it must refuse to start."""
    program, compiled = pathlib.Path(folder) / "flush", pathlib.Path(folder) / "flush.o"
    compile_program([compiler, "-O1", "-c"], [], compiled, START)
    subprocess.run([compiler, "-ffast-math", compiled, "-o", program], cwd=TOP, check=True)
    run = subprocess.run([program], cwd=TOP, capture_output=True, text=True)
    return run.stdout.startswith("refused: "), "linked with -ffast-math: " + run.stdout.strip()


def refusals(folder):
    """Tries of flags that must be refused: a name, and what to call for whether they are."""
    for kind, all_flags in builds.REFUSED.items():
        compiler = builds.find(kind)
        for flags in all_flags if compiler and builds.is_x86() else []:
            yield f"{compiler} {flags}", functools.partial(try_refusal, compiler, flags, folder)
    compiler = builds.find("g++")
    if compiler and builds.is_x86():
        yield compiler, functools.partial(try_flush, compiler, folder)


def source_fingerprint():
    """Changes when the program or a header that it reaches does."""
    reached, todo = set(), [TOP / SOURCE]
    while todo:
        path = todo.pop()
        reached.add(path)
        names = re.findall(r"^#include <(etalon/[^>]*)>", path.read_text(encoding="utf-8"), re.M)
        todo += [TOP / "include" / name for name in names if TOP / "include" / name not in reached]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(reached))).hexdigest()


class State:
    """What agreed in an earlier run of the same sources."""

    def __init__(self, path):
        self.path = pathlib.Path(path) if path else None
        self.sources = source_fingerprint()
        known = json.loads(self.path.read_text()) if self.path and self.path.exists() else {}
        self.good = set(known.get("good", [])) if known.get("sources") == self.sources else set()

    def add(self, build):
        self.good.add(" ".join(build["command"] + build["run"]))
        if self.path:
            self.path.write_text(json.dumps({"sources": self.sources, "good": sorted(self.good)}))

    def has(self, build):
        return " ".join(build["command"] + build["run"]) in self.good


def table(outcomes):
    """Markdown: a row for each compiler and processor, agreeing builds of all in each column."""
    rows = {}
    for build, agrees in outcomes:
        cell = rows.setdefault(build["row"], {}).setdefault(build["column"], [0, 0])
        cell[0] += agrees
        cell[1] += 1
    lines = ["| compiler and processor | " + " | ".join(builds.LEVELS) + " |", "|---|" + "---|" * len(builds.LEVELS)]
    for row, cells in rows.items():
        shown = [f"{cells[level][0]}/{cells[level][1]}" if level in cells else "–" for level in builds.LEVELS]
        lines.append(f"| {row} | " + " | ".join(shown) + " |")
    good, total = sum(agrees for _, agrees in outcomes), len(outcomes)
    header = (TOP / "include/etalon/selftest/expected.hpp").read_text()
    fingerprint = re.search(r'expected_fingerprint = "(\w+)"', header).group(1)
    today = datetime.date.today().isoformat()
    return (f"{today}: {good} of {total} builds compute fingerprint `{fingerprint}`, {total - good} exceptions. "
            "A cell: builds that agree / builds made.\n\n" + "\n".join(lines))


def record(path, text):
    document = pathlib.Path(path).read_text(encoding="utf-8")
    before, rest = document.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    pathlib.Path(path).write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", encoding="utf-8")


def main():
    options = argparse.ArgumentParser(description="The self-test under other compilers, flags and processors.")
    options.add_argument("--full", action="store_true")
    options.add_argument("--refusals", action="store_true")
    options.add_argument("--record", metavar="FILE")
    options.add_argument("--state", metavar="FILE")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    given = options.parse_args()
    wanted, missing = builds.full() if given.full else builds.everyday()
    state, failed, outcomes = State(given.state), 0, []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        tries = pool.map(lambda build: (True, "known") if state.has(build) else try_build(build, folder), wanted)
        for number, (build, (agrees, text)) in enumerate(zip(wanted, tries), 1):
            if agrees:
                state.add(build)
            failed += not agrees
            outcomes.append((build, agrees))
            shown = " ".join(build["run"][:1] + build["command"])
            print(f"{'ok  ' if agrees else 'FAIL'} {number}/{len(wanted)} {shown}: {text}", flush=True)
        flags_tried = list(refusals(folder)) if given.refusals or given.full else []
        for (flags, _), (refused, text) in zip(flags_tried, pool.map(lambda attempt: attempt[1](), flags_tried)):
            failed += not refused
            print(f"{'ok  ' if refused else 'FAIL'} {flags}: {text}", flush=True)
    print(f"{len(wanted)} builds, {failed} failures")
    if given.record:
        record(given.record, table(outcomes))
    for what in missing:
        print(f"skipped: no {what} here")
    return 1 if failed else SKIPPED if missing else 0


if __name__ == "__main__":
    sys.exit(main())
