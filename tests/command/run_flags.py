#!/usr/bin/env python3
"""The flags common to every subcommand that runs a model.

    run_flags.py PATH_OF_ETALON [FOLDER_OF_STORYTELLER]

The bundled model runs with each set of vector instructions this machine has, and says one number, to the bit.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

program = sys.argv[1]
top = pathlib.Path(__file__).resolve().parents[2]
story = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else top / "models" / "storyteller"
tokens = "0,776,777,265,696,18,265,808"


def run(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60)


class RunFlags(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outputs = pathlib.Path(folder.name)

    def logits(self, *flags):
        out = self.outputs / "logits"
        done = run("logits", "--model", story, "--tokens", tokens, "--out", out, *flags)
        return done, out.read_bytes() if done.returncode == 0 else b""

    def refused(self, done, *words):
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_every_set_of_instructions_gives_the_same_file(self):
        _, expected = self.logits("--backend", "cpu", "--isa", "scalar")
        self.assertTrue(expected)
        had = 0
        for isa in ("auto", "avx2", "avx512"):
            done, numbers = self.logits("--isa", isa)
            if done.returncode == 0:
                had += 1
                self.assertEqual(numbers, expected, isa)
            else:
                self.refused(done, "--isa", isa, "auto", "scalar")
        self.assertGreaterEqual(had, 1)

    def test_a_set_that_does_not_exist_is_refused_with_those_that_do(self):
        done, _ = self.logits("--isa", "mmx")
        self.refused(done, "--isa", "mmx", "auto", "scalar")

    def test_threads_do_not_change_the_file(self):
        _, expected = self.logits("--threads", "1")
        for threads in ("2", "3"):
            self.assertEqual(self.logits("--threads", threads)[1], expected)
        self.assertEqual(self.logits()[1], expected)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
