#!/usr/bin/env python3
"""The program `etalon` as a person meets it: help, version, mistakes, a full disk, a reader that goes away.

    usage.py PATH_OF_ETALON [SUBCOMMAND …]      the subcommands that must be there

A mistake costs exit status 2 and one line on standard error that says where to look; nothing goes to standard output.
"""
import os
import subprocess
import sys
import unittest

program, *subcommands = sys.argv[1:]


def run(*arguments, **options):
    options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run([program, *arguments], stderr=subprocess.PIPE, text=True, timeout=60, **options)


class Usage(unittest.TestCase):
    def assert_refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("etalon: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(done.stdout)

    def test_help_names_every_subcommand(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in subcommands:
            self.assertIn(f"\n  {name} ", done.stdout)

    def test_every_subcommand_explains_itself(self):
        for name in subcommands:
            with self.subTest(name):
                done = run(name, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("Usage: ", done.stdout)

    def test_version(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^etalon \d+\.\d+\.\d+\n$")

    def test_no_subcommand(self):
        self.assert_refused(run(), "etalon --help")

    def test_unknown_words(self):
        self.assert_refused(run("recite"), "recite", "etalon --help")
        self.assert_refused(run("--bogus"), "--bogus", "etalon --help")

    def test_unknown_flag_of_a_subcommand(self):
        for name in subcommands:
            with self.subTest(name):
                self.assert_refused(run(name, "--bogus"), f"etalon {name} --help")

    def test_no_room_for_the_output(self):
        with open("/dev/full", "w") as full:
            self.assert_refused(run("--help", stdout=full), "standard output")

    def test_output_that_is_closed(self):
        self.assertEqual(run("--help", stdout=None, preexec_fn=lambda: os.close(1)).returncode, 2)

    def test_a_reader_that_goes_away_is_no_crash(self):
        reading, writing = os.pipe()
        os.close(reading)
        done = run("--help", stdout=writing)
        os.close(writing)
        self.assertEqual((done.returncode, done.stderr), (2, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
