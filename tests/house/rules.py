#!/usr/bin/env python3
"""The rules of this code base that can be read off its files.

    rules.py              every rule on this project
    rules.py --self-test  every rule on a small project with one planted breach each: it must be found, and only it

Each rule is a function that takes the project's folder and its files and yields breaches, `path:line: what`.
"""
import pathlib
import re
import sys
import tempfile

import house
import source_text

# What may include what, left to right: a header includes only its own folder and what stands to its left here.
arrow = ["version", "error", "axes", "math", "view", "formats", "weight", "weight_facts", "walk", "step", "trace",
         "context", "ops", "cpu", "layers", "decoder", "families", "engine"]
# Where files, families and backends meet: these may include anything.
edge = {"etalon.hpp", "io/load.hpp", "io/describe.hpp", "io/engine_of.hpp", "io/run_memory.hpp", "io/trace_file.hpp"}
# Headers that stand elsewhere than their folder does: a model with prediction modules is a decoder and more.
stands_with = {"layers/multi_token_prediction.hpp": "decoder"}
# Folders beside the arrow, and what they may include besides themselves.
beside = {
    "text": {"error", "io"},
    "selftest": set(arrow) | {"sample"},
    "sample": {"error", "axes", "math", "view", "step", "engine"},
    "io": {"error", "axes", "math", "view", "formats", "weight", "weight_facts", "walk", "step", "trace", "context", "families"},
}
# The one place that may include a library other than the standard one.
third_party = {"nlohmann/json.hpp": "include/etalon/io/json", "CLI/CLI.hpp": ("examples/", "tests/fuzz/"),
               "doctest/doctest.h": "tests/", "catch2/catch.hpp": "tests/bench/",
               "catch2/catch_test_macros.hpp": "tests/bench/",
               "catch2/benchmark/catch_benchmark.hpp": "tests/bench/"}

standard_headers = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
variant vector version
""".split())
machine_headers = {"immintrin.h", "x86intrin.h", "cpuid.h", "arm_neon.h", "sys/mman.h"}   # cpu/ only

longest_line = 120
longest_header = 300
longest_function = 40

# Written in two halves, so that this file does not breach its own rule.
unfinished = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b|not " + r"implemented")
elsewhere = re.compile("|".join(re.escape(a + b) for a, b in [
    ("../", "shared"), ("/wo", "rk/"), ("py", "pi.org"), ("python", "hosted.org"), ("deb.", "debian.org"),
    ("npm", "js.org"), ("npm", "js.com"), ("crates", ".io"), ("proxy.", "golang"), ("rubygems", ".org"),
    ("repo.", "maven"), ("conan", ".io"), ("anaconda", ".org")]))

include_line = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def is_header(path):
    return path.suffix in (".hpp", ".cuh")


def is_generated(text):
    return any(re.search(r"\b([Gg]enerated|[Mm]ade) by tools/", line) for line in text.split("\n", 6)[:6])


def code_texts(top, files):
    """(path, text) of every C++ source that a person wrote."""
    for path in files:
        if path.suffix in house.code_suffixes:
            text = house.text_of(top, path)
            if text is not None and not is_generated(text):
                yield path, text


def includes(text):
    """(line, opening mark, name) of every #include."""
    for match in include_line.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def part_of(path):
    """The part of the library a path below include/etalon/ belongs to: a folder, or a header of its own."""
    return stands_with.get(str(path)) or pathlib.PurePosixPath(path).parts[0].removesuffix(".hpp")


def may_include(part):
    if part in beside:
        return beside[part] | {part}
    if part in arrow:
        return set(arrow[:arrow.index(part) + 1])
    return None


def include_arrow(top, files):
    """A header includes only what stands to its left."""
    for path, text in code_texts(top, files):
        if path.parts[:2] != ("include", "etalon") or str(path.relative_to("include/etalon")) in edge:
            continue
        part = part_of(path.relative_to("include/etalon"))
        allowed = may_include(part)
        if allowed is None:
            yield f"{path}:1: no place in the arrow of tests/house/rules.py for '{part}'"
            continue
        for line, _, name in includes(text):
            if name.startswith("etalon/") and part_of(name[len("etalon/"):]) not in allowed:
                yield f"{path}:{line}: {part} may not include {name}: it does not stand to its left"


def libraries(top, files):
    """The core needs the standard library only; every other library has one place."""
    for path, text in code_texts(top, files):
        for line, mark, name in includes(text):
            place = third_party.get(name)
            if place is not None and not str(path).startswith(place):
                places = place if isinstance(place, str) else " and ".join(place)
                yield f"{path}:{line}: <{name}> is included under {places} only"
            if path.parts[:2] != ("include", "etalon") or name.startswith("etalon/") or name in standard_headers:
                continue
            part = part_of(path.relative_to("include/etalon"))
            if part in arrow and not (part == "cpu" and name in machine_headers):
                yield f"{path}:{line}: the core includes the standard library only, not {name}"


def sizes(top, files):
    """Headers, functions and lines stay short enough to read."""
    for path, text in code_texts(top, files):
        lines = text.split("\n")
        if is_header(path) and len(lines) - 1 > longest_header:
            yield f"{path}:1: {len(lines) - 1} lines, at most {longest_header}"
        for number, line in enumerate(lines, 1):
            if len(line) > longest_line:
                yield f"{path}:{number}: {len(line)} columns, at most {longest_line}"
        for name, first, length in source_text.functions(text):
            if length > longest_function:
                yield f"{path}:{first}: {name} has {length} lines, at most {longest_function}"


def file_heads(top, files):
    """Every source says first what it is; every header is read once."""
    for path, text in code_texts(top, files):
        body = text.lstrip()
        if is_header(path):
            if not body.startswith("#pragma once"):
                yield f"{path}:1: a header begins with #pragma once"
            body = body.removeprefix("#pragma once").lstrip()
        if not body.startswith(("//", "/*")):
            yield f"{path}:1: the file does not open with a comment that says what it is"


def marks(top, files):
    """Nothing unfinished, no stray whitespace."""
    for path, text in code_texts(top, files):
        for number, line in enumerate(text.split("\n"), 1):
            if unfinished.search(line):
                yield f"{path}:{number}: unfinished: {line.strip()[:80]}"
            if line != line.rstrip() or "\t" in line:
                yield f"{path}:{number}: a tab, or a space at the end of the line"


def places(top, files):
    """The project names no folder outside itself and no package registry."""
    for path in files:
        text = house.text_of(top, path) if path.parts[0] != ".ci" else None
        for number, line in enumerate(text.split("\n") if text else [], 1):
            found = elsewhere.search(line)
            if found:
                yield f"{path}:{number}: names {found.group()}"


def tests_mirror(top, files):
    """include/etalon/PATH.hpp is tested by tests/PATH.cpp (or tests/PATH_*.cpp)."""
    tests = [str(path) for path in files if path.parts[0] == "tests" and path.suffix == ".cpp"]
    for path, _ in code_texts(top, files):
        if path.parts[:2] == ("include", "etalon") and is_header(path):   # .inl is part of the header that reads it
            stem = "tests/" + str(path.relative_to("include/etalon").with_suffix(""))
            if not any(test == stem + ".cpp" or test.startswith(stem + "_") for test in tests):
                yield f"{path}:1: no test of the same path, {stem}.cpp"


def built(top, files):
    """Every source of tests and examples is built: a meson.build names it, or a script beside it."""
    for path in files:
        if path.parts[0] in ("tests", "examples") and path.suffix == ".cpp":
            listings = [top / path.parts[0] / "meson.build", top / path.parent / "meson.build"]
            text = "".join(listing.read_text(encoding="utf-8") for listing in listings if listing.exists())
            stem = str(path.relative_to(path.parts[0]).with_suffix(""))
            named = {stem, stem + ".cpp", path.stem, path.name} & set(re.findall(r"'([^'\n]*)'", text))
            if not named and not any(path.name in script.read_text() for script in (top / path.parent).glob("*.py")):
                yield f"{path}:1: nothing builds it"


def headings(text):
    """The anchors a Markdown page offers, as code forges make them."""
    found = re.findall(r"(?m)^#{1,6}\s+(.*?)\s*$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(top, files):
    """Every link of a Markdown page to a file of the project, or to a heading in one, leads somewhere."""
    for path in (path for path in files if path.suffix == ".md"):
        text = house.text_of(top, path)
        prose = re.sub(r"(?ms)^```.*?^```", lambda code: "\n" * code.group().count("\n"), text)
        for match in re.finditer(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", prose):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            goal = top / path.parent / name if name else top / path
            line = prose.count("\n", 0, match.start()) + 1
            if not goal.exists():
                yield f"{path}:{line}: {target} leads nowhere"
            elif anchor and goal.suffix == ".md" and anchor not in headings(goal.read_text(encoding="utf-8")):
                yield f"{path}:{line}: {target}: no such heading"


def quoted_programs(top, files):
    """C++ in README.md is a piece of an example, word for word: what a reader copies has been compiled and run."""
    examples = [house.text_of(top, path) for path in files if path.parts[0] == "examples" and path.suffix == ".cpp"]
    readme = house.text_of(top, "README.md") if (top / "README.md").exists() else ""
    for match in re.finditer(r"(?ms)^```cpp\n(.*?)^```", readme):
        if not any(match.group(1) in text for text in examples):
            yield f"README.md:{readme.count(chr(10), 0, match.start()) + 1}: not in any program under examples/"


rules = [include_arrow, libraries, sizes, file_heads, marks, places, tests_mirror, built, links, quoted_programs]


def breaches(top, rule):
    return list(rule(top, house.project_files(top)))


# The self-test: a project without a breach, and what to plant for each rule. {path: text}; None takes the file away.
clean = {
    "include/etalon/view.hpp": "#pragma once\n// A view.\n#include <etalon/axes.hpp>\ninline int size() { return 1; }\n",
    "include/etalon/axes.hpp": "#pragma once\n// Axes.\n#include <vector>\n",
    "include/etalon/io/json.hpp": "#pragma once\n// JSON.\n#include <nlohmann/json.hpp>\n#include <etalon/view.hpp>\n",
    "tests/view.cpp": "// Tests.\n#include <doctest/doctest.h>\n",
    "tests/axes.cpp": "// Tests.\n",
    "tests/io/json.cpp": "// Tests.\n",
    "tests/meson.build": "tests = {'view': ['quick'], 'axes': ['quick'], 'io/json': ['quick'], 'misc': []}\n",
    "examples/meson.build": "programs = ['first']\n",
    "examples/first.cpp": "// First.\nint main() { return 1; }\n",
    "README.md": "# Here\n```cpp\nint main() { return 1; }\n```\n[view](include/etalon/view.hpp) [here](#here) [page](https://example.org)\n",
}
long_function = "// Long.\ninline int long_one(int x) {\n" + "  ++x;\n" * 39 + "}\n"
plants = [
    (include_arrow, {"include/etalon/axes.hpp": "#pragma once\n// A.\n#include <etalon/view.hpp>\n"}),
    (include_arrow, {"include/etalon/view.hpp": "#pragma once\n// A.\n#include \"etalon/io/json.hpp\"\n"}),
    (include_arrow, {"include/etalon/misc.hpp": "#pragma once\n// No place.\n", "tests/misc.cpp": "// T.\n"}),
    (libraries, {"include/etalon/view.hpp": "#pragma once\n// A.\n#include <sys/mman.h>\n"}),
    (libraries, {"tests/view.cpp": "// A.\n#include <nlohmann/json.hpp>\n"}),
    (sizes, {"include/etalon/axes.hpp": "#pragma once\n// Long.\n" + "\n" * 299}),
    (sizes, {"include/etalon/axes.hpp": "#pragma once\n// Wide." + "." * 120 + "\n"}),
    (sizes, {"tests/axes.cpp": long_function}),
    (sizes, {"tests/axes.cpp": "// In a class.\nnamespace n {\nstruct S {\n " + long_function + "};\n}\n"}),
    (file_heads, {"include/etalon/axes.hpp": "// Axes.\n#include <vector>\n"}),
    (file_heads, {"tests/axes.cpp": "#include <vector>\n"}),
    (marks, {"tests/axes.cpp": "// TO" + "DO: more\n"}),
    (marks, {"tests/axes.cpp": "// Tests.\nint x; \n"}),
    (places, {"README.md": "See ../" + "shared.\n"}),
    (places, {"run.sh": "curl https://py" + "pi.org\n"}),
    (tests_mirror, {"tests/axes.cpp": None}),
    (built, {"tests/forgotten.cpp": "// T.\n"}),
    (links, {"README.md": "[gone](docs/gone.md)\n"}),
    (links, {"README.md": "# Here\n[gone](#there)\n"}),
    (quoted_programs, {"README.md": "```cpp\nint main() { return 2; }\n```\n"}),
]


def write(top, project):
    for name, text in project.items():
        if text is not None:
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text, encoding="utf-8")


def self_test():
    """Yields what went wrong: a rule that misses its plant, or one that fires where there is nothing."""
    for planted_rule, plant in [(None, {})] + plants:
        with tempfile.TemporaryDirectory() as folder:
            write(pathlib.Path(folder), {**clean, **plant})
            for rule in rules:
                found = breaches(pathlib.Path(folder), rule)
                if bool(found) != (rule is planted_rule):
                    yield f"{rule.__name__} on {plant}: found {found}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        house.finish(list(self_test()), f"self-test of {len(rules)} rules with {len(plants)} plants")
    house.finish([breach for rule in rules for breach in breaches(house.root, rule)], f"{len(rules)} rules")
