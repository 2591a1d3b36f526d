#pragma once
// One line of the self-test: what was computed, the hashes of its bits, and what went wrong.
#include <string>
#include <vector>

namespace etalon {

struct SelfTestRow {
  std::string name;                  // "model mixtral bf16 int8"
  std::vector<std::string> hashes;   // 16 hexadecimal digits each
  std::string fault;                 // the way of computing that gave other bits; empty: none did
};

// "model mixtral bf16 int8 0123456789abcdef …": what the fingerprint is taken of.
inline std::string line_of(const SelfTestRow& row) {
  std::string line = row.name;
  for (const std::string& hash : row.hashes) line += " " + hash;
  return line;
}

}  // namespace etalon
