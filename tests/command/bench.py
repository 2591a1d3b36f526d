#!/usr/bin/env python3
"""`etalon bench`: what it prints and in which form, mistakes, and that the tools that read its JSON can.

    bench.py PATH_OF_ETALON

No number is judged but for being one: how fast the machine is has nothing to do with what is right.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

program = sys.argv[1]
top = pathlib.Path(__file__).resolve().parents[2]
story = top / "models" / "storyteller"
formats = {"f32", "bf16", "f16", "e4m3", "mxfp4", "bf16 as int8"}
quick = ("--seconds", "0.01")


def run(*arguments):
    return subprocess.run([program, "bench", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=100)


def section_of(page):
    """{name: text} of the marked sections of docs/performance.md."""
    return dict(re.findall(r"<!-- (\S+): tools/performance_table\.py -->\n(.*?)<!-- end -->\n", page, re.DOTALL))


def report_of(*arguments):
    done = run("--json", *quick, *arguments)
    if (done.returncode, done.stderr) != (0, ""):
        raise AssertionError(f"{arguments}: status {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


class Report(unittest.TestCase):
    """One measurement of everything, on two threads; the tests look at it."""

    @classmethod
    def setUpClass(cls):
        cls.report = report_of("--threads", "2", "--model", story)

    def check_tasks(self, tasks):
        for task in tasks:
            with self.subTest(task["name"], threads=task["threads"]):
                self.assertIn(task["unit"], ("GB/s", "GFLOP/s"))
                work = task["bytes"] if task["unit"] == "GB/s" else task["operations"]
                self.assertAlmostEqual(task["rate"], work / task["seconds"] / 1e9, delta=1e-6 * task["rate"])
                self.assertGreater(task["rate"], 0)
                self.assertGreaterEqual(task["spread"], 0)
                self.assertGreaterEqual(task["samples"], 1)
                if task["group"] == "ceiling":
                    self.assertIsNone(task["fraction"])
                elif task["fraction"] is not None:   # none where no ceiling was found: no vector instructions
                    best = max(one["rate"] for one in tasks if one["group"] == "ceiling"
                               and (one["unit"], one["threads"]) == (task["unit"], task["threads"]))
                    self.assertAlmostEqual(task["fraction"], task["rate"] / best, places=6)

    def test_the_machine(self):
        self.assertEqual(self.report["threads"], [1, 2])
        self.assertTrue(self.report["processor"])
        self.assertTrue(self.report["isa"])

    def test_every_number_of_the_operations(self):
        self.check_tasks(self.report["tasks"])

    def test_every_format_is_multiplied_by_one_vector_and_by_many(self):
        for group in ("matrix x vector", "matrix x 256 vectors"):
            for threads in self.report["threads"]:
                names = [task["name"] for task in self.report["tasks"]
                         if task["group"] == group and task["threads"] == threads]
                self.assertEqual({name.rsplit(" ", 3)[0] for name in names}, formats)

    def test_every_operation_says_what_it_reads_and_computes(self):
        for task in self.report["tasks"]:
            if not task["group"].startswith("ceiling"):
                self.assertGreater(task["bytes"], 0, task["name"])
                self.assertGreater(task["operations"], 0, task["name"])

    def test_ceilings_come_first(self):
        groups = [task["group"] for task in self.report["tasks"]]
        self.assertEqual(groups[0], "ceiling")
        self.assertLess(max(i for i, group in enumerate(groups) if group == "ceiling"), groups.index("matrix x vector"))

    def test_the_model(self):
        model = self.report["model"]
        self.assertEqual((model["folder"], model["family"], model["numerics"]), (str(story), "deepseek_v3", "bf16"))
        self.assertGreater(model["parameters"], model["active"])
        for name in ("active", "bytes_per_token", "operations_per_token", "open_seconds", "first_token_seconds"):
            self.assertGreater(model[name], 0, name)
        self.check_tasks(model["tasks"])
        done = [(task["name"].split(",")[0], task["threads"]) for task in model["tasks"] if task["group"] == "model"]
        self.assertEqual(sorted(done), [("decode", 1), ("decode", 2), ("prefill", 1), ("prefill", 2)])
        for task in model["tasks"]:
            if task["group"] == "model":
                tokens = int(task["name"].split(" ")[1])
                self.assertAlmostEqual(task["tokens_per_second"], tokens / task["seconds"],
                                       delta=1e-6 * task["tokens_per_second"])

    def test_the_tables_of_the_page_are_made_of_it(self):
        with tempfile.TemporaryDirectory() as scratch:
            results, page = pathlib.Path(scratch), pathlib.Path(scratch) / "performance.md"
            shutil.copy(top / "docs" / "performance.md", page)
            for name in ("operations", "mixtral_large_f16"):
                (results / f"{name}.json").write_text(json.dumps(self.report))
            (results / "machine.json").write_text('{"date": "1968-07-20", "version": "0.0", "load": 0}')
            tool = [sys.executable, top / "tools" / "performance_table.py", results, page]
            for _ in range(2):   # the second time it replaces what the first time wrote
                subprocess.run(tool, check=True, timeout=60)
            before, after = section_of((top / "docs" / "performance.md").read_text()), section_of(page.read_text())
        self.assertEqual(after["machine"].count("1968-07-20"), 1)
        self.assertEqual(after["ceilings"].count("| read memory, "), 3)
        self.assertEqual(after["operations"].count("| mxfp4 2048 x 7168 |"), 1)
        self.assertEqual(after["models"].count("| Mixtral large, f16 |"), 1)
        self.assertNotIn("DeepSeek", after["models"])
        self.assertEqual(after["llama.cpp"], before["llama.cpp"])   # not measured: as it was

    def test_a_page_needs_a_section_for_what_was_measured_and_no_other(self):
        with tempfile.TemporaryDirectory() as scratch:
            results, page = pathlib.Path(scratch), pathlib.Path(scratch) / "page.md"
            (results / "machine.json").write_text('{"date": "1968-07-20", "version": "0.0", "load": 0}')
            (results / "operations.json").write_text(json.dumps(self.report))
            tool = [sys.executable, top / "tools" / "performance_table.py", results, page]
            shutil.copy(top / "docs" / "performance_epyc.md", page)   # nothing of llama.cpp
            subprocess.run(tool, check=True, timeout=60)
            self.assertIn("1968-07-20", page.read_text())
            page.write_text(page.read_text().replace("<!-- ceilings: ", "<!-- ceiling: "))
            before = page.read_text()
            done = subprocess.run(tool, capture_output=True, text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("ceilings", done.stderr)
            self.assertEqual(page.read_text(), before)


class Flags(unittest.TestCase):
    def refused(self, done, *words):
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_help_names_every_flag(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for flag in ("--model", "--threads", "--isa", "--numerics", "--json", "--seconds", "--only-model"):
            self.assertIn(flag, done.stdout)

    def test_tables_for_a_person(self):
        done = run(*quick, "--threads", "1", "--model", story, "--only-model")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in ("ceiling", "prefill, ", "decode, ", "million parameters", "tokens/s", "GB/s"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("2 threads", done.stdout)

    def test_the_model_alone_on_one_thread_in_another_mode(self):
        report = report_of("--model", story, "--only-model", "--threads", "1", "--isa", "scalar", "--numerics", "bf16")
        self.assertEqual((report["threads"], report["isa"], report["tasks"]), ([1], "scalar", []))
        self.assertEqual(report["model"]["numerics"], "bf16")

    def test_numbers_out_of_range(self):
        for flag, values in {"--threads": "0 -1 9999 two", "--seconds": "0 -3 1e9 nan soon"}.items():
            for value in values.split():
                with self.subTest(flag, value=value):
                    self.refused(run(flag, value), flag)

    def test_names_that_do_not_exist(self):
        self.refused(run("--isa", "mmx"), "--isa", "mmx", "scalar")
        self.refused(run("--numerics", "f64", "--model", story), "--numerics", "f64", "bf16")

    def test_a_model_that_is_not_there_is_told_before_anything_is_measured(self):
        self.refused(run("--model", top / "nowhere", "--seconds", "3600"), "nowhere")
        self.refused(run("--model", top / "docs", "--seconds", "3600"), "config.json")

    def test_the_model_alone_needs_one(self):
        self.refused(run("--only-model", "--seconds", "3600"), "--only-model", "--model")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
