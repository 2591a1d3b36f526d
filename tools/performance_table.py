#!/usr/bin/env python3
"""Writes the measurements of measure_performance.py into the marked sections of docs/performance.md.

    performance_table.py RESULTS docs/performance.md

A section begins with <!-- NAME: tools/performance_table.py --> and ends with <!-- end -->. One whose measurements are
not there stays as it is, and the page need not have it.
"""
import json
import pathlib
import re
import sys

families = {"deepseek_v3": "DeepSeek-V3", "mixtral": "Mixtral"}
sizes = ["tiny", "small", "medium", "large"]


def load(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def table(head, rows, names=1):
    """The first columns are names, the others numbers."""
    lines = ["| " + " | ".join(line) + " |" for line in [head] + rows]
    lines.insert(1, "|" + "---|" * names + "---:|" * (len(head) - names))
    return "\n".join(lines)


def threads_of(count):
    return "1 thread" if count == 1 else f"{count} threads"


def number(value):
    """Three digits, as many as are measured."""
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def percent(fraction):
    return "–" if fraction is None else f"{fraction:.0%}" if fraction >= 0.0995 else f"{fraction:.1%}"


def by_name(tasks):
    """{(group, name): {threads: task}} in the order of the tasks."""
    found = {}
    for task in tasks:
        found.setdefault((task["group"], task["name"]), {})[task["threads"]] = task
    return found


def machine(results):
    about, report = load(results / "machine.json"), load(results / "operations.json")
    if about and report:
        return (f"Measured on {about['date']} with Etalon {about['version']} on {report['processor']}, vector "
                f"instructions {report['isa']}, {threads_of(report['threads'][-1])}.")
    return None


def ceilings(results):
    report = load(results / "operations.json")
    if not report:
        return None
    rows = [[name] + [f"{number(one[count]['rate'])} {one[count]['unit']}" for count in report["threads"]]
            for (group, name), one in by_name(report["tasks"]).items() if group.startswith("ceiling")]
    return table(["ceiling"] + [threads_of(count) for count in report["threads"]], rows)


def operations(results):
    report = load(results / "operations.json")
    if not report:
        return None
    rows = []
    for (group, name), one in by_name(report["tasks"]).items():
        if group.startswith("ceiling"):
            continue
        task = next(iter(one.values()))
        intensity = number(task["operations"] / task["bytes"])
        cells = []
        for count in report["threads"]:
            cells += [f"{number(one[count]['rate'])} {one[count]['unit']}", percent(one[count]["fraction"])]
        rows.append([group, name, intensity] + cells)
    head = ["operation", "", "FLOP/byte"]
    for count in report["threads"]:
        head += [threads_of(count), "of the ceiling"]
    return table(head, rows, names=2)


def in_order(results, ending):
    """(family, size, format, contents) of every model's file, in the order of sizes."""
    found = []
    for path in sorted(results.glob("*" + ending)):
        match = re.fullmatch(r"(.+)_([a-z]+)_([a-z0-9]+)", path.name.removesuffix(ending))
        if match and match[1] in families and match[2] in sizes:
            found.append((match[1], match[2], match[3], load(path)))
    return sorted(found, key=lambda one: (sizes.index(one[1]), one[0], one[2]))


def model_rows(family, size, kind, report):
    model = report["model"]
    tasks = {(task["name"].split(",")[0], task["threads"]): task for task in model["tasks"] if task["group"] == "model"}
    first = [f"{families[family]} {size}, {kind}", number(model["parameters"] / 1e6), number(model["active"] / 1e6),
             number(model["bytes_per_token"] / 1e6), number(1e3 * model["open_seconds"]),
             number(1e3 * model["first_token_seconds"])]
    for count in report["threads"]:
        decode, prefill = tasks["decode", count], tasks["prefill", count]
        yield first + [str(count), number(decode["tokens_per_second"]), percent(decode["fraction"]),
                       number(prefill["tokens_per_second"]), percent(prefill["fraction"])]
        first = [""] * len(first)


def models(results):
    rows = [row for one in in_order(results, ".json") for row in model_rows(*one)]
    head = ["model", "parameters, 10⁶", "active", "MB read a token", "opens in ms", "first token, ms", "threads",
            "decode, tokens/s", "of bandwidth", "prefill, tokens/s", "of f32 fma"]
    return table(head, rows) if rows else None


def llama(results):
    rows, versions = [], set()
    for family, size, kind, report in in_order(results, ".llama.json"):
        for one in report:
            cells = []
            for what in (one["decode"], one["prefill"]):
                cells += [number(what["llama.cpp"]), number(what["etalon"]), f"**{what['ratio']:.2f}**"]
            rows.append([f"{families[family]} {size}, {kind}", str(one["threads"])] + cells)
            versions.add(one["llama_cpp"])
    if not rows:
        return None
    head = ["model", "threads", "decode, tokens/s: llama.cpp", "Etalon", "ratio",
            "prefill of 512, tokens/s: llama.cpp", "Etalon", "ratio"]
    return f"llama-cpp-python {', '.join(sorted(versions))}.\n\n" + table(head, rows)


sections = {"machine": machine, "ceilings": ceilings, "operations": operations, "models": models, "llama.cpp": llama}


def rewritten(page, results):
    """The page with every section that was measured."""
    for name, made in sections.items():
        text = made(results)
        if text is None:
            continue
        begin = f"<!-- {name}: tools/performance_table.py -->\n"
        if page.count(begin) != 1:
            sys.exit(f"performance_table.py: expected one line {begin.strip()!r}, found {page.count(begin)}")
        head, _, rest = page.partition(begin)
        _, end, tail = rest.partition("<!-- end -->\n")
        if not end:
            sys.exit(f"performance_table.py: section {name} has no <!-- end -->")
        page = head + begin + f"\n{text}\n\n" + end + tail
    return page


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: performance_table.py RESULTS docs/performance.md")
    page = pathlib.Path(sys.argv[2])
    page.write_text(rewritten(page.read_text(encoding="utf-8"), pathlib.Path(sys.argv[1])), encoding="utf-8")


if __name__ == "__main__":
    main()
