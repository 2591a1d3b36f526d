#!/usr/bin/env python3
"""Compares `etalon tokenize` with the golden files of Hugging Face `tokenizers`.

usage: golden_tokenizers.py ETALON GOLDEN_FOLDER [REAL_TOKENIZERS]

GOLDEN_FOLDER holds synthetic/NAME/{tokenizer.json,encode.jsonl.xz,decode.jsonl.xz} and, for the real tokenizers,
encode.jsonl.xz, encode_add_special.jsonl.xz and decode_NAME.jsonl.xz; REAL_TOKENIZERS holds NAME/tokenizer.json.xz.
Every row is asked; the exit status is 1 if any answer differs.
"""
import json
import lzma
import pathlib
import subprocess
import sys
import tempfile


def rows(path):
    with lzma.open(path, "rt", encoding="ascii") as file:
        return [json.loads(line) for line in file]


def ask(program, tokenizer, inputs, *flags):
    lines = "".join(json.dumps(i) + "\n" for i in inputs)
    done = subprocess.run([program, "tokenize", "--model", str(tokenizer), *flags], input=lines.encode(),
                          stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{tokenizer} {' '.join(flags)}: exit {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Count:
    rows = wrong = 0

    def compare(self, what, wanted, found, names):
        if len(wanted) != len(found):
            sys.exit(f"{what}: {len(found)} answers to {len(wanted)} questions")
        self.rows += len(wanted)
        for name, want, got in zip(names, wanted, found):
            if want != got:
                self.wrong += 1
                if self.wrong <= 20:
                    print(f"{what} {name}\n  expected {want!r}"[:400] + f"\n  found    {got!r}"[:400])


def check_decode(count, program, tokenizer, table, what):
    names = [r["name"] for r in table]
    ids = [r["ids"] for r in table]
    count.compare(what + " decode", [r["text"] for r in table], ask(program, tokenizer, ids, "--decode"), names)
    count.compare(what + " decode --skip-special", [r.get("text_skip_special", r["text"]) for r in table],
                  ask(program, tokenizer, ids, "--decode", "--skip-special"), names)


def check_synthetic(count, program, folder):
    tokenizer = folder / "tokenizer.json"
    table = rows(folder / "encode.jsonl.xz")
    names = [r["name"] for r in table]
    texts = [r["text"] for r in table]
    count.compare(folder.name, [r["ids"] for r in table], ask(program, tokenizer, texts, "--jsonl"), names)
    count.compare(folder.name + " --special", [r.get("ids_add_special", r["ids"]) for r in table],
                  ask(program, tokenizer, texts, "--jsonl", "--special"), names)
    count.compare(folder.name + " round trip", [r["decoded"] for r in table],
                  ask(program, tokenizer, [r["ids"] for r in table], "--decode"), names)
    check_decode(count, program, tokenizer, rows(folder / "decode.jsonl.xz"), folder.name)


def check_real(count, program, golden, packed):
    name = packed.parent.name
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = pathlib.Path(folder) / "tokenizer.json"
        tokenizer.write_bytes(lzma.open(packed).read())
        for file, flags in (("encode", ()), ("encode_add_special", ("--special",))):
            table = [r for r in rows(golden / f"{file}.jsonl.xz") if name in r]
            found = ask(program, tokenizer, [r["text"] for r in table], "--jsonl", *flags)
            count.compare(f"{name} {file}", [r[name] for r in table], found, [r["name"] for r in table])
        check_decode(count, program, tokenizer, rows(golden / f"decode_{name}.jsonl.xz"), name)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    program, golden = sys.argv[1], pathlib.Path(sys.argv[2])
    count = Count()
    for tokenizer in sorted(golden.glob("synthetic/*/tokenizer.json")):
        check_synthetic(count, program, tokenizer.parent)
    if len(sys.argv) == 4:
        for packed in sorted(pathlib.Path(sys.argv[3]).glob("*/tokenizer.json.xz")):
            if (golden / f"decode_{packed.parent.name}.jsonl.xz").exists():
                check_real(count, program, golden, packed)
    else:
        print("real tokenizers: skipped, no folder of them was given")
    print(f"{count.rows} answers compared, {count.wrong} differences")
    sys.exit(count.wrong != 0 or count.rows == 0)


if __name__ == "__main__":
    main()
