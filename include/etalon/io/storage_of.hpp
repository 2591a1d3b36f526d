#pragma once
// A tensor of a file, or a slice of one, as a weight's storage: which dtype is which format, and where its scales are.
//
//   NAME.weight F8_E4M3 [out, in]  +  NAME.weight_scale_inv, or NAME.scale, [ceil(out/128), ceil(in/128)]
//   NAME.weight I8 [out, in]  +  NAME.weight_scale_inv as above, or NAME.weight_scale [out, 1]: one a row
//   NAME.weight I8 [out, in/2], two e2m1 codes a byte  +  NAME.scale F8_E8M0 [out, in/32]           (DeepSeek-V4)
//   NAME_blocks U8 [experts, out, in/32, 16]  +  NAME_scales U8 [experts, out, in/32]               (gpt-oss)
//
// Nothing is copied: the storage points into the mapped file, with strides where the weight is a slice.
#include <optional>
#include <string>
#include <vector>

#include <etalon/families/names.hpp>
#include <etalon/io/checkpoint.hpp>
#include <etalon/weight.hpp>

namespace etalon::io {

struct BlockSize { int rows = 128, columns = 128; };

// A tensor, the tensor of its scales if it has one, and which part of them is meant.
struct StoredTensor { const TensorInfo *tensor = nullptr, *scale = nullptr; Slice slice; int expert = 0; };

// What stands in the way of using a tensor as it is, in words; empty when nothing does.
struct StorageResult { Storage storage; std::string problem; };

// The tensor a source names, with its scales. Quantised tensors may go by names of their own (NAME_blocks): their rows
// are outputs, also where the plain tensor of that name is stored (in, out).
inline StoredTensor stored_tensor(const Checkpoint& checkpoint, const Source& source) {
  const std::string& name = source.tensor;
  if (const TensorInfo* blocks = checkpoint.find(name + "_blocks")) {
    Slice slice = source.slice;
    slice.transposed = false;
    return {blocks, checkpoint.find(name + "_scales"), slice, source.expert};
  }
  const TensorInfo* scale = checkpoint.find(name + "_scale_inv");
  if (!scale) scale = checkpoint.find(name + "_scale");
  if (!scale && name.ends_with(".weight")) scale = checkpoint.find(name.substr(0, name.size() - 6) + "scale");
  return {checkpoint.find(name), scale, source.slice, source.expert};
}

namespace detail {

inline std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (std::int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

// Expected [rows, columns] (or [columns]) of the whole tensor that holds this slice of a weight of `wanted` shape,
// after the axis of experts.
inline std::vector<std::int64_t> shape_in_file(std::vector<std::int64_t> wanted, const Slice& slice) {
  wanted.front() *= slice.step * slice.blocks;
  if (slice.transposed && wanted.size() == 2) std::swap(wanted[0], wanted[1]);
  return wanted;
}

// Where the slice's first row starts and how far apart its rows and columns are, in numbers.
struct Strides { std::ptrdiff_t offset, row, column; };

inline Strides strides_of(const StoredTensor& stored, const std::vector<std::int64_t>& wanted) {
  const Slice& slice = stored.slice;
  const std::vector<std::int64_t> in_file = shape_in_file(wanted, slice);
  const std::ptrdiff_t first = slice.first + slice.block * wanted.front();
  if (wanted.size() == 1)   // a vector is one row; its numbers may be `step` apart
    return {stored.expert * in_file[0] + first, 0, slice.step};
  const std::ptrdiff_t expert = slice.of_expert ? stored.expert * in_file[0] * in_file[1] : 0;
  if (slice.transposed) return {expert + first, slice.step, in_file[1]};
  return {expert + first * in_file[1], slice.step * in_file[1], 1};
}

template <class Number> StorageResult plain(const StoredTensor& stored, const std::vector<std::int64_t>& wanted) {
  const Strides strides = strides_of(stored, wanted);
  return {Plain<Number>{stored.tensor->bytes.data() + strides.offset * std::ptrdiff_t{sizeof(Number)}, strides.row,
                        strides.column}, {}};
}

// The scales of a quantised matrix must have this shape; says so if they do not.
inline std::string scale_problem(const StoredTensor& stored, const std::vector<std::int64_t>& shape) {
  if (!stored.scale)
    return std::string(name_of(stored.tensor->dtype)) + " without its scales (" + stored.tensor->name +
           "_scale_inv, or .scale)";
  if (stored.scale->shape == shape) return {};
  return "its scales " + stored.scale->name + " are " + shape_text(stored.scale->shape) + ", expected " +
         shape_text(shape);
}

// Is a tensor of I8 whole numbers with scales, rather than pairs of 4-bit codes? Their scales are e8m0.
inline bool is_int8(const StoredTensor& stored) {
  if (stored.tensor->dtype != Dtype::I8 || !stored.scale) return false;
  return stored.scale->dtype == Dtype::F32 || stored.scale->dtype == Dtype::BF16;
}

template <class Code> StorageResult scaled(const StoredTensor& stored, BlockSize block) {
  const TensorInfo& tensor = *stored.tensor;
  if (tensor.shape.size() != 2 || !stored.slice.whole()) return {{}, "8-bit numbers that are not a whole matrix"};
  if (stored.scale && stored.scale->name.ends_with("_scale"))   // one scale a row
    block = {1, static_cast<int>((tensor.shape[1] + 31) / 32 * 32)};
  const std::string problem = scale_problem(stored, {(tensor.shape[0] + block.rows - 1) / block.rows,
                                                     (tensor.shape[1] + block.columns - 1) / block.columns});
  if (!problem.empty()) return {{}, problem};
  const auto blocks = [&]<class Scale>(Scale) -> StorageResult {
    return {ScaledBlocks<Code, Scale>{{tensor.bytes.data(), tensor.shape[1], 1},
                                      {stored.scale->bytes.data(), stored.scale->shape[1], 1},
                                      block.rows, block.columns}, {}};
  };
  const Dtype dtype = stored.scale->dtype;
  if (dtype == Dtype::F32) return blocks(F32{});
  if constexpr (!std::is_same_v<Code, E5m2>)
    if (dtype == Dtype::BF16) return blocks(Bf16{});
  if constexpr (std::is_same_v<Code, E4m3>) {
    if (dtype == Dtype::F8_E8M0 || dtype == Dtype::U8) return blocks(E8m0{});
  }
  return {{}, "its scales " + stored.scale->name + " are " + std::string(name_of(dtype)) + ", expected F32"};
}

// Four-bit codes. [out, in/2] bytes of one matrix, or [experts, out, in/32, 16] of all experts.
inline StorageResult four_bit(const StoredTensor& stored, const std::vector<std::int64_t>& wanted) {
  if (wanted.size() != 2 || wanted[1] % Mxfp4::block != 0 || stored.slice.transposed)
    return {{}, "4-bit codes for something that is not a matrix of whole groups of 32 columns"};
  const std::vector<std::int64_t> in_file = shape_in_file(wanted, stored.slice);
  std::vector<std::int64_t> scales = {in_file[0], in_file[1] / Mxfp4::block};
  if (stored.slice.of_expert) scales.insert(scales.begin(), stored.tensor->shape[0]);
  if (const std::string problem = scale_problem(stored, scales); !problem.empty()) return {{}, problem};
  const Dtype dtype = stored.scale->dtype;
  if (dtype != Dtype::F8_E8M0 && dtype != Dtype::U8)
    return {{}, "its scales are " + std::string(name_of(dtype)) + ", expected F8_E8M0 or U8"};
  const std::ptrdiff_t bytes = wanted[1] / 2, groups = wanted[1] / Mxfp4::block;
  const std::ptrdiff_t first = stored.expert * in_file[0] + stored.slice.first + stored.slice.block * wanted[0];
  return {Mxfp4{stored.tensor->bytes.data() + first * bytes, stored.scale->bytes.data() + first * groups,
                stored.slice.step * bytes, stored.slice.step * groups}, {}};
}

}  // namespace detail

// The shape a weight's tensor must have in the file; 4-bit codes stand two to a byte.
inline std::vector<std::int64_t> expected_shape(const StoredTensor& stored, const std::vector<std::int64_t>& wanted) {
  std::vector<std::int64_t> shape = detail::shape_in_file(wanted, stored.slice);
  const Dtype dtype = stored.tensor->dtype;
  if (stored.tensor->name.ends_with("_blocks")) shape = {shape[0], shape.back() / Mxfp4::block, Mxfp4::block / 2};
  else if (detail::is_int8(stored)) return shape;
  else if (dtype == Dtype::I8 || dtype == Dtype::U8) shape.back() /= 2;
  if (stored.slice.of_expert) shape.insert(shape.begin(), stored.tensor->shape.empty() ? 1 : stored.tensor->shape[0]);
  return shape;
}

// Storage of a weight of `wanted` shape; the tensor's own shape has been checked.
inline StorageResult storage_of(const StoredTensor& stored, const std::vector<std::int64_t>& wanted, BlockSize block) {
  switch (stored.tensor->dtype) {
    case Dtype::F32: return detail::plain<F32>(stored, wanted);
    case Dtype::BF16: return detail::plain<Bf16>(stored, wanted);
    case Dtype::F16: return detail::plain<F16>(stored, wanted);
    case Dtype::I64: return detail::plain<I64>(stored, wanted);
    case Dtype::I32: return detail::plain<I32>(stored, wanted);
    case Dtype::F8_E4M3: return detail::scaled<E4m3>(stored, block);
    case Dtype::F8_E5M2:
      return stored.scale ? detail::scaled<E5m2>(stored, block) : detail::plain<E5m2>(stored, wanted);
    case Dtype::I8:
      if (detail::is_int8(stored)) return detail::scaled<I8>(stored, block);
      [[fallthrough]];
    case Dtype::U8: return detail::four_bit(stored, wanted);
    default:
      return {{}, "dtype " + std::string(name_of(stored.tensor->dtype)) +
                      ", expected F32, BF16, F16, F8_E4M3 or packed 4-bit"};
  }
}

}  // namespace etalon::io
