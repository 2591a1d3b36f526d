#!/usr/bin/env python3
"""Plants faults in copies of the headers, one at a time, and shows that the golden files notice every one.

    faults.py [--only WORD] [--jobs N] [--list]      from anywhere; --only: faults whose module or claim holds the word

faults.json lists them: in `file` (under include/etalon) the text `find`, which must stand there exactly once, becomes
`put`, and `claim` says what is then wrong. tests/faults/checker.cpp, built with the changed headers, must fail, and by the
check named in `by` (its head explains them; golden where nothing is named): a fault that another check finds is as
telling as one that none does. Built with the headers as they are the checker must pass.
Further families have a file each, NAME.json: {"header": …, "family": its type, "cases": [folders], "faults": [as above]}.
They are judged by tests/faults/family.cpp.
contract.json holds faults against the rules R0 to R9 of docs/arithmetic.md, {"rules": [as above]}; `by` is the program
that must fail, tests/BY.cpp: a unit test or tests/faults/contract.cpp. `--only contract` plants these alone, in minutes.
Exit 0 when all of that holds. A fault that no longer applies was overtaken by a change of the code: adapt it.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["-std=c++20", "-O0", "-w", "-ffp-contract=off"]
OTHER_SUITES = "golden*,bits*,fuzz*,slow*"   # of a unit test that is built for its quick cases


def compiler():
    return os.environ.get("CXX", "g++").split()


class Workshop:
    """A folder with a copy of the headers, and what no fault touches compiled once."""

    def __init__(self, folder, headers):
        self.folder = folder
        shutil.copytree(headers, folder / "include")
        (folder / "early" / "faults").mkdir(parents=True)
        self.flags = [*compiler(), *FLAGS, f"-I{folder}/early", f"-I{folder}/include", f"-I{TOP}/tests"]
        header, source = TOP / "tests/faults/stable.hpp", TOP / "tests/faults/stable.cpp"
        if "clang" not in self.flags[0]:
            self.run("-x", "c++-header", header, "-o", folder / "early/faults/stable.hpp.gch")
        self.run("-c", source, "-o", folder / "stable.o")
        self.run("-c", TOP / "tests/main.cpp", "-o", folder / "main.o")

    def run(self, *arguments):
        done = subprocess.run([*self.flags, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("does not compile: " + next((line for line in done.stderr.split("\n") if "error" in line),
                                                           done.stderr[-500:]))

    def check(self, form):
        """Which check fails, '' where all hold, and what it printed."""
        program = self.folder / "checker"
        source, *defines = form
        is_unit_test = not source.startswith("faults/")
        rest = self.folder / ("main.o" if is_unit_test else "stable.o")
        self.run(*defines, TOP / "tests" / source, rest, "-pthread", "-o", program)
        arguments = ["--test-suite-exclude=" + OTHER_SUITES] if is_unit_test else []
        done = subprocess.run([program, *arguments], cwd=TOP, capture_output=True, text=True, timeout=120)
        if done.returncode == 0:
            return "", ""
        if is_unit_test:
            claim = re.search(r"TEST CASE: *(.*)", done.stdout)
            return source.removesuffix(".cpp"), claim.group(1) if claim else f"crash {done.returncode}"
        said = done.stdout.strip().split("\n")[-1] or f"crash {done.returncode}"
        return said.split(" ")[0], said

    def check_fault(self, fault):
        path = self.folder / "include/etalon" / fault["file"]
        original = path.read_text(encoding="utf-8")
        times = original.count(fault["find"])
        if times != 1:
            return None, f"no longer applies: its text stands {times} times in {fault['file']}"
        try:
            path.write_text(original.replace(fault["find"], fault["put"]), encoding="utf-8")
            return self.check(fault["form"])
        finally:
            path.write_text(original, encoding="utf-8")


def read_faults():
    """Every fault, with the form of the checker that judges it: a source file and what it is built with."""
    faults = []
    for path in sorted((TOP / "tests/faults").glob("*.json")):
        listed = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(listed, list):
            faults += [{**fault, "form": ("faults/checker.cpp", f"-DETALON_ATTENTION={fault.get('attention', 'Mla')}")}
                       for fault in listed]
            continue
        if "rules" in listed:
            faults += [{**fault, "form": (fault["by"] + ".cpp",)} for fault in listed["rules"]]
            continue
        form = ("faults/family.cpp", f"-DETALON_FAMILY_HEADER=<{listed['header']}>", f"-DETALON_FAMILY={listed['family']}",
                f"-DETALON_CASES=\"{' '.join(listed['cases'])}\"")
        faults += [{**fault, "form": form} for fault in listed["faults"]]
    return faults


def verdict(fault, found, said):
    wanted = fault.get("by", "golden")
    if found is None:
        return said
    if found == "":
        return "NOT NOTICED"
    return "" if found == wanted else f"noticed by {found}, expected {wanted}: {said}"


def attempt(shops, fault):
    shop = shops.get()
    begin = time.monotonic()
    try:
        problem = verdict(fault, *shop.check_fault(fault))
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    finally:
        shops.put(shop)
    return fault, problem, time.monotonic() - begin


def main():
    options = argparse.ArgumentParser(description="Plants faults and shows that each is noticed.")
    options.add_argument("--only", default="", help="faults whose module or claim holds this word")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--list", action="store_true", help="list the faults, build nothing")
    options.add_argument("--headers", type=pathlib.Path, default=TOP / "include", help="the include folder to plant in")
    given = options.parse_args()
    faults = [f for f in read_faults() if given.only in f["module"] + ": " + f["claim"]]
    if given.list:
        print("\n".join(f"{f['module']}: {f['claim']}" for f in faults))
        return 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        shops = queue.Queue()
        for shop in pool.map(lambda i: Workshop(pathlib.Path(folder) / str(i), given.headers), range(given.jobs)):
            shops.put(shop)
        shop = shops.get()
        sound = [shop.check(form)[1] for form in sorted({f["form"] for f in faults})]
        shops.put(shop)
        if any(sound):
            print("without any fault the checker fails:", *sound)
            return 1
        wrong = 0
        for fault, problem, seconds in pool.map(lambda f: attempt(shops, f), faults):
            wrong += bool(problem)
            print(f"{'FAIL' if problem else 'ok  '} {fault['module']}: {fault['claim']}"
                  + (f"   {problem}" if problem else f"   ({fault.get('by', 'golden')}, {seconds:.0f} s)"), flush=True)
    print(f"{len(faults)} faults planted, {len(faults) - wrong} noticed")
    return 0 if faults and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
