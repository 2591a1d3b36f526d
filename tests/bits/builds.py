"""Which builds of the self-test there are: compilers, flags, processors; and the flags that must be refused.

A build is a dict: `command`, `run` (what goes before the program), `row` and `column` of the table it belongs to.
"""
import os
import re
import shutil
import subprocess

OLDEST = {"g++": 12, "clang++": 16}
LEVELS = ["-O0", "-O1", "-O2", "-O3"]
CONTRACTION = ["-ffp-contract=off", "-ffp-contract=fast"]
# name: flags. The first may not use fma unasked (math/hardware_fma.hpp), the third has AVX-512.
PROCESSORS = {
    "x86-64": ["-march=x86-64"],
    "x86-64-v3": ["-march=x86-64-v3"],
    "x86-64-v4": ["-march=x86-64-v4"],
    "native": ["-march=native"],
}
# Of each compiler, for every day: level, processor, contraction. The programs of the suites are built with -O2.
SUBSET = [("-O0", "x86-64", "-ffp-contract=fast"), ("-O1", "x86-64-v3", "-ffp-contract=fast"),
          ("-O3", "native", "-ffp-contract=fast")]
# name: the g++ that makes its programs, the emulator that runs them
FOREIGN = {
    "aarch64": ("aarch64-linux-gnu-g++", ["qemu-aarch64-static"]),
    "riscv64": ("riscv64-linux-gnu-g++", ["qemu-riscv64-static"]),
    "x86-64 without FMA": ("g++", ["qemu-x86_64-static", "-cpu", "Nehalem"]),
}
# Flags that let a compiler or the processor change values: compiling or starting must fail, with a reason.
REFUSED = {
    "g++": ["-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only", "-freciprocal-math",
            "-fassociative-math -fno-signed-zeros -fno-trapping-math", "-fno-signed-zeros", "-mfpmath=387"],
    "clang++": ["-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only", "-freciprocal-math",
                "-fassociative-math -fno-signed-zeros", "-fno-signed-zeros"],
}


def version(command):
    """The compiler's version, a tuple; (0,) where there is none."""
    try:
        shown = subprocess.run([command, "-dumpfullversion", "-dumpversion"], capture_output=True, text=True)
    except OSError:
        return (0,)
    found = re.search(r"\d+(\.\d+)*", shown.stdout)
    return tuple(int(part) for part in found.group().split(".")) if found and shown.returncode == 0 else (0,)


def find(kind):
    """The command of a new enough compiler of this kind, or None. CXX and CLANGXX name others."""
    given = os.environ.get({"g++": "CXX", "clang++": "CLANGXX"}[kind], "").split()
    mine = [name for name in given[-1:] if ("clang" in name) == (kind == "clang++")]
    for name in mine + [kind] + [f"{kind}-{v}" for v in range(30, OLDEST[kind] - 1, -1)]:
        if shutil.which(name) and version(name)[0] >= OLDEST[kind]:
            return name
    return None


def can_run(processor):
    """Does this machine have the instructions?"""
    if processor not in ("x86-64-v3", "x86-64-v4"):
        return True
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = set(re.search(r"^flags\s*:(.*)$", file.read(), re.M).group(1).split())
    except (OSError, AttributeError):
        return False
    wanted = {"x86-64-v3": {"avx2", "fma", "bmi2"}, "x86-64-v4": {"avx512f", "avx512bw", "avx512dq", "avx512vl"}}
    return wanted[processor] <= flags


def is_x86():
    return os.uname().machine in ("x86_64", "amd64")


def everyday():
    """A subset that takes a minute or two: (builds, what is missing)."""
    compilers = {kind: find(kind) for kind in OLDEST}
    builds = []
    for kind, name in compilers.items():
        for level, processor, contraction in SUBSET if name else []:
            flags = PROCESSORS[processor] if is_x86() and can_run(processor) else []
            builds.append({"command": [name, level, *flags, contraction, "-pthread"], "run": [],
                           "row": f"{kind} {processor}", "column": level})
    return builds, [f"{kind} {OLDEST[kind]} or later" for kind, name in compilers.items() if not name]


def native_builds():
    """Both compilers x levels x processors x contraction x link-time optimisation."""
    builds, missing = [], []
    for kind in OLDEST:
        name = find(kind)
        if not name:
            missing.append(f"{kind} {OLDEST[kind]} or later")
            continue
        for processor, flags in PROCESSORS.items() if is_x86() else {"native": []}.items():
            if not can_run(processor):
                missing.append(f"a processor of {processor}")
                continue
            for level in LEVELS:
                for contraction in CONTRACTION:
                    for lto in [[], ["-flto"]]:
                        builds.append({"command": [name, level, *flags, contraction, *lto, "-pthread"], "run": [],
                                       "row": f"{name} {'.'.join(map(str, version(name)))}, {processor}",
                                       "column": level})
    return builds, missing


def foreign_builds():
    """Other processors, emulated, and WebAssembly."""
    builds, missing = [], []
    for row, (compiler, emulator) in FOREIGN.items():
        if row.startswith("x86") and not is_x86():
            continue
        for tool in (compiler, emulator[0]):
            if not shutil.which(tool):
                missing.append(tool)
        if shutil.which(compiler) and shutil.which(emulator[0]):
            shown = f"{compiler} {'.'.join(map(str, version(compiler)))}, {row} ({emulator[0]})"
            for level in LEVELS:
                for contraction in CONTRACTION:
                    builds.append({"command": [compiler, level, contraction, "-static", "-pthread"], "run": emulator,
                                   "row": shown, "column": level})
    if shutil.which("em++") and shutil.which("node"):
        for level in LEVELS:
            for contraction in CONTRACTION:
                builds.append({"command": ["em++", level, contraction, "-sSINGLE_FILE=1", "-sALLOW_MEMORY_GROWTH=1",
                                           "-sNO_DISABLE_EXCEPTION_CATCHING"], "run": ["node"],
                               "row": f"em++ {'.'.join(map(str, version('em++')))}, WebAssembly (node)",
                               "column": level})
    else:
        missing.append("em++ and node")
    return builds, missing


def full():
    native, lacking = native_builds()
    foreign, more = foreign_builds()
    return native + foreign, lacking + more
