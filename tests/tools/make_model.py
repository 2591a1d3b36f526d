#!/usr/bin/env python3
"""tools/make_model.py: the folders it writes load and run, are the same each time, and have the sizes it states.

    make_model.py PATH_OF_ETALON        exit 77, skipped, without NumPy
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy  # noqa: F401
except ImportError:
    print("skipped: needs NumPy (Debian: python3-numpy)")
    sys.exit(77)

etalon = sys.argv[1]
tool = pathlib.Path(__file__).resolve().parents[2] / "tools" / "make_model.py"
sys.dont_write_bytecode = True
sys.path.insert(0, str(tool.parent))
import make_model  # noqa: E402

stated = {"tiny": 2e6, "small": 150e6, "medium": 1e9, "large": 3e9}


def run(*command):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=100)


class MadeModels(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def make(self, name, family, kind="bf16", *more):
        folder = self.scratch / name
        done = run(sys.executable, tool, folder, "--family", family, "--size", "tiny", "--format", kind, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder

    def tokens(self, folder, *flags):
        done = run(etalon, "generate", "--model", folder, "--tokens", "5,6,7", "--max-tokens", "4", "--json", *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])["tokens"]

    def test_sizes_are_those_stated(self):
        for family in make_model.sizes:
            for size, count in stated.items():
                made = sum(math.prod(shape) for _, shape in make_model.tensors_of(family, size))
                self.assertLess(abs(made / count - 1), 0.1, f"{family} {size}: {made:,}")

    def test_every_format_of_every_family_generates(self):
        for family in make_model.sizes:
            for kind in ("bf16", "f32", "f16") + (("fp8",) if family == "deepseek_v3" else ()):
                with self.subTest(family, format=kind):
                    tokens = self.tokens(self.make(f"{family}_{kind}", family, kind))
                    self.assertTrue(1 <= len(tokens) <= 4, tokens)

    def test_formats_hold_the_same_numbers(self):
        for family in make_model.sizes:
            narrow, wide = self.make(family, family), self.make(family + "_wide", family, "f32")
            self.assertEqual(self.tokens(narrow, "--numerics", "f32"), self.tokens(wide, "--numerics", "f32"))

    def test_etalon_counts_as_many_parameters(self):
        for family in make_model.sizes:
            done = run(etalon, "inspect", self.make(family, family), "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            made = sum(math.prod(shape) for name, shape in make_model.tensors_of(family, "tiny")
                       if not name.endswith("bias"))   # a correction is no parameter
            self.assertEqual(json.loads(done.stdout)["parameters"]["total"], made)

    def test_the_same_arguments_give_the_same_bytes(self):
        one, same, other = (self.make(name, "mixtral", "bf16", "--seed", seed) / "model.safetensors"
                            for name, seed in (("a", "3"), ("b", "3"), ("c", "4")))
        self.assertEqual(one.read_bytes(), same.read_bytes())
        self.assertNotEqual(one.read_bytes(), other.read_bytes())

    def test_a_folder_that_exists_is_left_alone(self):
        done = run(sys.executable, tool, self.scratch, "--family", "mixtral", "--size", "tiny")
        self.assertEqual(done.returncode, 2)
        self.assertIn("exists", done.stderr)
        self.assertEqual(list(self.scratch.iterdir()), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
