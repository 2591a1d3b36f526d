#!/usr/bin/env python3
"""Prints the outcome of a Meson test run as one plain line, `N passed, N failed, N skipped`, after the names of what failed.

    summary.py BUILD/meson-logs/testlog.json     exit 0 where something passed and nothing failed, else 1
"""
import json
import os
import sys

passes = {"OK", "EXPECTEDFAIL"}
skips = {"SKIP", "IGNORED"}


def main(path):
    results = []
    if os.path.exists(path):  # no test matched, or nothing could be built
        with open(path, encoding="utf-8") as log:
            results = [json.loads(line) for line in log]
    failed = [result for result in results if result["result"] not in passes | skips]
    skipped = sum(result["result"] in skips for result in results)
    passed = len(results) - len(failed) - skipped
    for result in failed:
        print(f"failed: {result['name']} ({result['result'].lower()}, {result['duration']:.1f} s)")
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
