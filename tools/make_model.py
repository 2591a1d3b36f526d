#!/usr/bin/env python3
"""Writes a model of random weights as a Hugging Face folder, to measure speed with; and the same weights as a GGUF file.

    make_model.py FOLDER --family deepseek_v3|mixtral --size tiny|small|medium|large
                  [--format bf16|f32|f16|fp8] [--gguf FILE] [--seed N]

The sizes are of about 2 million, 150 million, 1 and 3 thousand million parameters. Weights are normal numbers with the
deviation that keeps activations near 1 (the power of two nearest to 1/sqrt(inputs)), and every one is a bf16, so bf16 and
f32 folders hold the same model. They come from one pool of numbers that each tensor enters at a place of its own: drawing
3 thousand million takes minutes, copying seconds. A folder is the same, byte for byte, for the same arguments.

Needs NumPy (Debian: python3-numpy); --gguf needs the Python package gguf.
"""
import argparse
import json
import pathlib
import sys
import zlib

try:
    import numpy as np
except ImportError:
    sys.exit("make_model.py: needs NumPy (Debian: python3-numpy)")

# hidden, layers, heads, vocabulary, experts, chosen and the width of an expert; what else the families' sizes need.
# Widths are multiples of 128 from small on: a block of published fp8 scales.
deepseek_v3_sizes = {
    "tiny": dict(hidden=128, layers=4, heads=4, vocab=1024, experts=16, chosen=4, width=64,
                 q=64, kv=64, nope=32, rope=32, value=32, dense=384, groups=4),
    "small": dict(hidden=1024, layers=5, heads=16, vocab=8192, experts=32, chosen=4, width=256,
                  q=384, kv=256, nope=64, rope=32, value=64, dense=2816, groups=4),
    "medium": dict(hidden=2048, layers=6, heads=16, vocab=16384, experts=64, chosen=6, width=384,
                   q=512, kv=512, nope=128, rope=64, value=128, dense=5632, groups=8),
    "large": dict(hidden=2048, layers=10, heads=16, vocab=16384, experts=64, chosen=6, width=768,
                  q=768, kv=512, nope=128, rope=64, value=128, dense=5632, groups=8),
}
mixtral_sizes = {
    "tiny": dict(hidden=128, layers=4, heads=4, vocab=1024, experts=16, chosen=4, width=64, kv_heads=2, head=32),
    "small": dict(hidden=1024, layers=5, heads=16, vocab=8192, experts=32, chosen=4, width=256, kv_heads=4, head=64),
    "medium": dict(hidden=2048, layers=6, heads=16, vocab=16384, experts=64, chosen=8, width=384, kv_heads=4, head=128),
    "large": dict(hidden=2048, layers=9, heads=16, vocab=16384, experts=64, chosen=8, width=768, kv_heads=4, head=128),
}
sizes = {"deepseek_v3": deepseek_v3_sizes, "mixtral": mixtral_sizes}
context = 40960


def deepseek_v3_config(s):
    return {
        "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "hidden_act": "silu",
        "vocab_size": s["vocab"], "hidden_size": s["hidden"], "num_hidden_layers": s["layers"],
        "num_attention_heads": s["heads"], "num_key_value_heads": s["heads"], "q_lora_rank": s["q"],
        "kv_lora_rank": s["kv"], "qk_nope_head_dim": s["nope"], "qk_rope_head_dim": s["rope"],
        "v_head_dim": s["value"], "intermediate_size": s["dense"], "first_k_dense_replace": 1,
        "n_routed_experts": s["experts"], "num_experts_per_tok": s["chosen"], "moe_intermediate_size": s["width"],
        "n_shared_experts": 1, "n_group": s["groups"], "topk_group": s["groups"] // 2, "norm_topk_prob": True,
        "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "topk_method": "noaux_tc",
        "num_nextn_predict_layers": 0, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "rope_interleave": True,
        "attention_bias": False, "max_position_embeddings": context, "tie_word_embeddings": False,
        "bos_token_id": 0, "eos_token_id": 1,
    }


def mixtral_config(s):
    return {
        "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_act": "silu",
        "vocab_size": s["vocab"], "hidden_size": s["hidden"], "num_hidden_layers": s["layers"],
        "num_attention_heads": s["heads"], "num_key_value_heads": s["kv_heads"], "head_dim": s["head"],
        "intermediate_size": s["width"], "num_local_experts": s["experts"], "num_experts_per_tok": s["chosen"],
        "rms_norm_eps": 1e-5, "rope_theta": 1e6, "sliding_window": None, "max_position_embeddings": context,
        "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 1,
    }


def gated(prefix, width, hidden, names=("gate_proj", "up_proj", "down_proj")):
    gate, up, down = (f"{prefix}.{name}.weight" for name in names)
    return [(gate, (width, hidden)), (up, (width, hidden)), (down, (hidden, width))]


def deepseek_v3_layer(s, i):
    layer, attention = f"model.layers.{i}", f"model.layers.{i}.self_attn"
    hidden, heads = s["hidden"], s["heads"]
    tensors = [
        (f"{layer}.input_layernorm.weight", (hidden,)), (f"{layer}.post_attention_layernorm.weight", (hidden,)),
        (f"{attention}.q_a_proj.weight", (s["q"], hidden)), (f"{attention}.q_a_layernorm.weight", (s["q"],)),
        (f"{attention}.q_b_proj.weight", (heads * (s["nope"] + s["rope"]), s["q"])),
        (f"{attention}.kv_a_proj_with_mqa.weight", (s["kv"] + s["rope"], hidden)),
        (f"{attention}.kv_a_layernorm.weight", (s["kv"],)),
        (f"{attention}.kv_b_proj.weight", (heads * (s["nope"] + s["value"]), s["kv"])),
        (f"{attention}.o_proj.weight", (hidden, heads * s["value"])),
    ]
    if i == 0:
        return tensors + gated(f"{layer}.mlp", s["dense"], hidden)
    tensors += [(f"{layer}.mlp.gate.weight", (s["experts"], hidden)),
                (f"{layer}.mlp.gate.e_score_correction_bias", (s["experts"],))]
    tensors += gated(f"{layer}.mlp.shared_experts", s["width"], hidden)
    for expert in range(s["experts"]):
        tensors += gated(f"{layer}.mlp.experts.{expert}", s["width"], hidden)
    return tensors


def mixtral_layer(s, i):
    layer, attention, moe = (f"model.layers.{i}{part}" for part in ("", ".self_attn", ".block_sparse_moe"))
    hidden, width, kv_width = s["hidden"], s["heads"] * s["head"], s["kv_heads"] * s["head"]
    tensors = [
        (f"{layer}.input_layernorm.weight", (hidden,)), (f"{layer}.post_attention_layernorm.weight", (hidden,)),
        (f"{attention}.q_proj.weight", (width, hidden)), (f"{attention}.k_proj.weight", (kv_width, hidden)),
        (f"{attention}.v_proj.weight", (kv_width, hidden)), (f"{attention}.o_proj.weight", (hidden, width)),
        (f"{moe}.gate.weight", (s["experts"], hidden)),
    ]
    for expert in range(s["experts"]):
        tensors += gated(f"{moe}.experts.{expert}", s["width"], hidden, ("w1", "w3", "w2"))
    return tensors


configs = {"deepseek_v3": deepseek_v3_config, "mixtral": mixtral_config}
layers = {"deepseek_v3": deepseek_v3_layer, "mixtral": mixtral_layer}


def tensors_of(family, size):
    """(name, shape) of every tensor of the folder."""
    s = sizes[family][size]
    ends = [("model.embed_tokens.weight", (s["vocab"], s["hidden"])), ("model.norm.weight", (s["hidden"],)),
            ("lm_head.weight", (s["vocab"], s["hidden"]))]
    return ends + [tensor for i in range(s["layers"]) for tensor in layers[family](s, i)]


def to_bf16(values):
    """Bits of f32 numbers rounded to bf16, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def to_e4m3(values):
    """Codes of f32 numbers rounded to e4m3, to the nearest."""
    code = np.arange(127)
    exponent, mantissa = code >> 3, code & 7
    table = np.where(exponent > 0, (1 + mantissa / 8) * 2.0 ** (exponent - 7), mantissa / 8 * 2.0 ** -6)
    middle = (table[1:] + table[:-1]) / 2
    return (np.searchsorted(middle, np.abs(values)) | np.where(values < 0, 128, 0)).astype(np.uint8)


class Numbers:
    """The weights: numbers(name, shape) are those of one tensor, always the same."""

    pool_size = 8388593   # a prime: no row repeats another, whatever the length of rows

    def __init__(self, seed):
        normal = np.random.default_rng(seed).standard_normal(self.pool_size, np.float32)
        normal[np.abs(normal) < 2.0 ** -24] = 0
        self.pool = to_bf16(normal)
        self.codes = None

    def _take(self, pool, name, count):
        start = zlib.crc32(name.encode()) % self.pool_size
        copies = -(-(start + count) // self.pool_size)
        return (pool if copies == 1 else np.tile(pool, copies))[start:start + count]

    def bf16(self, name, shape):
        """Bits of the tensor's numbers."""
        unit = self._take(self.pool, name, int(np.prod(shape))).reshape(shape)
        if name.endswith("norm.weight"):
            return to_bf16(1 + from_bf16(unit) / 8)
        if name.endswith("e_score_correction_bias"):
            return to_bf16(from_bf16(unit) / 64)
        halvings = 0 if "embed_tokens" in name else round(np.log2(shape[-1]) / 2)
        return np.where(unit & 0x7FFF, unit - np.uint16(halvings << 7), unit)

    def f32(self, name, shape):
        return from_bf16(self.bf16(name, shape))

    def e4m3(self, name, shape):
        """Codes, 16 times a unit normal, and the scales of blocks of 128 x 128, which differ."""
        if self.codes is None:
            self.codes = to_e4m3(from_bf16(self.pool) * 16)
        blocks = tuple(-(-n // 128) for n in shape)
        spread = 1 + np.abs(self.f32(name + " scales", blocks))
        scales = spread * np.float32(2.0 ** -round(np.log2(shape[-1]) / 2) / 16)
        return self._take(self.codes, name, int(np.prod(shape))).reshape(shape), scales.astype(np.float32)


def is_quantised(name, shape):
    """What published fp8 checkpoints store in fp8."""
    return len(shape) == 2 and "layers" in name and not name.endswith("mlp.gate.weight")


def stored(name, shape, kind):
    """(name, dtype, shape, function of Numbers that gives the array) of what the tensor is stored as."""
    if name.endswith("e_score_correction_bias"):
        kind = "f32"
    if kind == "fp8" and is_quantised(name, shape):
        blocks = tuple(-(-n // 128) for n in shape)
        return [(name, "F8_E4M3", shape, lambda numbers: numbers.e4m3(name, shape)[0]),
                (name + "_scale_inv", "F32", blocks, lambda numbers: numbers.e4m3(name, shape)[1])]
    if kind == "f32":
        return [(name, "F32", shape, lambda numbers: numbers.f32(name, shape))]
    if kind == "f16":
        return [(name, "F16", shape, lambda numbers: numbers.f32(name, shape).astype(np.float16))]
    return [(name, "BF16", shape, lambda numbers: numbers.bf16(name, shape))]


width_of = {"F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1}


def write_safetensors(path, tensors, kind, numbers):
    """One tensor after the other: none but the one at hand is in memory."""
    parts = [part for name, shape in tensors for part in stored(name, shape, kind)]
    parts.sort(key=lambda part: -width_of[part[1]])   # the widest first, so that all are aligned
    header, at = {}, 0
    for name, dtype, shape, _ in parts:
        size = int(np.prod(shape)) * width_of[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 64 + 56)   # the data begin at a multiple of 64
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, _, _, array in parts:
            np.ascontiguousarray(array(numbers)).tofile(file)


def write_folder(folder, family, size, kind, numbers):
    config = configs[family](sizes[family][size])
    config["dtype"] = {"f32": "float32", "f16": "float16"}.get(kind, "bfloat16")
    if kind == "fp8":
        config["quantization_config"] = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors", tensors_of(family, size), kind, numbers)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def arguments():
    parser = argparse.ArgumentParser(description="Write a model of random weights as a Hugging Face folder.")
    parser.add_argument("folder", type=pathlib.Path, help="a folder that does not exist yet")
    parser.add_argument("--family", choices=sorted(sizes), required=True)
    parser.add_argument("--size", choices=["tiny", "small", "medium", "large"], required=True)
    parser.add_argument("--format", choices=["bf16", "f32", "f16", "fp8"], default="bf16")
    parser.add_argument("--gguf", type=pathlib.Path, help="write the same weights as GGUF to this file too")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.folder.exists():
        parser.error(f"{given.folder} exists; give a folder that does not")
    if given.format == "fp8" and (given.family != "deepseek_v3" or given.gguf):
        parser.error("--format fp8 is for deepseek_v3, without --gguf: no other is published so")
    return given


def main():
    given = arguments()
    numbers = Numbers(given.seed)
    write_folder(given.folder, given.family, given.size, given.format, numbers)
    if given.gguf:
        import model_as_gguf
        model_as_gguf.write(given.gguf, given.family, sizes[given.family][given.size], given.format, numbers)
    count = sum(int(np.prod(shape)) for _, shape in tensors_of(given.family, given.size))
    print(f"{given.folder}: {given.family}, {given.size}, {count:,} numbers as {given.format}")


if __name__ == "__main__":
    main()
