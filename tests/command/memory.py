#!/usr/bin/env python3
"""What a run takes of memory: as much as `inspect` predicts, and of the weights only those it needs.

    memory.py PATH_OF_ETALON

Models are written here as files of holes: a page of a hole is zeros and takes no room on the disk. Only embeddings and
routers get numbers, so that tokens choose different experts.
"""
import ctypes
import json
import mmap
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

program = sys.argv[1]
page = mmap.PAGESIZE
plain = os.environ | {"MALLOC_PERTURB_": "0"}   # Meson's tests fill what is freed, and so touch it


def gated(prefix, width, hidden, names):
    gate, up, down = (f"{prefix}.{name}.weight" for name in names)
    return {gate: (width, hidden), up: (width, hidden), down: (hidden, width)}


def deepseek_v3(s):
    """(config.json, tensors) of a model with latent attention."""
    config = {
        "model_type": "deepseek_v3", "hidden_act": "silu", "vocab_size": s["vocab"], "hidden_size": s["hidden"],
        "num_hidden_layers": s["layers"], "num_attention_heads": s["heads"], "q_lora_rank": s["q"],
        "kv_lora_rank": s["kv"], "qk_nope_head_dim": s["nope"], "qk_rope_head_dim": s["rope"],
        "v_head_dim": s["value"], "intermediate_size": s["dense"], "first_k_dense_replace": 1,
        "n_routed_experts": s["experts"], "num_experts_per_tok": s["chosen"], "moe_intermediate_size": s["width"],
        "n_shared_experts": 1, "n_group": 1, "topk_group": 1, "scoring_func": "sigmoid", "topk_method": "noaux_tc",
        "num_nextn_predict_layers": 0, "rms_norm_eps": 1e-6, "max_position_embeddings": s["context"],
        "tie_word_embeddings": False}
    names, hidden, heads, tensors = ("gate_proj", "up_proj", "down_proj"), s["hidden"], s["heads"], {}
    for i in range(s["layers"]):
        layer, attention, mlp = (f"model.layers.{i}{part}" for part in ("", ".self_attn", ".mlp"))
        tensors |= {
            f"{layer}.input_layernorm.weight": (hidden,), f"{layer}.post_attention_layernorm.weight": (hidden,),
            f"{attention}.q_a_proj.weight": (s["q"], hidden), f"{attention}.q_a_layernorm.weight": (s["q"],),
            f"{attention}.q_b_proj.weight": (heads * (s["nope"] + s["rope"]), s["q"]),
            f"{attention}.kv_a_proj_with_mqa.weight": (s["kv"] + s["rope"], hidden),
            f"{attention}.kv_a_layernorm.weight": (s["kv"],),
            f"{attention}.kv_b_proj.weight": (heads * (s["nope"] + s["value"]), s["kv"]),
            f"{attention}.o_proj.weight": (hidden, heads * s["value"])}
        if i == 0:
            tensors |= gated(mlp, s["dense"], hidden, names)
            continue
        tensors |= {f"{mlp}.gate.weight": (s["experts"], hidden),
                    f"{mlp}.gate.e_score_correction_bias": (s["experts"],)}
        tensors |= gated(f"{mlp}.shared_experts", s["width"], hidden, names)
        for expert in range(s["experts"]):
            tensors |= gated(f"{mlp}.experts.{expert}", s["width"], hidden, names)
    return config, tensors


def mixtral(s):
    """(config.json, tensors) of a model with grouped attention."""
    config = {
        "model_type": "mixtral", "hidden_act": "silu", "vocab_size": s["vocab"], "hidden_size": s["hidden"],
        "num_hidden_layers": s["layers"], "num_attention_heads": s["heads"], "num_key_value_heads": s["kv_heads"],
        "head_dim": s["head"], "intermediate_size": s["width"], "num_local_experts": s["experts"],
        "num_experts_per_tok": s["chosen"], "rms_norm_eps": 1e-5, "rope_theta": 1e6, "sliding_window": None,
        "max_position_embeddings": s["context"], "tie_word_embeddings": False}
    hidden, width, kv_width, tensors = s["hidden"], s["heads"] * s["head"], s["kv_heads"] * s["head"], {}
    for i in range(s["layers"]):
        layer, attention, moe = (f"model.layers.{i}{part}" for part in ("", ".self_attn", ".block_sparse_moe"))
        tensors |= {
            f"{layer}.input_layernorm.weight": (hidden,), f"{layer}.post_attention_layernorm.weight": (hidden,),
            f"{attention}.q_proj.weight": (width, hidden), f"{attention}.k_proj.weight": (kv_width, hidden),
            f"{attention}.v_proj.weight": (kv_width, hidden), f"{attention}.o_proj.weight": (hidden, width),
            f"{moe}.gate.weight": (s["experts"], hidden)}
        for expert in range(s["experts"]):
            tensors |= gated(f"{moe}.experts.{expert}", s["width"], hidden, ("w1", "w3", "w2"))
    return config, tensors


def count(shape):
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


def write_model(folder, family, sizes):
    """Writes the folder. -> {tensor: (where it begins in the file, bytes)}"""
    config, tensors = family(sizes)
    tensors |= {"model.embed_tokens.weight": (sizes["vocab"], sizes["hidden"]),
                "model.norm.weight": (sizes["hidden"],), "lm_head.weight": (sizes["vocab"], sizes["hidden"])}
    (folder / "config.json").write_text(json.dumps(config))
    header, at = {}, 0
    for name, shape in tensors.items():
        size = 2 * count(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) - 8 & 63)
    chance, places = random.Random(1), {}
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors.items():
            first, end = (8 + len(text) + offset for offset in header[name]["data_offsets"])
            places[name] = (first, end - first)
            file.seek(first)
            if name.endswith(("gate.weight", "embed_tokens.weight")):   # bf16 of size 1/4 to 1/2, of either sign
                file.write(b"".join(bytes([byte, 0x3E | byte & 0x80]) for byte in chance.randbytes(count(shape))))
            elif name.endswith("norm.weight"):
                file.write(b"\x80\x3f" * count(shape))
        file.truncate(8 + len(text) + at)
    return places


def peak_of(*arguments):
    """Runs the program. -> the most bytes it had allocated at a time (what is resident and no page of a file), the most
    bytes of files it had mapped and touched, and the JSON that it printed."""
    printed = tempfile.TemporaryFile("w+")   # a pipe that nobody reads would stop the run
    run = subprocess.Popen([program, *map(str, arguments)], stdout=printed, stderr=subprocess.PIPE, text=True, env=plain)
    peak = files = 0
    try:
        with open(f"/proc/{run.pid}/statm", encoding="ascii") as statm:
            while run.poll() is None:
                statm.seek(0)
                _, resident, shared, *_ = map(int, statm.read().split())
                peak, files = max(peak, resident - shared), max(files, shared)
    except (OSError, ValueError):   # it has ended between the question and the answer
        pass
    _, errors = run.communicate()
    if run.returncode != 0:
        raise AssertionError(f"exit {run.returncode}: {errors}")
    with printed:
        printed.seek(0)
        return peak * page, files * page, json.load(printed)


def inspect(folder, *flags):
    done = subprocess.run([program, "inspect", folder, "--json", *map(str, flags)], capture_output=True, text=True,
                          check=True, env=plain)
    return json.loads(done.stdout)["memory"]


latent = dict(vocab=512, hidden=512, layers=3, heads=16, q=256, kv=256, nope=64, rope=32, value=64, dense=1024,
              experts=16, chosen=4, width=128, context=8192)
wide = dict(vocab=512, hidden=256, layers=6, heads=8, kv_heads=8, head=128, experts=8, chosen=2, width=256, context=8192)
cases = [   # family, sizes, tokens of the prompt, flags
    (deepseek_v3, latent, 3000, ["--chunk", 512]),
    (deepseek_v3, latent, 3000, ["--chunk", 512, "--absorb"]),
    (deepseek_v3, latent, 1500, []),
    (mixtral, wide, 4000, ["--chunk", 256]),
    (mixtral, wide, 1500, ["--numerics", "int8"]),
]


@unittest.skipUnless(sys.platform == "linux", "asks /proc")
class Memory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def model(self, family, sizes):
        folder = self.folder / str(len(list(self.folder.iterdir())))
        folder.mkdir()
        return folder, write_model(folder, family, sizes)

    def test_inspect_predicts_what_a_run_allocates(self):
        for family, sizes, length, flags in cases:
            with self.subTest(family=family.__name__, length=length, flags=flags):
                folder, _ = self.model(family, sizes)
                chance = random.Random(2)
                tokens = ",".join(str(chance.randrange(sizes["vocab"])) for _ in range(length))
                predicted = inspect(folder, "--context", length + 3, *([] if "--chunk" in flags else ["--chunk", length]),
                                    *flags)
                peak, _, _ = peak_of("generate", "--model", folder, "--tokens", tokens, "--max-tokens", 3, "--json", *flags)
                if os.environ.get("SHOW"):
                    print(family.__name__, length, flags, f"{peak:,} of {predicted['total']:,}:",
                          f"{peak / predicted['total'] - 1:+.1%}", predicted)
                self.assertGreater(peak, 40_000_000, "too small to say anything")
                self.assertLess(abs(peak / predicted["total"] - 1), 0.1, (peak, predicted))


def pages_in_memory(path, places):
    """{tensor: the share of its pages that the system holds in memory}"""
    c = ctypes.CDLL(None, use_errno=True)
    c.mmap.restype = ctypes.c_void_p
    size = path.stat().st_size
    with open(path, "rb") as file:
        at = c.mmap(None, ctypes.c_size_t(size), 1, 2, file.fileno(), ctypes.c_long(0))   # to read, private
    held = (ctypes.c_ubyte * -(-size // page))()
    if c.mincore(ctypes.c_void_p(at), ctypes.c_size_t(size), held) != 0:
        raise OSError(ctypes.get_errno(), "mincore")
    c.munmap(ctypes.c_void_p(at), ctypes.c_size_t(size))
    held, shares = bytes(held), {}
    for name, (first, length) in places.items():
        own = held[first // page:-(-(first + length) // page)]
        shares[name] = own.count(1) / len(own)
    return shares


@unittest.skipUnless(sys.platform == "linux", "asks /proc")
class Weights(unittest.TestCase):
    def test_a_model_larger_than_memory_runs_and_only_the_chosen_experts_are_read(self):
        memory = os.sysconf("SC_PHYS_PAGES") * page
        sizes = dict(vocab=64, hidden=2048, layers=2, heads=2, kv_heads=1, head=64, experts=256, chosen=2, width=2048,
                     context=64)
        expert = 3 * 2 * sizes["hidden"] * sizes["width"]
        sizes["layers"] = max(2, 2 * memory // (expert * sizes["experts"]) + 1)
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            places = write_model(folder, mixtral, sizes)
            file = folder / "model.safetensors"
            self.assertGreater(file.stat().st_size, memory)
            _, touched, output = peak_of("generate", "--model", folder, "--tokens", "7", "--max-tokens", 1,
                                         "--show-experts", "--json")
            self.assertEqual(len(output["tokens"]), 1)
            chosen = self.chosen(output, sizes["layers"])
            read = {True: 0, False: 0}   # bytes of chosen experts, and of others, that the system has read
            for name, share in pages_in_memory(file, places).items():
                if ".experts." in name:
                    layer, which = int(name.split(".")[2]), int(name.split(".")[5])
                    read[which in chosen[layer]] += share * places[name][1]
            needed = sizes["layers"] * sizes["chosen"] * expert
            self.assertAlmostEqual(read[True] / needed, 1.0, 2)
            self.assertLess(read[False] / file.stat().st_size, 0.02)   # what the system reads ahead
            rest = sum(length for name, (_, length) in places.items() if ".experts." not in name)
            self.assertLess(touched, 1.05 * (needed + rest) + 40_000_000)   # the program's own pages
            self.assertGreater(touched, needed)

    def chosen(self, output, layers):
        """{layer: experts of the one token that was fed}"""
        found = {entry["layer"]: set(entry["choice"][0]) for entry in output["experts"]}
        self.assertEqual(set(found), set(range(layers)))
        return found


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
