#!/usr/bin/env python3
"""Times llama.cpp and Etalon on the same weights, in turns, and prints medians and ratios: a Markdown table, or JSON.

    make_model.py m/ds --family deepseek_v3 --size small --gguf m/ds.gguf
    compare_speed.py --etalon build/examples/etalon --pair m/ds m/ds.gguf [--pair …] [--threads 1,2] [--rounds 3]

Decode is 64 tokens after a short prompt, prefill a prompt of 512, both of random tokens; flash attention is off in
llama.cpp, where it would round keys and values to f16. --check compares the logits of a short sequence first.

Needs NumPy and the Python package llama-cpp-python, built for the machine at hand:
    CMAKE_ARGS=-DGGML_NATIVE=ON python3 -m pip install --no-binary llama-cpp-python llama-cpp-python
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import llama_cpp
    import numpy as np
except ImportError as error:
    sys.exit(f"compare_speed.py: needs NumPy and llama-cpp-python ({error})")

prompt, written, short_prompt = 512, 64, 16
most_seconds = 1000   # of one of Etalon's measurements
heading = """| model | threads | decode: llama.cpp | Etalon, tokens/s | ratio | of bandwidth | \
prefill 512: llama.cpp | Etalon, tokens/s | ratio | of f32 fma |
|---|---|---|---|---|---|---|---|---|---|"""


@llama_cpp.llama_log_callback
def log_errors(level, text, _):
    if level == 4:
        sys.stderr.write(text.decode(errors="replace"))


class Llama:
    """A GGUF file in llama.cpp, through its C interface: token ids in, logits out."""

    def __init__(self, path, threads):
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.model:
            sys.exit(f"compare_speed.py: llama.cpp does not open {path}")
        self.vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        options = llama_cpp.llama_context_default_params()
        options.n_ctx, options.n_batch, options.n_ubatch = 1024, prompt, prompt
        options.type_k = options.type_v = 0   # f32, as Etalon keeps them
        options.flash_attn_type = 0
        options.n_threads = options.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, options)
        if not self.context:
            sys.exit(f"compare_speed.py: llama.cpp has no context for {path}")
        self.batch = llama_cpp.llama_batch_init(prompt, 0, 1)
        self.length = 0

    def restart(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)
        self.length = 0

    def advance(self, tokens, every_row=False):
        self.batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            self.batch.token[i], self.batch.pos[i] = int(token), self.length + i
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, 0
            self.batch.logits[i] = every_row or i + 1 == len(tokens)
        if llama_cpp.llama_decode(self.context, self.batch) != 0:
            sys.exit("compare_speed.py: llama.cpp could not decode")
        llama_cpp.llama_synchronize(self.context)
        self.length += len(tokens)

    def logits(self, tokens):
        self.restart()
        self.advance(tokens, every_row=True)
        return np.stack([np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.context, i), shape=(self.vocab,))
                         for i in range(len(tokens))])

    def seconds(self, generator):
        """Of a prompt, and of writing on."""
        tokens = generator.integers(self.vocab, size=prompt)
        self.restart()
        start = time.perf_counter()
        self.advance(tokens)
        middle = time.perf_counter()
        self.restart()
        self.advance(tokens[:short_prompt])
        begin = time.perf_counter()
        for token in tokens[short_prompt:short_prompt + written]:
            self.advance([token])
        return middle - start, time.perf_counter() - begin


def run_etalon(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"compare_speed.py: {program} {' '.join(map(str, arguments))} failed")
    return done.stdout


def etalon_logits(program, folder, tokens):
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "logits.safetensors"
        run_etalon(program, "logits", "--model", folder, "--tokens", ",".join(map(str, tokens)), "--out", out)
        data = out.read_bytes()
    size = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:8 + size])["logits"]
    first, last = entry["data_offsets"]
    return np.frombuffer(data[8 + size + first:8 + size + last], np.float32).reshape(entry["shape"])


def check(program, folder, llama):
    """Do both compute the same model?"""
    tokens = np.random.default_rng(1).integers(llama.vocab, size=32).tolist()
    theirs, ours = llama.logits(tokens), etalon_logits(program, folder, tokens)
    apart = np.abs(theirs - ours).max() / np.abs(ours).max()
    agree = (theirs.argmax(1) == ours.argmax(1)).mean()
    print(f"{folder}: logits differ by {apart:.1e} of the largest, {agree:.0%} of the first choices are the same",
          file=sys.stderr)


def etalon_rates(program, folder, threads, seconds, numerics):
    """{what: (tokens/s, share of the ceiling)}, of a prompt as long as llama.cpp's, however long that takes."""
    arguments = ["bench", "--model", folder, "--only-model", "--json", "--threads", threads]
    arguments += ["--numerics", numerics] if numerics else []
    while True:
        report = json.loads(run_etalon(program, *arguments, "--seconds", seconds))
        tasks = [task for task in report["model"]["tasks"] if task["group"] == "model" and task["threads"] == threads]
        if any(task["name"] == f"prefill, {prompt} tokens" for task in tasks):
            break
        seconds *= 2   # bench shortens prompts that take too long
        if seconds > most_seconds:
            sys.exit(f"compare_speed.py: Etalon did not read a prompt of {prompt} tokens: {folder}")
    return report["isa"], {task["name"].split(",")[0]: (task["tokens_per_second"], task["fraction"]) for task in tasks}


def measure(given, folder, gguf, threads):
    """[(their prefill, their decode, our prefill, our decode)], then the shares of our ceilings."""
    llama = Llama(gguf, threads)
    generator = np.random.default_rng(0)
    llama.seconds(generator)   # warms up
    if given.check and threads == given.threads[0]:
        check(given.etalon, folder, llama)
    rounds = []
    for _ in range(given.rounds):
        few = [llama.seconds(generator) for _ in range(given.repeats)]
        isa, ours = etalon_rates(given.etalon, folder, threads, given.seconds, given.numerics)
        rounds.append((prompt / statistics.median(t for t, _ in few), written / statistics.median(t for _, t in few),
                       ours["prefill"], ours["decode"]))
    print(f"{folder}, {threads} thread(s): Etalon ran {isa}", file=sys.stderr)
    return rounds


def summary(folder, threads, rounds):
    """Medians: tokens a second of both, the ratio of a round, the share of the ceiling."""
    found = {"model": pathlib.Path(folder).name, "threads": threads, "llama_cpp": llama_cpp.__version__}
    for i, what in enumerate(["prefill", "decode"]):
        found[what] = {"llama.cpp": statistics.median(one[i] for one in rounds),
                       "etalon": statistics.median(one[i + 2][0] for one in rounds),
                       "ratio": statistics.median(one[i + 2][0] / one[i] for one in rounds),
                       "fraction": statistics.median(one[i + 2][1] or 0 for one in rounds)}
    return found


def row(one):
    cells = [one["model"], one["threads"]]
    for what, digits in (("decode", 1), ("prefill", 0)):
        found = one[what]
        cells += [f"{found['llama.cpp']:.{digits}f}", f"{found['etalon']:.{digits}f}", f"**{found['ratio']:.2f}**",
                  f"{found['fraction']:.0%}"]
    return "| " + " | ".join(map(str, cells)) + " |"


def arguments():
    parser = argparse.ArgumentParser(description="Time llama.cpp and Etalon on the same weights.")
    parser.add_argument("--etalon", default="build/examples/etalon", help="the program")
    parser.add_argument("--pair", nargs=2, action="append", required=True, metavar=("FOLDER", "GGUF"))
    parser.add_argument("--threads", default="1,2", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--rounds", type=int, default=3, help="turns of both programs (default 3)")
    parser.add_argument("--repeats", type=int, default=3, help="of llama.cpp in a turn (default 3)")
    parser.add_argument("--seconds", type=float, default=10, help="how long Etalon measures in a turn (default 10)")
    parser.add_argument("--numerics", help="Etalon's; by default what the folder's format asks for")
    parser.add_argument("--check", action="store_true", help="compare logits too")
    parser.add_argument("--json", action="store_true", help="a JSON array, an object for each row of the table")
    return parser.parse_args()


def main():
    given = arguments()
    llama_cpp.llama_log_set(log_errors, None)
    llama_cpp.llama_backend_init()
    rows = []
    if not given.json:
        print(heading, flush=True)
    for folder, gguf in given.pair:
        for threads in given.threads:
            rows.append(summary(folder, threads, measure(given, folder, gguf, threads)))
            if not given.json:
                print(row(rows[-1]), flush=True)
    if given.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
