#!/usr/bin/env python3
"""Malformed model folders: each kind ends in one line that names what is wrong, and exit status 2.

    malformed.py PATH_OF_ETALON

A kind is made at run time from a golden folder. Every run must end within five seconds and a gigabyte of address space,
and must not leave a file. What looks wrong and is not is in the class Accepted.
"""

import json
import pathlib
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

root = pathlib.Path(__file__).resolve().parents[2]
golden = root / "tests/golden/models"
story = root / "models/storyteller"
program = sys.argv[1]
shards = "deepseek_v3_f32_shards"
families = ["deepseek_v3", "mixtral", "gpt_oss", "qwen3_next", "deepseek_v4"]
gone = object()  # in place of a value: the field is taken away


class Folder:
    """A copy of a golden model, and ways to spoil it."""

    def __init__(self, model, place):
        source = story if model == "storyteller" else golden / model
        self.path = place
        place.mkdir()
        for path in source.iterdir():
            if not path.name.startswith(("trace_", "golden", "README")):
                (place / path.name).symlink_to(path)

    def __truediv__(self, name):
        return self.path / name

    def write(self, name, content):
        (self / name).unlink(missing_ok=True)
        (self / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def json(self, name):
        return json.loads((self / name).read_text())

    def fields(self, name, **changes):
        """Sets fields of a JSON file; a__b is b inside a."""
        content = self.json(name)
        for path, value in changes.items():
            *outer, last = path.split("__")
            inside = content
            for part in outer:
                inside = inside[int(part) if part.isdigit() else part]
            if value is gone:
                del inside[last]
            else:
                inside[int(last) if last.isdigit() else last] = value
        self.write(name, json.dumps(content))

    def config(self, **changes):
        self.fields("config.json", **changes)

    def weights(self, name="model.safetensors"):
        """Header as a value, and the data."""
        content = (self / name).read_bytes()
        size = struct.unpack("<Q", content[:8])[0]
        return json.loads(content[8 : 8 + size]), content[8 + size :]

    def put_weights(self, header, data, name="model.safetensors"):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        self.write(name, struct.pack("<Q", len(text)) + text + data)

    def header(self, change, name="model.safetensors"):
        header, data = self.weights(name)
        self.put_weights(change(header) or header, data, name)

    def cut(self, size, name="model.safetensors"):
        content = (self / name).read_bytes()
        self.write(name, content[:size])

    def spoil(self, tensor, code):
        """Overwrites the first bytes of a tensor."""
        header, data = self.weights()
        first = header[tensor]["data_offsets"][0]
        self.put_weights(header, data[:first] + code + data[first + len(code) :])


kinds = []


def kind(name, model, spoil, *words, run="inspect"):
    kinds.append((name, model, spoil, words, run))


def some(header, word="proj"):
    """A tensor of the header: the first whose name has the word."""
    return next(name for name in header if word in name)


# --- config.json as a file ------------------------------------------------------------------------------------------
v3 = "deepseek_v3"
config = "config.json"
good = json.loads((golden / v3 / config).read_text())
as_text = json.dumps(good)
for name, content, *words in [
    ("empty", "", "an empty file"),
    ("blank", " \n ", "line 2", "the end of the text"),
    ("not JSON", "hello", "line 1 column 1"),
    ("YAML", "model_type: deepseek_v3\n", "line 1"),
    ("cut short", as_text[:200], "the end of the text"),
    ("a comma too many", as_text[:-1] + ",}", "line 1"),
    ("a comment", "// model\n" + as_text, "line 1 column 1"),
    ("two texts", as_text + as_text, "line 1"),
    ("single quotes", as_text.replace('"', "'"), "line 1 column 2"),
    ("UTF-16", as_text.encode("utf-16"), "line 1 column 1"),
    ("zero bytes", bytes(100), "line 1 column 1"),
    ("not UTF-8", as_text.replace("silu", "sil\udcff").encode("utf-8", "surrogateescape"), "UTF-8"),
    ("half a surrogate", as_text.replace("silu", "\\ud800"), "surrogate"),
    ("NaN", as_text.replace("0.001", "NaN"), "NaN"),
    ("Infinity", as_text.replace("0.001", "-Infinity"), "Infinity"),
    ("a number beyond double", as_text.replace("0.001", "1e999"), "1e999"),
    ("a leading zero", as_text.replace("256", "0256"), "line 1"),
    ("a key twice", as_text.replace('"n_group"', '"hidden_size": 64, "n_group"'), "hidden_size", "twice"),
    ("a list", "[]", "a JSON object", "a list"),
    ("a number", "1", "a JSON object"),
    ("null", "null", "a JSON object"),
    ("nested too deep", "[" * 100_000, "inside each other"),
    ("an empty object", "{}", "model_type"),
    ("a git-lfs pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "line 1"),
    ("a web page", "<!DOCTYPE html><html></html>", "line 1"),
    ("a million brackets", '{"a":' + "{}," * 1_000_000, "line 1"),
]:
    kind(f"config.json: {name}", v3, lambda f, content=content: f.write(config, content), config, *words)
kind("config.json: missing", v3, lambda f: (f / config).unlink(), config)
kind("config.json: a folder", v3, lambda f: ((f / config).unlink(), (f / config).mkdir()), config)

# --- fields ------------------------------------------------------------------------------------------
for model, changes, *words in [
    (v3, {"model_type": gone}, "model_type"),
    (v3, {"model_type": "llama"}, "model_type", '"llama"', "mixtral"),
    (v3, {"model_type": 3}, "model_type"),
    (v3, {"model_type": ""}, "model_type"),
    (v3, {"model_type": "x" * 100_000}, "model_type"),
    (v3, {"model_type": "mixtral"}, config),
    ("mixtral", {"model_type": "deepseek_v3"}, config),
    ("gpt_oss", {"model_type": "mixtral"}, config),
    ("qwen3_next", {"model_type": "gpt_oss"}, config),
    (v3, {"hidden_size": 128}, "shape"),
    (v3, {"vocab_size": 127}, "shape"),
    (v3, {"num_hidden_layers": 5}, "layers.4"),
    (v3, {"num_hidden_layers": 3}, "layers.3"),
    (v3, {"n_routed_experts": 16}, "experts.8"),
    (v3, {"n_routed_experts": 4}, "topk_group"),
    (v3, {"n_routed_experts": 65536}, "65536"),
    (v3, {"num_experts_per_tok": 9}, "num_experts_per_tok"),
    (v3, {"n_group": 3}, "n_group"),
    (v3, {"topk_group": 5}, "topk_group"),
    (v3, {"topk_group": 1, "num_experts_per_tok": 3}, "topk_group"),
    (v3, {"kv_lora_rank": 25}, "shape"),
    (v3, {"q_lora_rank": 16}, "shape"),
    (v3, {"qk_rope_head_dim": 15}, "shape"),
    (v3, {"n_shared_experts": 3}, "shape"),
    (v3, {"first_k_dense_replace": 2}, "layers.1.mlp"),
    (v3, {"hidden_act": "relu"}, "hidden_act"),
    (v3, {"tie_word_embeddings": 1}, "tie_word_embeddings"),
    (v3, {"num_hidden_layers": 1024}, "1024 layers of 8 experts"),
    ("mixtral", {"num_key_value_heads": 3}, "num_key_value_heads"),
    ("mixtral", {"num_key_value_heads": 8}, config),
    ("mixtral", {"num_attention_heads": 65536}, config),
    ("mixtral", {"num_local_experts": 7}, "num_local_experts|experts"),
    ("gpt_oss", {"layer_types": ["full_attention"] * 3}, "layer_types"),
    ("gpt_oss", {"layer_types": ["full_attention"] * 5}, "layer_types"),
    ("gpt_oss", {"layer_types": ["full_attention"] * 3 + ["Full"]}, "layer_types"),
    ("gpt_oss", {"layer_types": "full_attention"}, "layer_types"),
    ("gpt_oss", {"layer_types": [1, 2, 3, 4]}, "layer_types[0]"),
    ("gpt_oss", {"layer_types": []}, "layer_types"),
    ("gpt_oss", {"sliding_window": 0}, "sliding_window"),
    ("gpt_oss", {"sliding_window": -1}, "sliding_window"),
    ("qwen3_next", {"layer_types": ["linear_attention"] * 4}, "layers.3"),
    ("qwen3_next", {"layer_types": ["sliding_attention"] * 4}, "layer_types"),
    ("qwen3_next", {"linear_num_value_heads": 3}, "linear_num_value_heads"),
    ("qwen3_next", {"linear_conv_kernel_dim": 0}, "linear_conv_kernel_dim"),
    ("qwen3_next", {"mlp_only_layers": "1"}, "mlp_only_layers"),
    ("qwen3_next", {"mlp_only_layers": [-1]}, "mlp_only_layers"),
    ("deepseek_v4", {"layer_types": ["sliding_attention"] * 3}, "layer_types"),
    ("deepseek_v4", {"mlp_layer_types": ["hash_moe"] * 3}, "mlp_layer_types"),
    ("deepseek_v4", {"mlp_layer_types": ["moe"] * 4}, "layers.0"),
    ("deepseek_v4", {"hc_mult": 0}, "hc_mult"),
    ("deepseek_v4", {"hc_mult": 5}, "shape"),
    ("deepseek_v4", {"compress_rates": {}}, "shape"),
    ("deepseek_v4", {"compress_rates__compressed_sparse_attention": 0}, "compress_rates.compressed_sparse_attention"),
    ("deepseek_v4", {"compress_rates__compressed_sparse_attention": 1 << 30}, config),
    ("deepseek_v4", {"o_groups": 3}, "o_groups"),
    ("deepseek_v4", {"index_topk": 0}, "index_topk"),
    ("deepseek_v4", {"scoring_func": "tanh"}, "scoring_func"),
]:
    told = ", ".join(
        f"{field} {'gone' if value is gone else json.dumps(value)[:60]}" for field, value in changes.items()
    )
    kind(f"{model}: {told}", model, lambda f, changes=changes: f.config(**changes), *words)

for value, *words in [
    (1, "rope_parameters"),
    ([], "rope_parameters"),
    ({"rope_type": "spiral"}, "rope_type"),
    ({"rope_type": 1}, "rope_type"),
    ({"rope_type": "yarn"}, "rope_parameters.factor"),
    ({"rope_type": "yarn", "factor": 0.5}, "factor"),
    ({"rope_type": "yarn", "factor": "4"}, "factor"),
    ({"rope_type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 2}, "beta_fast"),
    ({"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 0}, "original_max_position_embeddings"),
    ({"rope_type": "default", "rope_theta": 0}, "rope_theta"),
    ({"rope_theta": -1e4}, "rope_theta"),
    ({"rope_theta": "10000"}, "rope_theta"),
    ({"rope_type": "llama3", "factor": 8}, "low_freq_factor"),
    ({"full_attention": {"rope_theta": 100.0}}, "rope_parameters"),
]:
    kind(f"rope_parameters {json.dumps(value)}", v3, lambda f, value=value: f.config(rope_parameters=value), *words)

for value, *words in [
    (1, "quantization_config"),
    ({"weight_block_size": [128]}, "weight_block_size"),
    ({"weight_block_size": [0, 128]}, "weight_block_size"),
    ({"weight_block_size": [128, 100]}, "weight_block_size"),
    ({"weight_block_size": "128"}, "weight_block_size"),
    ({"weight_block_size": [64, 64]}, "scale"),
]:
    kind(
        f"quantization_config {json.dumps(value)}",
        "deepseek_v3_fp8",
        lambda f, value=value: f.config(quantization_config=value),
        *words,
    )

# --- safetensors ------------------------------------------------------------------------------------------
weights = "model.safetensors"
size_of_v3 = (golden / v3 / weights).stat().st_size
for size in (0, 1, 7, 8, 9, 100, 5000, size_of_v3 // 2, size_of_v3 - 1):
    kind(f"weights cut to {size} bytes", v3, lambda f, size=size: f.cut(size), weights)
kind(
    "weights with a byte too many", v3, lambda f: f.write(weights, (golden / v3 / weights).read_bytes() + b"x"), weights
)
for name, content in [
    ("a git-lfs pointer", b"version https://git-lfs.github.com/spec/v1\n"),
    ("GGUF", b"GGUF\3" + bytes(99)),
    ("a zip archive", b"PK\3\4" + bytes(99)),
    ("a web page", b"<!DOCTYPE html>"),
    ("zeros", bytes(4096)),
    ("ones", b"\xff" * 4096),
    ("a header beyond the file", struct.pack("<Q", 1000) + b"{}"),
    ("a header of 2^63 bytes", struct.pack("<Q", 1 << 63) + b"{}" * 50),
    ("a header of no bytes", bytes(8) + b"{}"),
]:
    kind(f"weights: {name}", v3, lambda f, content=content: f.write(weights, content), weights)
for name, text, *words in [
    ("a list", b"[]", "header"),
    ("not JSON", b"{hello}", "header"),
    ("not UTF-8", b'{"\xff":1}', "header"),
    ("a text", b'"x"', "header"),
    ("no tensor", b"{}", "data"),
    ("a tensor that is a number", b'{"x":1}', "header"),
    ("no shape", b'{"x":{"dtype":"F32","data_offsets":[0,4]}}', '"x"', "shape"),
    ("no dtype", b'{"x":{"shape":[1],"data_offsets":[0,4]}}', '"x"', "dtype"),
    ("no offsets", b'{"x":{"dtype":"F32","shape":[1]}}', '"x"', "data_offsets"),
    ("an unknown field", b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"y":1}}', '"y"'),
    ("an unknown dtype", b'{"x":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}', "F33"),
    ("a negative size", b'{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', "-1"),
    ("half a size", b'{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}', "1.5"),
    ("a size beyond 2^64", b'{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}', '"x"'),
    (
        "sizes whose product overflows",
        b'{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}',
        '"x"',
    ),
    ("negative offsets", b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', '"x"'),
    ("offsets in the wrong order", b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', '"x"', "ascending"),
    ("three offsets", b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', '"x"'),
    (
        "a name twice",
        b'{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        '"x" twice',
    ),
    ("metadata that is a list", b'{"__metadata__":[1]}', "__metadata__"),
    ("metadata that is a number", b'{"__metadata__":{"a":1}}', "__metadata__"),
]:
    kind(f"header: {name}", v3, lambda f, text=text: f.put_weights(text, b"abcd"), weights, *words)


def first_of_all(header):
    return min((entry for name, entry in header.items() if name != "__metadata__"), key=lambda e: e["data_offsets"][0])


def shifted(by):
    def change(header):
        entry = first_of_all(header)
        entry["data_offsets"] = [offset + by for offset in entry["data_offsets"]]

    return change


kind("header: tensors that overlap", v3, lambda f: f.header(shifted(2)), weights, "overlap or hole")
kind("header: a hole between tensors", v3, lambda f: f.header(lambda h: h.pop(some(h)) and None), weights, "hole")
kind(
    "header: a tensor beyond the file",
    v3,
    lambda f: f.header(lambda h: h[some(h)].update(data_offsets=[1 << 40, (1 << 40) + 4])),
    weights,
    "within the file",
)
kind(
    "header: a shape that does not fill the bytes",
    v3,
    lambda f: f.header(lambda h: h[some(h)].update(shape=[1, 1])),
    weights,
    "bytes",
)
kind(
    "a tensor of a wrong name",
    v3,
    lambda f: f.header(lambda h: h.update(wrong=h.pop(some(h)))),
    "missing",
    "unknown: wrong",
)
kind(
    "a tensor of a wrong shape",
    v3,
    lambda f: f.header(lambda h: h[some(h, "q_a_proj")].update(shape=h[some(h, "q_a_proj")]["shape"][::-1])),
    "shape",
    "q_a_proj",
)
kind(
    "a tensor of another type",
    v3,
    lambda f: f.header(lambda h: h[some(h, "q_a_proj")].update(dtype="I16")),
    "q_a_proj",
    "I16",
)
kind(
    "a tensor of no numbers",
    v3,
    lambda f: f.put_weights(
        *(lambda h, d: ({**h, "empty": {"dtype": "F32", "shape": [0], "data_offsets": [len(d), len(d)]}}, d))(
            *f.weights()
        )
    ),
    "unknown: empty",
)
kind(
    "8-bit floats without their scales",
    "deepseek_v3_fp8",
    lambda f: f.header(lambda h: h.update(lost=h.pop(some(h, "scale_inv")))),
    "without its scales",
    "lost",
)
kind(
    "scales of a wrong shape",
    "deepseek_v3_fp8",
    lambda f: f.header(lambda h: h[some(h, "scale_inv")].update(shape=h[some(h, "scale_inv")]["shape"] + [1])),
    "scale",
)
kind(
    "4-bit codes without their scales",
    "gpt_oss_mxfp4",
    lambda f: f.header(lambda h: h.update(lost=h.pop(some(h, "_scales")))),
    "without its scales|missing",
)
kind(
    "4-bit codes of a wrong shape",
    "gpt_oss_mxfp4",
    lambda f: f.header(lambda h: h[some(h, "_blocks")].update(shape=[1] + h[some(h, "_blocks")]["shape"])),
    "shape",
    "_blocks",
)
kind(
    "4-bit codes that lack a group",
    "deepseek_v4_fp4",
    lambda f: f.header(
        lambda h: [h[n].update(shape=h[n]["shape"][::-1]) for n in h if h[n].get("dtype") in ("I8", "U8")] and None
    ),
    "shape",
)
kind(
    "a table of experts with an id beyond them",
    "deepseek_v4",
    lambda f: f.spoil(some(f.weights()[0], "tid2eid"), struct.pack("<i", 8)),
    "ids",
    "tid2eid",
)

# --- the index ------------------------------------------------------------------------------------------
index = "model.safetensors.index.json"
index_map = json.loads((golden / shards / index).read_text())["weight_map"]
a_tensor, a_shard = next(iter(index_map.items()))
for name, content, *words in [
    ("empty", "", "empty"),
    ("not JSON", "x", "line 1"),
    ("a list", "[]", "weight_map"),
    ("no weight_map", "{}", "weight_map"),
    ("weight_map a list", '{"weight_map": []}', "weight_map"),
    ("weight_map null", '{"weight_map": null}', "weight_map"),
    ("weight_map empty", '{"weight_map": {}}', "weight_map"),
    ("a tensor twice", '{"weight_map": {"a": "b", "a": "c"}}', "twice"),
    *[
        (f"a shard {json.dumps(shard)}", json.dumps({"weight_map": {**index_map, a_tensor: shard}}), a_tensor)
        for shard in (
            1,
            None,
            [],
            "",
            "..",
            "../" + a_shard,
            "/etc/passwd",
            "./" + a_shard,
            "a\0.safetensors",
            ".safetensors",
            "x" * 300 + ".safetensors",
            "config.json",
            "..\\" + a_shard,
        )
    ],
    (
        "a shard that is not there",
        json.dumps({"weight_map": {**index_map, a_tensor: "no.safetensors"}}),
        "no.safetensors",
    ),
    (
        "a tensor in another shard",
        json.dumps({"weight_map": {**index_map, a_tensor: sorted(set(index_map.values()) - {a_shard})[0]}}),
        a_tensor,
    ),
    ("a tensor that no shard has", json.dumps({"weight_map": {**index_map, "more": a_shard}}), '"more"'),
    ("a tensor too few", json.dumps({"weight_map": {k: v for k, v in index_map.items() if k != a_tensor}}), a_tensor),
]:
    kind(f"index: {name}", shards, lambda f, content=content: f.write(index, content), index, *words)
kind("index: missing", shards, lambda f: (f / index).unlink(), "index")
kind(
    "index: a link to itself", shards, lambda f: ((f / index).unlink(), (f / index).symlink_to(f / index)), str("index")
)
kind(
    "index: a shard is the index",
    shards,
    lambda f: ((f / a_shard).unlink(), (f / a_shard).symlink_to(f / index)),
    a_shard,
)
kind("index: a shard cut short", shards, lambda f: f.cut(20_000, a_shard), a_shard)
kind(
    "index: two shards cut short",
    shards,
    lambda f: [f.cut(9, shard) for shard in set(index_map.values())] and None,
    *set(index_map.values()),
)
kind("no weights at all", v3, lambda f: (f / weights).unlink(), "download")
kind("weights of PyTorch only", v3, lambda f: (f / weights).rename(f / "pytorch_model.bin"), "PyTorch")
kind("weights of GGUF only", v3, lambda f: (f / weights).rename(f / "model.gguf"), "GGUF")
kind("an empty folder", v3, lambda f: [path.unlink() for path in f.path.iterdir()] and None, "an empty folder")
kind(
    "the folder around the model",
    v3,
    lambda f: ((f / "inner").mkdir(), [p.rename(f / "inner" / p.name) for p in f.path.iterdir() if p.name != "inner"])
    and None,
    "inner folder",
)

# --- tokenizer, template, generation ----------------------------------------------------------------------------------
teller, tokenizer = "storyteller", "tokenizer.json"
for name, content, *words in [
    ("empty", "", "empty"),
    ("not JSON", "x", "line 1"),
    ("a list", "[]"),
    ("an empty object", "{}", "model"),
    ("cut short", (story / tokenizer).read_bytes()[:30_000]),
    ("not UTF-8", b'{"model": "\xff"}', "UTF-8"),
]:
    kind(
        f"tokenizer.json: {name}",
        teller,
        lambda f, content=content: f.write(tokenizer, content),
        tokenizer,
        *words,
        run="tokenize",
    )
for changes, *words in [
    ({"model": gone}, "model"),
    ({"model": 1}, "model"),
    ({"model__type": "Unigram"}, "Unigram"),
    ({"model__type": 1}, "type"),
    ({"model__vocab": gone}, "vocab"),
    ({"model__vocab": []}, "vocab"),
    ({"model__vocab": {}}, ""),
    ({"model__vocab": {"a": -1}}, "vocab|-1"),
    ({"model__vocab": {"a": 0, "b": 0}}, ""),
    ({"model__vocab": {"a": 4294967296}}, ""),
    ({"model__vocab": {"a": "0"}}, ""),
    ({"model__merges": 1}, "merges"),
    ({"model__merges": ["a"]}, "merge"),
    ({"model__merges": [["a", "b", "c"]]}, "merge"),
    ({"model__merges": [["nothing", "here"]]}, "merge|nothing"),
    ({"model__merges": [1]}, "merge"),
    ({"added_tokens": 1}, "added_tokens"),
    ({"added_tokens": [1]}, "added_tokens"),
    ({"added_tokens": [{"id": 0}]}, "content"),
    ({"added_tokens__0__id": -1}, "id"),
    ({"pre_tokenizer": {"type": "Nonsense"}}, "Nonsense"),
    ({"pre_tokenizer": 1}, "pre_tokenizer"),
    (
        {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": False}},
        "pattern|Regex|regular",
    ),
    ({"normalizer": {"type": "Nonsense"}}, "Nonsense"),
    ({"decoder": {"type": "Nonsense"}}, "Nonsense"),
    ({"post_processor": {"type": "Nonsense"}}, "Nonsense"),
]:
    told = ", ".join(
        f"{field} {'gone' if value is gone else json.dumps(value)[:50]}" for field, value in changes.items()
    )
    kind(
        f"tokenizer.json: {told}",
        teller,
        lambda f, changes=changes: f.fields(tokenizer, **changes),
        tokenizer,
        *words,
        run="tokenize",
    )
kind("tokenizer.json: missing", teller, lambda f: (f / tokenizer).unlink(), tokenizer, run="tokenize")
kind(
    "a tokenizer with ids beyond the model's",
    teller,
    lambda f: f.fields(tokenizer, added_tokens__0__id=4_000_000, added_tokens__0__content="Ada"),
    "id|token",
    run="generate",
)
template = "chat_template.jinja"
for name, text, *words in [
    ("an open tag", "{% if x", "line 1"),
    ("an unknown tag", "{% frob %}", "frob"),
    ("an end without a beginning", "{% endif %}", "endif"),
    ("a loop that is not ended", "{% for m in messages %}", "for|end"),
    ("an unknown filter", "{{ x | frob }}", "frob"),
    ("an unknown function", "{{ frob() }}", "frob"),
    ("not UTF-8", b"\xff", "UTF-8"),
    ("it refuses", "{{ raise_exception('no, thanks') }}", "no, thanks"),
    ("a line break in its refusal", "{{ raise_exception('no\\nthanks') }}", "no"),
    ("a division by zero", "{{ 1 // 0 }}", "divisor"),
    ("endless text", "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", ""),
    ("a recursion without end", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", ""),
    ("a range of 10^12", "{{ range(1000000000000) | list }}", ""),
    ("a text of 10^12 letters", "{{ 'x' * 1000000000000 }}", ""),
    ("brackets without end", "{{ " + "(" * 100_000, ""),
    ("an empty file", "", template),
]:
    kind(f"chat_template: {name}", teller, lambda f, text=text: f.write(template, text), *words, run="render")
for name in ("render", "chat"):
    kind(
        f"{name} without a template",
        teller,
        lambda f: ((f / template).unlink(), f.fields("tokenizer_config.json", chat_template=gone)),
        template,
        run=name,
    )
kind("generation without a tokenizer", teller, lambda f: (f / tokenizer).unlink(), tokenizer, run="generate")
for name in ("tokenizer_config.json", "generation_config.json"):
    for content, *words in [("", "empty"), ("x", "line 1"), ("[]", "object"), ('{"a": 1, "a": 2}', "twice")]:
        kind(
            f"{name}: {content!r}",
            teller,
            lambda f, name=name, content=content: f.write(name, content),
            name,
            *words,
            run="chat",
        )
for name, changes, *words in [
    ("tokenizer_config.json", {"bos_token": 1}, "bos_token"),
    ("tokenizer_config.json", {"add_bos_token": "yes"}, "add_bos_token"),
    ("generation_config.json", {"eos_token_id": "x"}, "eos_token_id"),
    ("generation_config.json", {"eos_token_id": [1, -5]}, "eos_token_id"),
    ("generation_config.json", {"do_sample": 1}, "do_sample"),
    ("generation_config.json", {"do_sample": True, "temperature": "hot"}, "temperature"),
    ("generation_config.json", {"do_sample": True, "temperature": -1}, "temperature"),
    ("generation_config.json", {"do_sample": True, "top_k": 1.5}, "top_k"),
    ("generation_config.json", {"do_sample": True, "top_p": 2}, "top_p"),
]:
    kind(
        f"{name}: {json.dumps(changes)}",
        teller,
        lambda f, name=name, changes=changes: f.fields(name, **changes),
        name,
        *words,
        run="chat",
    )

# --- numbers that are none ------------------------------------------------------------------------------------------
for model in families:

    def no_numbers(f, model=model):
        norm = "norm.weight" if model == "deepseek_v4" else "model.norm.weight"
        f.spoil(norm, b"\0\0\xc0\x7f" if f.weights()[0][norm]["dtype"] == "F32" else b"\xc0\x7f")

    kind(f"{model}: a final norm of NaN", model, no_numbers, "logits at position", "NaN", run="generate ids")

conversation = '{"messages": [{"role": "user", "content": "x"}], "add_generation_prompt": true}'
commands = {
    "inspect": lambda f: (["inspect", f], ""),
    "logits": lambda f: (["logits", "--model", f, "--tokens", "1,2,3", "--threads", "1", "--out", f.parent / "out"], ""),
    "tokenize": lambda f: (["tokenize", "--model", f], "Ada went to the mill."),
    "generate": lambda f: (["generate", "--model", f, "--prompt", "Ada", "--max-tokens", "2", "--threads", "1"], ""),
    "generate ids": lambda f: (
        ["generate", "--model", f, "--tokens", "1,2,3", "--max-tokens", "2", "--threads", "1"],
        "",
    ),
    "chat": lambda f: (["chat", "--model", f, "--message", "x", "--max-tokens", "2", "--threads", "1"], ""),
    "render": lambda f: (["render", "--model", f], conversation),
}


def outcome(command, folder):
    arguments, text = commands[command](folder)
    (folder.parent / "out").unlink(missing_ok=True)
    done = subprocess.run([program, *map(str, arguments)], input=text.encode(), capture_output=True, timeout=5)
    done.stderr = done.stderr.decode(errors="backslashreplace")
    return done


def problem(done, words):
    """What is wrong with a refusal, or None."""
    said = done.stderr
    if done.returncode != 2:
        return f"exit status {done.returncode}: {said[:300]!r}"
    if said.count("\n") != 1 or not said.startswith("etalon: ") or ": expected " not in said and "raise" not in said:
        return f"not one clear line: {said[:300]!r}"
    if any(ord(c) < 32 or ord(c) == 127 for c in said[:-1]) or len(said) > 200_000:
        return f"not fit to be shown: {said[:300]!r}"
    missing = [word for word in words if not re.search(word if "|" in word else re.escape(word), said)]
    return f"does not name {missing}: {said[:300]!r}" if missing else None


class Test(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="etalon-malformed-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def folder(self, model):
        place = self.scratch / "model"
        shutil.rmtree(place, ignore_errors=True)
        return Folder(model, place)


class Refused(Test):
    def test_each_kind_is_refused_in_one_line_that_names_it(self):
        for name, model, spoil, words, run in kinds:
            with self.subTest(name):
                folder = self.folder(model)
                spoil(folder)
                before = sorted(path.name for path in folder.path.iterdir())
                self.assertIsNone(problem(outcome(run, folder.path), words))
                self.assertEqual(sorted(path.name for path in folder.path.iterdir()), before)
        print(f"{len(kinds)} kinds")


# Fields that this program has no use for: whatever they hold is let be.
unread = {
    "attention_dropout",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "initializer_range",
    "pretraining_tp",
    "router_aux_loss_coef",
    "router_jitter_noise",
    "qk_head_dim",
}
unread_by = {
    "deepseek_v3": {"head_dim", "num_key_value_heads"},
    "deepseek_v4": {"rope_theta", "compress_rope_theta", "num_nextn_predict_layers"},
}  # beside rope_parameters
wrong = ["64", [], 0, -1, 1.5, 1 << 31, 1 << 63, 1e308]


def numbers(fields, path=()):
    """Paths of all numbers of a configuration."""
    for key, value in (fields.items() if isinstance(fields, dict) else enumerate(fields)):
        if isinstance(value, (dict, list)):
            yield from numbers(value, (*path, str(key)))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield "__".join((*path, str(key)))


class Swept(Test):
    def test_every_number_of_every_configuration_in_wrong_forms_is_refused_or_does_no_harm(self):
        runs, refused = 0, 0
        for model in families:
            fields = json.loads((golden / model / config).read_text())
            folder = self.folder(model)
            let_be = unread | unread_by.get(model, set())
            for path in numbers(fields):
                for value in wrong:
                    with self.subTest(f"{model}: {path} {json.dumps(value)}"):
                        folder.write(config, json.dumps(fields))
                        folder.config(**{path: value})
                        done = outcome("logits", folder.path)
                        runs, refused = runs + 1, refused + (done.returncode != 0)
                        if done.returncode != 0:
                            self.assertIsNone(problem(done, ()))
                            self.assertFalse((folder.path.parent / "out").exists())
                        if isinstance(value, (str, list)) and path not in let_be and done.returncode == 0:
                            self.fail("a text or a list passed for a number")
        print(f"{refused} of {runs} wrong numbers refused")


class Accepted(Test):
    """What looks wrong and is not."""

    def assert_accepted(self, folder, run="inspect"):
        done = outcome(run, folder.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done

    def test_a_byte_order_mark_before_config_json(self):
        folder = self.folder(v3)
        folder.write(config, b"\xef\xbb\xbf" + as_text.encode())
        self.assert_accepted(folder)

    def test_fields_nobody_knows_and_fields_that_are_null(self):
        folder = self.folder(v3)
        folder.config(
            unheard_of={"deep": [1, "x", None]}, architectures=["Else"], rope_scaling=None, quantization_config=None
        )
        self.assert_accepted(folder)

    def test_carriage_returns_and_escapes_in_config_json(self):
        folder = self.folder(v3)
        folder.write(config, json.dumps(good, indent=1).replace("\n", "\r\n").replace("silu", "\\u0073ilu"))
        self.assert_accepted(folder)

    def test_a_header_with_blanks_after_it(self):
        folder = self.folder(v3)
        header, data = folder.weights()
        folder.put_weights(json.dumps(header).encode() + b" " * 1000, data)
        self.assert_accepted(folder)

    def test_patterns_of_any_size_and_added_tokens_of_no_letters(self):
        folder = self.folder(teller)
        for pattern in ("(a*)*" * 3000, "a{99999}{99999}"):
            folder.fields(
                tokenizer,
                pre_tokenizer={"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
            )
            self.assert_accepted(folder, "tokenize")
        folder.fields(tokenizer, added_tokens__0__content="")  # the tokenizers library leaves it out too
        self.assert_accepted(folder, "tokenize")

    def test_buffers_of_other_software(self):
        folder = self.folder(v3)
        header, data = folder.weights()
        header["model.layers.0.self_attn.rotary_emb.inv_freq"] = {
            "dtype": "F32",
            "shape": [0],
            "data_offsets": [len(data)] * 2,
        }
        folder.put_weights(header, data)
        self.assert_accepted(folder)

    def test_weights_of_nan_give_logits_that_show_them(self):
        folder = self.folder(v3)
        folder.spoil("model.norm.weight", b"\xc0\x7f")
        self.assert_accepted(folder, "logits")
        self.assertTrue((folder.path.parent / "out").exists())

    def test_the_golden_folders_themselves(self):
        for model in [*families, "deepseek_v3_fp8", "gpt_oss_mxfp4", "deepseek_v4_fp4", shards]:
            self.assert_accepted(self.folder(model))
        for run in ("generate", "tokenize", "render"):
            self.assert_accepted(self.folder(teller), run)


if __name__ == "__main__":
    for what, limit in ((resource.RLIMIT_AS, 1 << 30), (resource.RLIMIT_CORE, 0)):  # what is run inherits them
        resource.setrlimit(what, (limit, limit))
    unittest.main(argv=sys.argv[:1])
