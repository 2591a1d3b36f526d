#pragma once
// The element types a safetensors file can hold, by the names its header uses.
//
// Source: the safetensors format's list of dtypes. Numbers are little-endian. Types below a byte are packed, and a
// tensor of them fills whole bytes.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace etalon::io {

enum class Dtype : std::uint8_t {
  F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, F6_E3M2, F6_E2M3, F4,
  I64, I32, I16, I8, U64, U32, U16, U8, BOOL, C64
};

struct DtypeFacts {
  Dtype dtype;
  std::string_view name;
  int bits;  // one element
};

inline constexpr std::array<DtypeFacts, 22> dtype_table = {{
    {Dtype::F64, "F64", 64},         {Dtype::F32, "F32", 32},
    {Dtype::F16, "F16", 16},         {Dtype::BF16, "BF16", 16},
    {Dtype::F8_E4M3, "F8_E4M3", 8},  {Dtype::F8_E5M2, "F8_E5M2", 8},
    {Dtype::F8_E8M0, "F8_E8M0", 8},  {Dtype::F8_E4M3FNUZ, "F8_E4M3FNUZ", 8},
    {Dtype::F8_E5M2FNUZ, "F8_E5M2FNUZ", 8}, {Dtype::F6_E3M2, "F6_E3M2", 6},
    {Dtype::F6_E2M3, "F6_E2M3", 6},  {Dtype::F4, "F4", 4},
    {Dtype::I64, "I64", 64},         {Dtype::I32, "I32", 32},
    {Dtype::I16, "I16", 16},         {Dtype::I8, "I8", 8},
    {Dtype::U64, "U64", 64},         {Dtype::U32, "U32", 32},
    {Dtype::U16, "U16", 16},         {Dtype::U8, "U8", 8},
    {Dtype::BOOL, "BOOL", 8},        {Dtype::C64, "C64", 64},
}};

constexpr const DtypeFacts& facts(Dtype dtype) { return dtype_table[static_cast<std::size_t>(dtype)]; }
constexpr std::string_view name_of(Dtype dtype) { return facts(dtype).name; }
constexpr int bits_of(Dtype dtype) { return facts(dtype).bits; }

static_assert([] {
  for (std::size_t i = 0; i < dtype_table.size(); ++i) {
    if (static_cast<std::size_t>(dtype_table[i].dtype) != i) return false;
  }
  return true;
}(), "the table follows the order of the enumeration");

constexpr std::optional<Dtype> dtype_named(std::string_view name) {
  for (const DtypeFacts& row : dtype_table) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace etalon::io
