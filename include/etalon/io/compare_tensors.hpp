#pragma once
// Compares one tensor of two traces.
//
//   agree:  max |other − reference| ≤ tolerance · max |reference|, where the numbers are real
//           equal, where they are whole (router choices)
//
// Types may differ (f32 against bf16 or f64): real numbers are compared as double. NaN on one side diverges, NaN on
// both agrees; infinities agree where they are equal and do not count as the largest magnitude.
// Left out: numbers below 8 bits and complex ones.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <etalon/formats/plain.hpp>
#include <etalon/io/safetensors.hpp>
#include <etalon/io/trace_names.hpp>

namespace etalon::io {

// One element of a tensor on both sides.
struct ElementPair {
  std::size_t offset = 0;           // row-major
  std::vector<std::int64_t> index;  // along the tensor's axes
  double reference = 0, other = 0;
};

// One tensor of both traces.
struct TensorComparison {
  std::string name;
  std::vector<std::string> axes;
  bool agrees = true, bit_identical = false;
  bool judged = true;  // false: does not count for the verdict
  double max_difference = 0, max_reference = 0;
  std::size_t elements = 0, beyond = 0;  // beyond: those that break the rule on their own
  std::optional<ElementPair> first, worst;  // of those beyond; worst: the largest difference
  std::string note;

  double ratio() const { return max_difference == 0 ? 0 : max_difference / max_reference; }
};

namespace detail {

enum class NumberKind { real, whole, other };

inline NumberKind kind_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::F64: case Dtype::F32: case Dtype::F16: case Dtype::BF16: return NumberKind::real;
    case Dtype::C64: case Dtype::F4: case Dtype::F6_E2M3: case Dtype::F6_E3M2: return NumberKind::other;
    default: return NumberKind::whole;  // 8-bit floats too: their codes are compared
  }
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);  // the bytes may be unaligned
  return value;
}

inline double real_at(const TensorInfo& info, std::size_t i) {
  const std::byte* at = info.bytes.data() + i * static_cast<std::size_t>(bits_of(info.dtype)) / 8;
  switch (info.dtype) {
    case Dtype::F64: return load<double>(at);
    case Dtype::F16: return F16{load<std::uint16_t>(at)}.decode();
    case Dtype::BF16: return Bf16{load<std::uint16_t>(at)}.decode();
    default: return load<float>(at);
  }
}

// Two's complement; u64 beyond 2^63 comes out negative, which keeps unequal numbers unequal.
inline std::int64_t whole_at(const TensorInfo& info, std::size_t i) {
  const std::byte* at = info.bytes.data() + i * static_cast<std::size_t>(bits_of(info.dtype)) / 8;
  switch (info.dtype) {
    case Dtype::I64: case Dtype::U64: return load<std::int64_t>(at);
    case Dtype::I32: return load<std::int32_t>(at);
    case Dtype::U32: return load<std::uint32_t>(at);
    case Dtype::I16: return load<std::int16_t>(at);
    case Dtype::U16: return load<std::uint16_t>(at);
    case Dtype::I8: return load<std::int8_t>(at);
    default: return load<std::uint8_t>(at);
  }
}

inline double number_at(const TensorInfo& info, std::size_t i) {
  return kind_of(info.dtype) == NumberKind::real ? real_at(info, i) : static_cast<double>(whole_at(info, i));
}

// Without leading axes of length 1: [1, 9, 64] and [9, 64] are the same tensor.
inline std::vector<std::int64_t> plain_shape(std::vector<std::int64_t> shape, std::size_t rank) {
  while (shape.size() > rank && shape.front() == 1) shape.erase(shape.begin());
  return shape;
}

inline std::vector<std::int64_t> index_of(std::size_t offset, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = static_cast<std::int64_t>(offset % static_cast<std::size_t>(shape[axis]));
    offset /= static_cast<std::size_t>(shape[axis]);
  }
  return index;
}

// |b − a|, where equal infinities differ by nothing, two NaN agree, and one NaN differs by infinity.
inline double difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double size = std::fabs(b - a);
  return std::isnan(size) ? std::numeric_limits<double>::infinity() : size;
}

inline double difference_at(const TensorInfo& a, const TensorInfo& b, std::size_t i) {
  if (kind_of(a.dtype) == NumberKind::real) return difference(real_at(a, i), real_at(b, i));
  const std::int64_t x = whole_at(a, i), y = whole_at(b, i);
  return x == y ? 0 : std::max(1.0, std::fabs(static_cast<double>(y) - static_cast<double>(x)));
}

// Fills in the figures of two tensors of equal shape and kind.
inline void measure(const TensorInfo& a, const TensorInfo& b, double tolerance, TensorComparison& result) {
  std::size_t worst = 0, first = result.elements;
  for (std::size_t i = 0; i < result.elements; ++i) {
    const double size = std::fabs(number_at(a, i)), delta = difference_at(a, b, i);
    if (std::isfinite(size)) result.max_reference = std::max(result.max_reference, size);
    if (delta > result.max_difference) worst = i;
    result.max_difference = std::max(result.max_difference, delta);
  }
  const double limit = kind_of(a.dtype) == NumberKind::real ? tolerance * result.max_reference : 0;
  for (std::size_t i = 0; i < result.elements; ++i) {
    if (difference_at(a, b, i) <= limit) continue;
    first = std::min(first, i);
    ++result.beyond;
  }
  result.agrees = result.beyond == 0;
  if (result.agrees) return;
  auto pair = [&](std::size_t i) { return ElementPair{i, {}, number_at(a, i), number_at(b, i)}; };
  result.first = pair(first);
  result.worst = pair(worst);
}

}  // namespace detail

// One tensor of two traces; tolerance is relative to the reference's largest magnitude. metadata: names of the axes.
inline TensorComparison compare_tensor(const TensorInfo& a, const TensorInfo& b, double tolerance,
                                       const std::map<std::string, std::string>& metadata) {
  const std::size_t rank = std::min(a.shape.size(), b.shape.size());
  const auto shape = detail::plain_shape(a.shape, rank);
  TensorComparison result;
  result.name = a.name;
  result.axes = axes_of(a.name, shape.size(), metadata);
  result.judged = !a.name.ends_with(".router.margin");
  if (shape != detail::plain_shape(b.shape, rank) || detail::kind_of(a.dtype) != detail::kind_of(b.dtype)) {
    result.agrees = false;
    result.note = "reference " + described_shape(a.dtype, a.shape) + ", other " + described_shape(b.dtype, b.shape);
    return result;
  }
  result.bit_identical = a.dtype == b.dtype && std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin());
  if (detail::kind_of(a.dtype) == detail::NumberKind::other) {
    result.judged = false;
    result.note = std::string(name_of(a.dtype)) + ": not compared";
    return result;
  }
  result.elements = a.bytes.size() * 8 / static_cast<std::size_t>(bits_of(a.dtype));
  detail::measure(a, b, tolerance, result);
  if (result.first) result.first->index = detail::index_of(result.first->offset, shape);
  if (result.worst) result.worst->index = detail::index_of(result.worst->offset, shape);
  return result;
}

}  // namespace etalon::io
