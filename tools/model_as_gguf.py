"""The models of make_model.py as GGUF, the file format of llama.cpp, so that both can be timed on the same weights.

What differs from a Hugging Face folder:
  names (blk.0.attn_q_a.weight), the experts of a layer as one tensor, norms and the router in f32;
  deepseek_v3 is architecture deepseek2: kv_b is two tensors, k_b (transposed in each head) and v_b;
  mixtral is architecture llama: rows of q and k are in pairs that turn together, not in halves.
There is no tokenizer in the file: token ids go in and come out.

Needs the Python package gguf.
"""
import sys

import numpy as np

try:
    import gguf
except ImportError:
    sys.exit("make_model.py: --gguf needs the Python package gguf (python3 -m pip install gguf)")


def common_fields(writer, s, context, epsilon, theta):
    writer.add_block_count(s["layers"])
    writer.add_context_length(context)
    writer.add_embedding_length(s["hidden"])
    writer.add_head_count(s["heads"])
    writer.add_layer_norm_rms_eps(epsilon)
    writer.add_rope_freq_base(theta)
    writer.add_expert_count(s["experts"])
    writer.add_expert_used_count(s["chosen"])
    writer.add_vocab_size(s["vocab"])
    writer.add_tokenizer_model("none")


def deepseek_v3_fields(writer, s):
    writer.add_feed_forward_length(s["dense"])
    writer.add_head_count_kv(1)   # the absorbed form: all heads read one latent
    writer.add_leading_dense_block_count(1)
    writer.add_q_lora_rank(s["q"])
    writer.add_kv_lora_rank(s["kv"])
    writer.add_key_length(s["kv"] + s["rope"])
    writer.add_value_length(s["kv"])
    writer.add_key_length_mla(s["nope"] + s["rope"])
    writer.add_value_length_mla(s["value"])
    writer.add_rope_dimension_count(s["rope"])
    writer.add_expert_feed_forward_length(s["width"])
    writer.add_expert_shared_count(1)
    writer.add_expert_weights_scale(2.5)
    writer.add_expert_weights_norm(True)
    writer.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    writer.add_expert_group_count(s["groups"])
    writer.add_expert_group_used_count(s["groups"] // 2)


def mixtral_fields(writer, s):
    writer.add_feed_forward_length(s["width"])
    writer.add_head_count_kv(s["kv_heads"])
    writer.add_key_length(s["head"])
    writer.add_value_length(s["head"])
    writer.add_rope_dimension_count(s["head"])


def paired(rows, head):
    """Rows of q or k with the two halves of each head interleaved: row i and row i + head/2 side by side."""
    inputs = rows.shape[1]
    return rows.reshape(-1, 2, head // 2, inputs).swapaxes(1, 2).reshape(-1, inputs)


def whole(name, shape):
    return lambda numbers: numbers.bf16(name, shape)


def stacked(names, shape):
    return lambda numbers: np.stack([numbers.bf16(name, shape) for name in names])


def experts(i, s, name, names):
    """The routed experts' three matrices of one layer. names: of gate, up and down in the folder."""
    wide, narrow = (s["width"], s["hidden"]), (s["hidden"], s["width"])
    for ours, theirs, shape in zip(("gate", "up", "down"), names, (wide, wide, narrow)):
        every = [name.format(i, expert, theirs) for expert in range(s["experts"])]
        yield f"blk.{i}.ffn_{ours}_exps.weight", (s["experts"], *shape), stacked(every, shape)


def mlp(i, s, folder, kind, width):
    for ours, shape in (("gate", (width, s["hidden"])), ("up", (width, s["hidden"])), ("down", (s["hidden"], width))):
        yield f"blk.{i}.ffn_{ours}{kind}.weight", shape, whole(f"{folder}.{ours}_proj.weight", shape)


def split_kv(name, s):
    """k_b and v_b from kv_b, whose rows are, head by head, a key's and then a value's."""
    shape = (s["heads"], s["nope"] + s["value"], s["kv"])

    def heads(numbers):
        return numbers.bf16(name, (shape[0] * shape[1], shape[2])).reshape(shape)

    return (lambda numbers: heads(numbers)[:, :s["nope"]].swapaxes(1, 2), lambda numbers: heads(numbers)[:, s["nope"]:])


def norms(i, s, more=()):
    layer = f"model.layers.{i}"
    for ours, theirs, size in (("attn_norm", "input_layernorm", s["hidden"]),
                               ("ffn_norm", "post_attention_layernorm", s["hidden"]), *more):
        yield f"blk.{i}.{ours}.weight", (size,), whole(f"{layer}.{theirs}.weight", (size,))


def deepseek_v3_layer(i, s):
    layer, attention = f"model.layers.{i}", f"model.layers.{i}.self_attn"
    yield from norms(i, s, [("attn_q_a_norm", "self_attn.q_a_layernorm", s["q"]),
                            ("attn_kv_a_norm", "self_attn.kv_a_layernorm", s["kv"])])
    heads = s["heads"]
    for ours, theirs, shape in (("q_a", "q_a_proj", (s["q"], s["hidden"])),
                                ("q_b", "q_b_proj", (heads * (s["nope"] + s["rope"]), s["q"])),
                                ("kv_a_mqa", "kv_a_proj_with_mqa", (s["kv"] + s["rope"], s["hidden"])),
                                ("output", "o_proj", (s["hidden"], heads * s["value"]))):
        yield f"blk.{i}.attn_{ours}.weight", shape, whole(f"{attention}.{theirs}.weight", shape)
    k_b, v_b = split_kv(f"{attention}.kv_b_proj.weight", s)
    yield f"blk.{i}.attn_k_b.weight", (heads, s["kv"], s["nope"]), k_b
    yield f"blk.{i}.attn_v_b.weight", (heads, s["value"], s["kv"]), v_b
    if i == 0:
        yield from mlp(i, s, f"{layer}.mlp", "", s["dense"])
        return
    router, bias = f"{layer}.mlp.gate.weight", f"{layer}.mlp.gate.e_score_correction_bias"
    yield f"blk.{i}.ffn_gate_inp.weight", (s["experts"], s["hidden"]), whole(router, (s["experts"], s["hidden"]))
    yield f"blk.{i}.exp_probs_b.bias", (s["experts"],), whole(bias, (s["experts"],))
    yield from experts(i, s, "model.layers.{}.mlp.experts.{}.{}.weight", ("gate_proj", "up_proj", "down_proj"))
    yield from mlp(i, s, f"{layer}.mlp.shared_experts", "_shexp", s["width"])


def mixtral_layer(i, s):
    attention, moe = f"model.layers.{i}.self_attn", f"model.layers.{i}.block_sparse_moe"
    yield from norms(i, s)
    width, kv_width, hidden = s["heads"] * s["head"], s["kv_heads"] * s["head"], s["hidden"]
    for ours, theirs, rows in (("q", "q_proj", width), ("k", "k_proj", kv_width)):
        array = whole(f"{attention}.{theirs}.weight", (rows, hidden))
        yield f"blk.{i}.attn_{ours}.weight", (rows, hidden), lambda numbers, a=array: paired(a(numbers), s["head"])
    yield f"blk.{i}.attn_v.weight", (kv_width, hidden), whole(f"{attention}.v_proj.weight", (kv_width, hidden))
    yield f"blk.{i}.attn_output.weight", (hidden, width), whole(f"{attention}.o_proj.weight", (hidden, width))
    shape = (s["experts"], hidden)
    yield f"blk.{i}.ffn_gate_inp.weight", shape, whole(f"{moe}.gate.weight", shape)
    yield from experts(i, s, "model.layers.{}.block_sparse_moe.experts.{}.{}.weight", ("w1", "w3", "w2"))


def tensors_of(layer, s):
    """(name, shape, function of Numbers that gives its bf16 bits)"""
    table, norm = (s["vocab"], s["hidden"]), (s["hidden"],)
    yield "token_embd.weight", table, whole("model.embed_tokens.weight", table)
    yield "output_norm.weight", norm, whole("model.norm.weight", norm)
    yield "output.weight", table, whole("lm_head.weight", table)
    for i in range(s["layers"]):
        yield from layer(i, s)


def as_stored(bits, kind):
    """bf16 bits as the array to write."""
    if kind == "bf16":
        return np.ascontiguousarray(bits)
    values = (np.ascontiguousarray(bits).astype(np.uint32) << 16).view(np.float32)
    return values if kind == "f32" else values.astype(np.float16)


types = {"bf16": ("BF16", 2), "f16": ("F16", 2), "f32": ("F32", 4)}


def kind_of(name, shape, kind):
    return "f32" if len(shape) == 1 or name.endswith("ffn_gate_inp.weight") else kind


def write(path, family, s, kind, numbers):
    """Writes the file, one tensor after the other."""
    architecture = {"deepseek_v3": "deepseek2", "mixtral": "llama"}[family]
    writer = gguf.GGUFWriter(str(path), architecture)
    if family == "deepseek_v3":
        common_fields(writer, s, 40960, 1e-6, 10000.0)
        deepseek_v3_fields(writer, s)
        tensors = list(tensors_of(deepseek_v3_layer, s))
    else:
        common_fields(writer, s, 40960, 1e-5, 1e6)
        mixtral_fields(writer, s)
        tensors = list(tensors_of(mixtral_layer, s))
    for name, shape, _ in tensors:
        type_name, width = types[kind_of(name, shape, kind)]
        writer.add_tensor_info(name, shape, np.dtype(np.uint16), int(np.prod(shape)) * width,
                               gguf.GGMLQuantizationType[type_name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, shape, array in tensors:
        writer.write_tensor_data(as_stored(array(numbers), kind_of(name, shape, kind)))
    writer.close()
