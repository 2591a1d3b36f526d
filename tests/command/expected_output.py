#!/usr/bin/env python3
"""Runs a program of examples/ and compares what it prints with its .out file, byte for byte.

    expected_output.py EXPECTED PROGRAM [ARGUMENT …]      in the root of the source tree
"""
import difflib
import pathlib
import subprocess
import sys


def main(expected, *command):
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: exit status {done.returncode}")
    wanted, found = pathlib.Path(expected).read_bytes(), done.stdout
    if wanted != found:
        lines = [text.decode(errors="replace").splitlines() for text in (wanted, found)]
        print("\n".join(difflib.unified_diff(*lines, expected, "printed", lineterm="")))
        sys.exit("the output differs")


if __name__ == "__main__":
    main(*sys.argv[1:])
