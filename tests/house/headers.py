#!/usr/bin/env python3
"""Every header compiles alone, without a warning, under g++, clang++ and nvcc; all of them link from two sources.

    headers.py {g++,clang++,nvcc} [--untested] [--cache FILE]
                                        each header alone; FILE remembers what compiled and has not changed
    headers.py {g++,clang++} --together one source that includes everything: quick, but it does not show each alone
    headers.py link                     two sources that include everything make one program (one definition)
    headers.py --self-test              planted breaches must be found

--untested leaves out the headers that the source of a test includes before anything else: building the tests has compiled
those alone (with -Dwerror=true, as .ci/run does, without a warning).

A compiler that is not installed, or too old, skips the test (exit 77).
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import house
from rules import includes

oldest = {"g++": 12, "clang++": 16, "nvcc": 12}
newest = {"g++": 16, "clang++": 23, "nvcc": 12}     # names with a version number to look for: g++-12 … g++-16

language = ["-std=c++20"]
warnings = ["-Wall", "-Wextra"]
contract = "-ffp-contract=off"
flags = {
    "g++": language + warnings + [contract, "-fsyntax-only", "-x", "c++"],
    "clang++": language + warnings + [contract, "-fsyntax-only", "-x", "c++"],
    # The device half stops after its front end, the host half after g++'s checks: the quickest that sees every warning.
    "nvcc": language + ["-x", "cu", "-c", "-fdevice-syntax-only", "-o", os.devnull,
                        "-Xcompiler", ",".join(warnings + [contract, "-fsyntax-only"])],
}


def version(command):
    """The major version of a compiler, 0 where there is none."""
    try:
        text = subprocess.run([command, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"(?:release|clang version|\) )\s*(\d+)\.\d+", text)
    return int(found.group(1)) if found else 0


def compiler(kind):
    """The command of the first good compiler of this kind, or None."""
    for name in [kind] + [f"{kind}-{number}" for number in range(oldest[kind], newest[kind] + 1)]:
        if shutil.which(name) and version(name) >= oldest[kind]:
            return name
    return None


def closure(header, include, seen=None):
    """The header and every header of ours that it reaches."""
    seen = set() if seen is None else seen
    if header not in seen and (include / header).is_file():
        seen.add(header)
        for _, _, name in includes((include / header).read_text(encoding="utf-8")):
            closure(name, include, seen)
    return seen


def fingerprint(header, include, command):
    """Changes when the outcome of compiling this header may change."""
    digest = hashlib.sha256(json.dumps([command, version(command[0])]).encode())
    for name in sorted(closure(header, include)):
        digest.update(name.encode() + (include / name).read_bytes())
    return digest.hexdigest()


def stands_first(header, include):
    """Whether the header's test includes it before anything else."""
    test = include.parent / "tests" / pathlib.Path(header).relative_to("etalon").with_suffix(".cpp")
    return test.is_file() and next(includes(test.read_text(encoding="utf-8")), (0, "", ""))[2] == header


def compile_headers(headers, command, folder):
    """What the compiler says about a source that includes only these headers; empty if all is well."""
    source = pathlib.Path(folder) / (re.sub(r"\W", "_", headers[0]) + ".cu")
    source.write_text("".join(f"#include <{header}>\n" for header in headers))
    run = subprocess.run(command + [str(source)], capture_output=True, text=True)
    said = (run.stdout + run.stderr).strip()
    return said or ("" if run.returncode == 0 else f"{command[0]} ended with status {run.returncode}")


def all_headers(include):
    return sorted(path.relative_to(include).as_posix() for path in include.rglob("*.hpp"))


def check_alone(kind, include, cache_file=None, wanted=lambda header: True):
    """(breaches, number of headers, number remembered from an earlier run)"""
    name = compiler(kind)
    command = [name] + flags[kind] + ["-I", str(include)]
    try:
        good = set(json.loads(pathlib.Path(cache_file).read_text())) if cache_file else set()
    except (OSError, ValueError):
        good = set()
    headers = [header for header in all_headers(include) if wanted(header)]
    prints = {header: fingerprint(header, include, command) for header in headers}
    changed = [header for header in headers if prints[header] not in good]
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        said = dict(zip(changed, pool.map(lambda header: compile_headers([header], command, folder), changed)))
    if cache_file:
        passed = [prints[header] for header in headers if not said.get(header)]
        pathlib.Path(cache_file).write_text(json.dumps(passed))
    breaches = [f"include/{header}: {name} alone:\n{text}" for header, text in said.items() if text]
    return breaches, len(headers), len(headers) - len(changed)


def check_together(kind, include):
    """One source that includes every header."""
    with tempfile.TemporaryDirectory() as folder:
        said = compile_headers(all_headers(include), [compiler(kind)] + flags[kind] + ["-I", str(include)], folder)
    return [f"all headers in one source, {compiler(kind)}:\n{said}"] if said else []


def check_link(include):
    """Two sources that include every header, compiled and linked into one program."""
    headers = all_headers(include)
    everything = "".join(f"#include <{header}>\n" for header in headers)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "one.cpp").write_text(everything + "int other();\nint main() { return other(); }\n")
        (folder / "two.cpp").write_text(everything + "int other() { return 0; }\n")
        run = subprocess.run([compiler("g++") or compiler("clang++")] + language + warnings +
                             [contract, "-O0", "-pthread", "-I", str(include), "one.cpp", "two.cpp", "-o", "program"],
                             cwd=folder, capture_output=True, text=True)
        if run.returncode != 0 or run.stderr:
            return [f"two sources that include all {len(headers)} headers do not link:\n{run.stderr}"]
    return []


# {name: (header, the kinds of check that must refuse it)}
plants = {
    "needs an include": ("#pragma once\ninline std::vector<int> f() { return {}; }\n", {"g++", "clang++", "nvcc", "link"}),
    "warns": ("#pragma once\ninline int f(int x) { return 1; }\n", {"g++", "clang++", "nvcc", "link"}),
    "not inline": ("#pragma once\nint f() { return 1; }\n", {"link"}),
    "without a fault": ("#pragma once\n#include <vector>\ninline int f() { return 1; }\n", set()),
}


def self_test():
    """Yields the plants that a check missed, and the good header that one refused."""
    for name, (text, caught_by) in plants.items():
        with tempfile.TemporaryDirectory() as folder:
            include = pathlib.Path(folder)
            (include / "planted.hpp").write_text(text)
            for kind in (kind for kind in flags if compiler(kind)):
                found = check_alone(kind, include)[0]
                if bool(found) != (kind in caught_by):
                    yield f"{kind}, header that {name}: found {found}"
                if kind != "nvcc" and bool(check_together(kind, include)) != (kind in caught_by):
                    yield f"{kind} --together, header that {name}: found {check_together(kind, include)}"
            if bool(check_link(include)) != ("link" in caught_by):
                yield f"link, header that {name}: found {check_link(include)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("check", nargs="?", choices=[*flags, "link"])
    parser.add_argument("--cache")
    parser.add_argument("--untested", action="store_true", help="leave out what a test includes before anything else")
    parser.add_argument("--together", action="store_true", help="all headers in one source")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        house.finish(list(self_test()), f"self-test with {len(plants)} planted headers")
    if arguments.check == "link":
        house.finish(check_link(house.include), "one definition")
    kind = arguments.check
    if kind is None:
        parser.error("nothing to check")
    if compiler(kind) is None:
        print(f"skipped: no {kind} of version {oldest[kind]} or later on this machine")
        sys.exit(house.skipped)
    if arguments.together:
        house.finish(check_together(kind, house.include), f"all headers in one source under {compiler(kind)}")

    def wanted(header):
        return not (arguments.untested and stands_first(header, house.include))
    breaches, count, remembered = check_alone(kind, house.include, arguments.cache, wanted)
    house.finish(breaches, f"{count} headers alone under {compiler(kind)}, {remembered} unchanged since they passed")


if __name__ == "__main__":
    main()
