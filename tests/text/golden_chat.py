#!/usr/bin/env python3
"""Compares `etalon render` with published chat templates rendered by Jinja itself.

    golden_chat.py ETALON FOLDER

FOLDER holds NAME.jinja with NAME.jsonl.xz beside it (searched recursively) and index.json, which gives each template its
special tokens. A row has messages, perhaps tools and options, and either the text (rendered) or the message of
raise_exception (error). Counts the differences; exit 1 where there is one.
"""
import json
import lzma
import os
import pathlib
import subprocess
import sys

CLOCK = "1795437296"  # 2026-11-23 12:34:56 UTC
ALWAYS_GIVEN = {"tools": None, "documents": None, "add_generation_prompt": False}


def rows_of(path):
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if "rendered" in row or "error" in row]


def variables_of(row, tokens):
    variables = {**ALWAYS_GIVEN, **tokens, "messages": row["messages"], **row.get("options", {})}
    if "tools" in row:
        variables["tools"] = row["tools"]
    return variables


def render(etalon, template, inputs):
    text = "".join(json.dumps(variables) + "\n" for variables in inputs)
    run = subprocess.run([etalon, "render", "--template", str(template), "--jsonl"], input=text.encode(),
                         stdout=subprocess.PIPE, env={**os.environ, "SOURCE_DATE_EPOCH": CLOCK}, check=True)
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def differences(etalon, template, tokens):
    rows = rows_of(template.with_suffix(".jsonl.xz"))
    results = render(etalon, template, [variables_of(row, tokens) for row in rows])
    if len(results) != len(rows):
        print(f"{template.name}: {len(rows)} lines in, {len(results)} lines out")
        return len(rows), len(rows)
    count = 0
    for row, result in zip(rows, results):
        expected = row["rendered"] if "rendered" in row else {"error": row["error"]}
        if result == expected:
            continue
        count += 1
        if count <= 3:
            print(f"{template.name}: {row['name']}\n  expected {expected!r:.300}\n  found    {result!r:.300}")
    return len(rows), count


def main():
    etalon, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    tokens = {entry["template"]: entry["special_tokens"] for entry in json.loads((folder / "index.json").read_text())}
    total = wrong = 0
    for template in sorted(folder.rglob("*.jinja")):
        if not template.with_suffix(".jsonl.xz").exists():
            continue
        name = template.relative_to(folder).with_suffix("").as_posix()
        rows, count = differences(etalon, template, tokens.get(name, {}))
        print(f"{name}: {rows} rows, {count} differences")
        total, wrong = total + rows, wrong + count
    print(f"{total} rows, {wrong} differences")
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main())
