#!/usr/bin/env python3
"""What the world does to the program `etalon`: files that change, disks that fill, memory that ends, signals.

    world.py PATH_OF_ETALON

Each ends in one line on standard error and exit status 2 (or by the signal that was sent), within a minute, and leaves
no partial file. What needs rights that are not given (mounting, another user) is skipped.
"""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

root = pathlib.Path(__file__).resolve().parents[2]
story = root / "models/storyteller"
golden = root / "tests/golden/models"
sharded = golden / "deepseek_v3_f32_shards"
program = sys.argv[1]
nobody = 65534
seconds = 60


def copied(model, folder):
    """A copy that may be spoilt, without the golden traces."""
    shutil.copytree(model, folder, ignore=shutil.ignore_patterns("trace_*", "golden*", "README.md"))
    for path in [folder, *folder.iterdir()]:
        path.chmod(path.stat().st_mode | stat.S_IWUSR | 0o444)
    return folder


def limit(kind, amount):
    return lambda: resource.setrlimit(kind, (amount, amount))


def mounted(point, *arguments):
    """A shell line that mounts in a name space of its own, then becomes the program: nothing stays mounted."""
    return ["unshare", "-m", "sh", "-c", " && ".join([*arguments, 'exec "$0" "$@"'])]


def may_mount():
    done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL)
    return done.returncode == 0


class World(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="etalon-world-")))
        self.scratch.chmod(0o755)
        self.outputs = self.scratch / "outputs"
        self.outputs.mkdir()

    if not hasattr(unittest.TestCase, "enterContext"):  # Python before 3.11

        def enterContext(self, manager):
            value = manager.__enter__()
            self.addCleanup(manager.__exit__, None, None, None)
            return value

    def run_etalon(self, *arguments, before=(), **options):
        options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(
            [*before, str(options.pop("program", program)), *map(str, arguments)],
            stderr=subprocess.PIPE,
            text=True,
            timeout=seconds,
            **options,
        )

    def logits(self, *arguments, model=story, out=None, **options):
        out = out or self.outputs / "out.safetensors"
        return self.run_etalon("logits", "--model", model, "--tokens", "1,2,3", "--out", out, *arguments, **options)

    def assert_line(self, said, *words):
        self.assertEqual(said.count("\n"), 1, said)
        self.assertTrue(said.startswith("etalon: "), said)
        for word in words:
            self.assertIn(word, said)

    def assert_refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assert_line(done.stderr, *words)
        self.assertEqual(list(self.outputs.iterdir()), [], done.stderr)


class Files(World):
    """The model's files while they are in use."""

    def spoilt_while_in_use(self, spoil):
        """A conversation; between its two turns somebody spoils the weights. Returns exit status and last words."""
        model = copied(story, self.scratch / "model")
        with subprocess.Popen(
            [program, "chat", "--model", model, "--max-tokens", "3"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            running.stdin.write(b"Where is Ada?\n")
            running.stdin.flush()
            running.stdout.readline()
            spoil(model / "model.safetensors")
            with contextlib.suppress(BrokenPipeError):
                running.stdin.write(b"Where is Tom?\n")
                running.stdin.close()
            said = [line for line in running.stderr.read().decode().splitlines(True) if not line.startswith("(cut")]
            running.stdout.read()
            return running.wait(seconds), "".join(said)

    def test_weights_cut_short_while_in_use_are_named_with_both_sizes(self):
        size = (story / "model.safetensors").stat().st_size
        status, said = self.spoilt_while_in_use(lambda path: os.truncate(path, 8192))
        self.assertEqual(status, 2, said)
        self.assert_line(said, f"model.safetensors: expected the {size} bytes it had", "found 8192", "run again")

    def test_weights_changed_in_place_while_in_use_give_no_answer(self):
        def change(path):
            with open(path, "r+b") as file:
                file.seek(-100, os.SEEK_END)
                file.write(bytes(100))

        status, said = self.spoilt_while_in_use(change)
        self.assertEqual(status, 2, said)
        self.assert_line(said, "model.safetensors: expected the content it had", "written to")

    def test_weights_that_grew_while_in_use_give_no_answer(self):
        size = (story / "model.safetensors").stat().st_size

        def grow(path):
            with open(path, "ab") as file:
                file.write(b"more")

        status, said = self.spoilt_while_in_use(grow)
        self.assertEqual(status, 2, said)
        self.assert_line(said, f"model.safetensors: expected the {size} bytes it had", f"found {size + 4};", "run again")

    def test_weights_replaced_by_a_new_file_while_in_use_do_no_harm(self):
        def replace(path):
            other = path.with_name("other")
            other.write_bytes(b"something else")
            other.replace(path)

        status, said = self.spoilt_while_in_use(replace)
        self.assertEqual((status, said), (0, ""))

    def test_weights_removed_while_in_use_do_no_harm(self):
        status, said = self.spoilt_while_in_use(os.unlink)
        self.assertEqual((status, said), (0, ""))

    def test_what_is_no_file_is_refused_and_nothing_hangs(self):
        for name in ("config.json", "model.safetensors", "model.safetensors.index.json"):
            for kind in ("pipe", "folder", "device", "empty", "loop", "dangling"):
                with self.subTest(f"{name}: {kind}"):
                    model = copied(sharded if "index" in name else story, self.scratch / f"{kind}-{name}")
                    path = model / name
                    path.unlink()
                    {
                        "pipe": lambda: os.mkfifo(path),
                        "folder": path.mkdir,
                        "empty": path.touch,
                        "device": lambda: path.symlink_to("/dev/zero"),
                        "loop": lambda: path.symlink_to(path),
                        "dangling": lambda: path.symlink_to("nowhere"),
                    }[kind]()
                    self.assert_refused(self.logits(model=model), str(model))

    def test_a_shard_that_is_no_file_is_named(self):
        for kind in ("pipe", "folder", "empty", "loop", "dangling"):
            with self.subTest(kind):
                model = copied(sharded, self.scratch / kind)
                path = model / "model-00002-of-00003.safetensors"
                path.unlink()
                {
                    "pipe": lambda: os.mkfifo(path),
                    "folder": path.mkdir,
                    "empty": path.touch,
                    "loop": lambda: path.symlink_to(path),
                    "dangling": lambda: path.symlink_to("nowhere"),
                }[kind]()
                self.assert_refused(self.logits(model=model), "model-00002-of-00003.safetensors")

    def test_a_folder_that_links_to_itself_is_refused(self):
        loop = self.scratch / "loop"
        loop.symlink_to(loop)
        self.assert_refused(self.logits(model=loop), str(loop), "expected a model folder")
        first, second = self.scratch / "first", self.scratch / "second"
        first.symlink_to(second)
        second.symlink_to(first)
        for command in (("inspect", first), ("tokenize", "--model", first), ("chat", "--model", first)):
            self.assert_refused(self.run_etalon(*command), str(first))
        self.assert_refused(self.run_etalon("render", "--model", first, input="{}", stdin=None), str(first))

    def test_what_stands_in_place_of_a_model_is_refused(self):
        os.mkfifo(self.scratch / "pipe")
        for place in (self.scratch / "pipe", "/dev/zero", "/dev/null", program, self.scratch / "nothing", "", "a\nb"):
            with self.subTest(place):
                self.assert_refused(self.logits(model=place))
                self.assert_refused(self.run_etalon("compare", place, place))

    def test_links_to_the_files_of_a_model_are_the_model(self):
        model = self.scratch / "linked"
        model.mkdir()
        for path in story.iterdir():
            (model / path.name).symlink_to(path)
        self.assertEqual(self.logits(model=model).returncode, 0)

    def test_a_million_tensors_are_read(self):
        count = 1_000_000
        header = ",".join(
            '"t%d":{"dtype":"U8","shape":[1],"data_offsets":[%d,%d]}' % (i, i, i + 1) for i in range(count)
        )
        model = copied(golden / "mixtral", self.scratch / "model")
        big = model / "model.safetensors"
        big.write_bytes(struct.pack("<Q", len(header) + 2) + b"{" + header.encode() + b"}" + bytes(count))
        memory = {"preexec_fn": limit(resource.RLIMIT_AS, 2 << 30)}
        self.assert_refused(self.logits(model=model, **memory), "that do not fit", "more")
        done = self.run_etalon("compare", big, big, **memory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("1000000 tensors, bit identical", done.stdout)


class Rights(World):
    """What the user may not do."""

    def setUp(self):
        super().setUp()
        self.options = {}
        if os.geteuid() == 0:  # who may everything
            shutil.copy(program, self.scratch / "etalon")
            (self.scratch / "etalon").chmod(0o755)
            self.options = {"user": nobody, "group": nobody, "extra_groups": [], "program": self.scratch / "etalon"}
            os.chown(self.outputs, nobody, nobody)

    def test_a_model_that_may_only_be_read_is_enough(self):
        model = copied(story, self.scratch / "model")
        for path in [*model.iterdir(), model]:
            path.chmod(0o555 if path == model else 0o444)
        done = self.logits(model=model, **self.options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_model_that_may_not_be_read_is_refused(self):
        for name in ("config.json", "model.safetensors", "."):
            with self.subTest(name):
                model = copied(story, self.scratch / f"model{name}")
                (model / name).chmod(0)
                try:
                    self.assert_refused(self.logits(model=model, **self.options), str(model), "Permission denied")
                finally:
                    (model / name).chmod(0o755)

    def test_a_tokenizer_that_may_not_be_read_is_refused(self):
        model = copied(story, self.scratch / "model")
        for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
            with self.subTest(name):
                (model / name).chmod(0)
                self.assert_refused(
                    self.run_etalon("generate", "--model", model, "--prompt", "a", **self.options),
                    name,
                    "Permission denied",
                )
                (model / name).chmod(0o644)

    def test_a_folder_that_may_not_be_written_is_refused_before_the_work(self):
        self.outputs.chmod(0o555)
        done = self.logits(**self.options)
        self.assert_refused(done, "out.safetensors: expected a folder to write into", "Permission denied")


class Mounts(World):
    """File systems of their own."""

    def setUp(self):
        super().setUp()
        if not may_mount():
            self.skipTest("may not mount")

    def test_a_model_on_a_read_only_file_system_is_enough(self):
        model = copied(story, self.scratch / "model")
        done = self.logits(
            model=model,
            before=mounted(
                model,
                f"mount --bind {model} {model}",
                f"mount -o remount,bind,ro {model}",
                f"! touch {model}/x 2>/dev/null",
            ),
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_an_output_on_a_read_only_file_system_is_refused(self):
        done = self.logits(before=mounted(self.outputs, f"mount -t tmpfs -o ro none {self.outputs}"))
        self.assert_refused(done, "Read-only file system")

    def test_a_disk_that_fills_up_is_told_and_holds_nothing_afterwards(self):
        mount = f"mount -t tmpfs -o size=4k none {self.outputs}"
        line = f'{mount} && {{ "$0" "$@"; code=$?; ls -A {self.outputs}; exit $code; }}'
        done = self.logits(before=["unshare", "-m", "sh", "-c", line])
        self.assert_refused(done, "out.safetensors: expected a disk that takes the file", "No space left on device")
        self.assertEqual(done.stdout, "")


class Outputs(World):
    """Where results go."""

    def test_a_file_too_large_for_the_disk_is_told(self):
        done = self.logits(preexec_fn=limit(resource.RLIMIT_FSIZE, 4096))
        self.assert_refused(done, "out.safetensors: expected a disk that takes the file", "File too large")

    def test_a_destination_that_cannot_be_a_file_is_refused(self):
        (self.scratch / "file").write_text("mine")
        loop = self.scratch / "loop"
        loop.symlink_to(loop)
        os.mkfifo(self.scratch / "pipe")
        for out in (
            self.scratch,
            self.scratch / "no" / "x",
            self.scratch / "file" / "x",
            self.scratch / "pipe",
            "/dev/full",
            "/dev/null",
            "",
            loop / "x",
            self.outputs / ("x" * 300),
        ):
            with self.subTest(out):
                for command in ("logits", "trace"):
                    self.assert_refused(self.run_etalon(command, "--model", story, "--tokens", "1", f"--out={out}"))
        self.assertEqual((self.scratch / "file").read_text(), "mine")

    def test_a_file_of_the_model_is_no_destination(self):
        model = copied(story, self.scratch / "model")
        link = self.scratch / "link.safetensors"
        link.symlink_to(model / "model.safetensors")
        before = {path: path.read_bytes() for path in model.iterdir()}
        for out in [*model.iterdir(), link]:
            with self.subTest(out.name):
                self.assert_refused(self.logits(model=model, out=out), "the model's folder")
        self.assertEqual({path: path.read_bytes() for path in model.iterdir()}, before)
        self.assertEqual(self.logits(model=model, out=model / "new").returncode, 0)

    def test_a_result_that_is_there_already_stays_whole_until_the_new_one_is(self):
        out = self.scratch / "out"
        out.write_text("old")
        self.assertEqual(self.logits(out=out, preexec_fn=limit(resource.RLIMIT_FSIZE, 4096)).returncode, 2)
        self.assertEqual(out.read_text(), "old")
        self.assertEqual(self.logits(out=out).returncode, 0)
        self.assertGreater(out.stat().st_size, 10_000)

    def printing(self):
        """Commands that print, and what they read."""
        talk = json.dumps({"messages": [{"role": "user", "content": "x"}]})
        trace = golden / "mixtral/trace_short.safetensors"
        return {
            ("generate", "--model", story, "--prompt", "Ada", "--max-tokens", "4"): "",
            ("generate", "--model", story, "--tokens", "1,2", "--max-tokens", "4", "--json"): "",
            ("chat", "--model", story, "--message", "Hello", "--max-tokens", "4"): "",
            ("tokenize", "--model", story): "hello",
            ("tokenize", "--model", story, "--jsonl"): '"hello"',
            ("render", "--model", story): talk,
            ("render", "--model", story, "--jsonl"): talk,
            ("inspect", story): "",
            ("inspect", story, "--json"): "",
            ("compare", trace, trace): "",
            ("compare", trace, trace, "--json"): "",
        }

    def test_no_room_for_what_is_printed_is_told(self):
        for command, text in self.printing().items():
            with self.subTest(command), open("/dev/full", "w") as full:
                done = self.run_etalon(*command, input=text, stdin=None, stdout=full)
                self.assertEqual(done.returncode, 2, done.stderr)
                lines = [line for line in done.stderr.splitlines(True) if not line.startswith("(cut")]
                self.assert_line("".join(lines), "standard output", "No space left on device")

    def test_a_closed_output_is_told_and_no_file_takes_its_place(self):
        for command, text in self.printing().items():
            with self.subTest(command):
                done = self.run_etalon(*command, input=text, stdin=None, stdout=None, preexec_fn=lambda: os.close(1))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("standard output", done.stderr)

    def test_a_reader_that_goes_away_ends_the_program_without_a_word(self):
        for command, text in self.printing().items():
            with self.subTest(command):
                reading, writing = os.pipe()
                os.close(reading)
                done = self.run_etalon(*command, input=text, stdin=None, stdout=writing)
                os.close(writing)
                said = [line for line in done.stderr.splitlines() if not line.startswith("(cut")]
                self.assertEqual((done.returncode, said), (2, []))


class Inputs(World):
    """Standard input."""

    def test_an_input_that_cannot_be_read_is_told(self):
        with open(self.scratch / "write-only", "w") as no_reading:
            for command in (["tokenize"], ["tokenize", "--jsonl"], ["render"], ["render", "--jsonl"], ["chat"]):
                for what, options in (
                    ("closed", {"stdin": None, "preexec_fn": lambda: os.close(0)}),
                    ("a folder", {"stdin": os.open(self.scratch, os.O_RDONLY)}),
                    ("write-only", {"stdin": no_reading}),
                ):
                    with self.subTest(command=command, what=what):
                        done = self.run_etalon(*command, "--model", story, **options)
                        self.assert_refused(done, "standard input")

    def test_everything_closed_is_no_crash(self):
        def close_all():
            for number in (0, 1, 2):
                os.close(number)

        for command in (["--help"], ["tokenize", "--model", story], ["inspect", story]):
            done = subprocess.run([program, *map(str, command)], preexec_fn=close_all, timeout=seconds)
            self.assertEqual(done.returncode, 2)


class Resources(World):
    """Memory and threads."""

    def test_memory_that_ends_anywhere_is_told(self):
        tokens = ",".join(["1", "2", "3"] * 60)
        least = 8 << 20
        while self.run_etalon("--version", preexec_fn=limit(resource.RLIMIT_AS, least)).returncode != 0:
            least += 1 << 20
        ends = set()
        for megabytes in range(0, 64, 4):
            with self.subTest(megabytes):
                done = self.run_etalon(
                    "logits",
                    "--model",
                    story,
                    "--tokens",
                    tokens,
                    "--out",
                    self.outputs / "x",
                    "--threads",
                    "1",
                    preexec_fn=limit(resource.RLIMIT_AS, least + (megabytes << 20)),
                )
                ends.add(done.returncode)
                if done.returncode == 0:
                    (self.outputs / "x").unlink()
                else:
                    self.assert_refused(done, "memory")
        self.assertEqual(ends, {0, 2})

    def test_memory_that_ends_while_text_is_read_is_told(self):
        for megabytes in range(12, 36, 4):
            for command in (["tokenize", "--model", story], ["generate", "--model", story, "--prompt", "x"]):
                done = self.run_etalon(
                    *command, input="word " * 20_000, stdin=None, preexec_fn=limit(resource.RLIMIT_AS, megabytes << 20)
                )
                self.assertIn(done.returncode, (0, 2, 127), done.stderr)  # 127: no room for the program itself
                if done.returncode == 2:
                    self.assert_line(done.stderr)

    def test_too_many_threads_are_refused(self):
        self.assert_refused(self.logits("--threads", "100000"), "--threads")

    def test_threads_that_the_system_does_not_give_are_done_without(self):
        done = self.logits("--threads", "1000", preexec_fn=limit(resource.RLIMIT_AS, 1 << 30))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Signals(World):
    """The user, or the system, ends the program."""

    def interrupted_in_mid_write(self, number):
        """Exit status of a run that got the signal while its temporary file was growing; None where it was too late."""
        tokens = ",".join(["1", "2", "3", "4"] * 100)
        running = subprocess.Popen(
            [program, "trace", "--model", story, "--tokens", tokens, "--out", self.outputs / "out"],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),   # this test may run under nohup
        )
        hit = False
        while running.poll() is None and not hit:
            with contextlib.suppress(FileNotFoundError):
                hit = any(
                    path.name.startswith(".etalon") and path.stat().st_size > 0 for path in self.outputs.iterdir()
                )
        running.send_signal(number)
        self.assertEqual(running.communicate(timeout=seconds)[1], "")
        if running.returncode == 0:
            (self.outputs / "out").unlink()
            return None
        return running.returncode

    def test_a_signal_in_mid_write_ends_the_program_and_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                ends = (self.interrupted_in_mid_write(number) for _ in range(10))
                self.assertEqual(next((end for end in ends if end is not None), None), -number)
                self.assertEqual(list(self.outputs.iterdir()), [])

    def signalled_while_waiting(self, number, disposition):
        """A run that waits for input, sent the signal; what it does with it at first is given."""
        running = subprocess.Popen(
            [program, "tokenize", "--model", story],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(number, disposition),
        )
        time.sleep(0.3)
        running.send_signal(number)
        return running

    def test_a_signal_while_waiting_for_input_ends_the_program(self):
        running = self.signalled_while_waiting(signal.SIGINT, signal.SIG_DFL)
        self.assertEqual(running.communicate(timeout=seconds), (b"", b""))
        self.assertEqual(running.returncode, -signal.SIGINT)

    def test_a_signal_that_was_ignored_stays_ignored(self):
        """nohup, and jobs that a script started with &."""
        running = self.signalled_while_waiting(signal.SIGHUP, signal.SIG_IGN)
        self.assertEqual(running.communicate(b"a", timeout=seconds)[1], b"")
        self.assertEqual(running.returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
