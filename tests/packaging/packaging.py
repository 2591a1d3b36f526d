#!/usr/bin/env python3
"""An outside program builds against Etalon in every way that is promised, and computes the same bits.

    packaging.py VERSION COMPILER…     the version meson.build states, and the compiler's command

Installs the headers (`meson install --tags devel`) below a folder with spaces, moves them, and builds tests/packaging/outside
with pkg-config and with CMake; builds it once more with Meson, Etalon a subproject of which it gets nothing but meson.build,
meson.options, packaging/ and include/. Also measures what `#include <etalon/etalon.hpp>` costs.
Exit 0 all of that holds, 1 something does not, 77 (skipped) where CMake or pkg-config is missing; the rest is tested.
"""
import math
import os
import pathlib
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
OUTSIDE = pathlib.Path(__file__).resolve().parent / "outside"
SKIPPED = 77
LARGEST_RATIO = 3.6   # of the time to compile nlohmann/json.hpp alone: below 3 s where that takes 0.83 s


def run(*command, folder=None, **environment):
    """What the command printed. Raises RuntimeError with all it said where it fails."""
    done = subprocess.run([str(word) for word in command], cwd=folder, env={**os.environ, **environment},
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"failed: {shlex.join(map(str, command))}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def install(scratch, compiler):
    """The prefix of an installation that has been moved after it was made."""
    run("meson", "setup", scratch / "build", TOP, "--prefix", "/opt/an etalon", CXX=compiler)
    run("meson", "install", "-C", scratch / "build", "--no-rebuild", "--tags", "devel", DESTDIR=str(scratch / "staged"))
    moved = scratch / "another place"
    shutil.move(scratch / "staged/opt/an etalon", moved)
    return moved


def by_pkg_config(prefix, scratch, compiler):
    environment = {"PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}
    stated = run("pkg-config", "--modversion", "etalon", **environment).strip()
    flags = shlex.split(run("pkg-config", "--define-prefix", "--cflags", "--libs", "etalon", **environment))
    run(*shlex.split(compiler), "-std=c++20", OUTSIDE / "program.cpp", *flags, "-o", scratch / "program")
    printed = run(scratch / "program")
    if not printed.startswith(stated + " "):
        raise RuntimeError(f"etalon.pc states version {stated}, the headers {printed}")
    return printed


def by_cmake(prefix, scratch, compiler):
    run("cmake", "-G", "Ninja", "-S", OUTSIDE, "-B", scratch / "cmake", f"-DCMAKE_PREFIX_PATH={prefix}",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", CXX=compiler)
    run("cmake", "--build", scratch / "cmake")
    commands = (scratch / "cmake/compile_commands.json").read_text()
    for wanted in ("-ffp-contract=off", "++20"):
        if wanted not in commands:
            raise RuntimeError(f"the CMake target does not ask for {wanted}:\n{commands}")
    return run(scratch / "cmake/program")


def as_subproject(scratch, compiler):
    project = scratch / "outside"
    shutil.copytree(OUTSIDE, project)
    for name in ("include", "packaging"):
        shutil.copytree(TOP / name, project / "subprojects/etalon" / name)
    for name in ("meson.build", "meson.options", "meson_options.txt"):
        shutil.copy(TOP / name, project / "subprojects/etalon" / name, follow_symlinks=False)
    run("meson", "setup", project / "build", project, "-Dbuildtype=plain", "--wrap-mode=nodownload",
        "--force-fallback-for=etalon", CXX=compiler)
    run("meson", "compile", "-C", project / "build")
    run("meson", "install", "-C", project / "build", "--no-rebuild", "--tags", "devel", DESTDIR=str(scratch / "with"))
    if not list((scratch / "with").rglob("etalonConfig.cmake")):
        raise RuntimeError("installing a project does not install the headers of its subproject Etalon")
    return run(project / "build/program")


def wrong_numbers(printed):
    """What is wrong with a line the program printed: its numbers are the softmax of 1, 2, 3."""
    numbers = [float.fromhex(word) for word in printed.split()[1:]]
    total = sum(math.exp(x) for x in (1, 2, 3))
    right = [math.exp(x) / total for x in (1, 2, 3)]
    near = len(numbers) == 3 and all(abs(a - b) < 2.0**-22 for a, b in zip(numbers, right))
    return "" if near else f"printed {printed}"


def seconds_of(headers, scratch, compiler):
    """Processor seconds to compile a source that includes each header, in turns, the quickest of five times: what
    slows a machine for a while slows all of them."""
    took = {header: [] for header in headers}
    for _ in range(5):
        for header in headers:
            (scratch / "include.cpp").write_text(f"#include <{header}>\n")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run(*shlex.split(compiler), "-std=c++20", "-fsyntax-only", f"-I{TOP / 'include'}", scratch / "include.cpp")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took[header].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [min(took[header]) for header in headers]


def main(version, compiler):
    missing = [name for name in ("cmake", "pkg-config") if not shutil.which(name)]
    with tempfile.TemporaryDirectory(prefix="etalon ") as name:
        scratch = pathlib.Path(name)
        prefix = install(scratch, compiler)
        printed = {"subproject": as_subproject(scratch, compiler)}
        if "cmake" not in missing:
            printed["CMake"] = by_cmake(prefix, scratch, compiler)
        if "pkg-config" not in missing:
            printed["pkg-config"] = by_pkg_config(prefix, scratch, compiler)
        whole, json = seconds_of(("etalon/etalon.hpp", "nlohmann/json.hpp"), scratch, compiler)
    for way, line in printed.items():
        print(f"{way}: {line.strip()}")
    print(f"#include <etalon/etalon.hpp>: {whole:.1f} s, nlohmann/json.hpp alone {json:.1f} s")
    lines = set(printed.values())
    failures = [wrong_numbers(line) for line in lines if wrong_numbers(line)]
    if len(lines) > 1 or not lines.pop().startswith(version + " "):
        failures.append(f"expected one result, of version {version}")
    if whole > LARGEST_RATIO * json:
        failures.append(f"expected <etalon/etalon.hpp> to take at most {LARGEST_RATIO} times as long as the JSON header")
    for failure in failures:
        print(failure)
    if failures:
        return 1
    for name in missing:
        print(f"skipped: no {name} on this machine")
    return SKIPPED if missing else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], shlex.join(sys.argv[2:])))
    except RuntimeError as error:
        sys.exit(str(error))
