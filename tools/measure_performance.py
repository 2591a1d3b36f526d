#!/usr/bin/env python3
"""Measures everything that docs/performance.md shows: operations, models of four sizes, llama.cpp on the same weights.

    measure_performance.py RESULTS [--etalon build/examples/etalon] [--sizes tiny,small,…] [--record]

RESULTS is a folder that gets one JSON file a measurement; what is there already is not measured again, so a run that
was broken off goes on. --record draws docs/roofline.svg and writes the tables of docs/performance.md anew. Each model
is made, measured and deleted again, with 13 GB of disk for the largest. The machine should have nothing else to do.

Needs NumPy. llama.cpp is left out where llama-cpp-python or gguf is not installed (compare_speed.py says how to get
them), the picture where Matplotlib is not.
"""
import argparse
import datetime
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

tools = pathlib.Path(__file__).resolve().parent
docs = tools.parent / "docs"
sizes = ["tiny", "small", "medium", "large"]
formats = {"tiny": ["bf16"], "small": ["bf16", "f32"], "medium": ["bf16", "f32", "fp8"], "large": ["bf16"]}
families = ["deepseek_v3", "mixtral"]
idle = 0.5   # load below which a machine has nothing else to do


def models(given):
    """(family, size, format) of every model to measure."""
    for size in given.sizes:
        for kind in formats[size]:
            for family in families:
                if kind != "fp8" or family == "deepseek_v3":   # no other is published so
                    yield family, size, kind


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command):
    """Its standard output."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"measure_performance.py: failed: {' '.join(map(str, command))}")
    return done.stdout


def write(path, text):
    """Only once it is whole: what is there counts as measured."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)


def forget(place):
    """So that files are read anew, as after a restart: what was just written is in memory in small pages."""
    for path in [place, *place.rglob("*")] if place.exists() else []:
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def measure(path, *command):
    if not path.exists():
        say(f"{path.name}: {' '.join(map(str, command))}")
        write(path, json.dumps(json.loads(run(*command)), indent=1) + "\n")


def measure_model(given, family, size, kind):
    name = f"{family}_{size}_{kind}"
    report, comparison = given.results / f"{name}.json", given.results / f"{name}.llama.json"
    compared = given.llama and kind != "fp8"
    if report.exists() and (comparison.exists() or not compared):
        return
    folder, gguf = given.models / name, given.models / f"{name}.gguf"
    shutil.rmtree(folder, ignore_errors=True)   # of a run that was broken off
    try:
        say(f"{name}: making it")
        run(sys.executable, tools / "make_model.py", folder, "--family", family, "--size", size, "--format", kind,
            *(["--gguf", gguf] if compared else []))
        forget(folder)
        forget(gguf)
        measure(report, given.etalon, "bench", "--model", folder, "--only-model", "--json", "--seconds", given.seconds)
        if compared:
            threads = ",".join(map(str, json.loads(report.read_text())["threads"]))
            measure(comparison, sys.executable, tools / "compare_speed.py", "--etalon", given.etalon, "--json",
                    "--pair", folder, gguf, "--threads", threads, "--seconds", given.seconds / 2)
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
            gguf.unlink(missing_ok=True)


def note_machine(given):
    load = os.getloadavg()[0]
    if load > idle:
        say(f"This machine is busy (load {load:.1f}): the shares of the ceilings will be off.")
    path = given.results / "machine.json"
    if not path.exists():
        today = datetime.date.today().isoformat()
        version = run(given.etalon, "--version").split()[1]
        write(path, json.dumps({"date": today, "version": version, "load": round(load, 2)}) + "\n")


def record(given):
    table = [sys.executable, tools / "performance_table.py", given.results, docs / "performance.md"]
    if importlib.util.find_spec("matplotlib"):
        run(sys.executable, tools / "plot_roofline.py", given.results / "operations.json", docs / "roofline.svg")
    else:
        say("No picture: Matplotlib is not installed (Debian: python3-matplotlib).")
    run(*table)


def arguments():
    parser = argparse.ArgumentParser(description="Measure everything that docs/performance.md shows.")
    parser.add_argument("results", type=pathlib.Path, help="folder of the measurements")
    parser.add_argument("--etalon", default="build/examples/etalon", help="the program")
    parser.add_argument("--sizes", default=sizes, type=lambda text: text.split(","), help="of models")
    parser.add_argument("--seconds", type=float, default=20, help="about how long one measurement takes (default 20)")
    parser.add_argument("--models", type=pathlib.Path, help="where models are made (default: in RESULTS)")
    parser.add_argument("--keep", action="store_true", help="do not delete the models")
    parser.add_argument("--no-llama", dest="llama", action="store_false", help="leave llama.cpp out")
    parser.add_argument("--record", action="store_true", help="write docs/performance.md and docs/roofline.svg anew")
    given = parser.parse_args()
    if unknown := set(given.sizes) - set(sizes):
        parser.error(f"--sizes: expected some of {','.join(sizes)}, found {','.join(sorted(unknown))}")
    missing = [name for name in ("llama_cpp", "gguf") if not importlib.util.find_spec(name)]
    if given.llama and missing:
        say(f"llama.cpp is left out: no Python package {' and '.join(missing)}")
        given.llama = False
    given.models = given.models or given.results / "models"
    return given


def main():
    given = arguments()
    given.models.mkdir(parents=True, exist_ok=True)
    note_machine(given)
    measure(given.results / "operations.json", given.etalon, "bench", "--json", "--seconds", given.seconds * 2)
    for model in models(given):
        measure_model(given, *model)
    if given.record:
        record(given)


if __name__ == "__main__":
    main()
