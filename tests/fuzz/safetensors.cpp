// libFuzzer: any bytes as a safetensors file. What is accepted can be read to the last byte; the rest is an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include <etalon/io/safetensors.hpp>

using namespace etalon::io;

static void parse(std::span<const std::byte> file) {
  try {
    const SafetensorsContent content = parse_safetensors(file, "fuzz");
    std::size_t total = 0;
    unsigned sum = 0;
    for (const TensorInfo& info : content.tensors) {
      if (byte_count(info.dtype, info.shape) != info.bytes.size()) std::abort();
      for (std::byte byte : info.bytes) sum += std::to_integer<unsigned>(byte);
      total += info.bytes.size();
    }
    if (total + 8 > file.size() || sum > 255 * total) std::abort();
  } catch (const etalon::Error& error) {
    if (error.expected().empty() || error.found().empty() || error.next().empty()) std::abort();
  }
}

// Once as a whole file, once as a header whose length is right, so that the fuzzer need not guess it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parse(std::as_bytes(std::span(data, size)));
  if (size == 0) return 0;
  const std::size_t tail = std::min<std::size_t>(data[0], size - 1);  // how much of the input is data
  const std::uint64_t header = size - 1 - tail;
  std::vector<std::byte> file(8 + size - 1);
  for (int i = 0; i < 8; ++i) file[static_cast<std::size_t>(i)] = static_cast<std::byte>(header >> (8 * i) & 0xff);
  if (size > 1) std::memcpy(file.data() + 8, data + 1, size - 1);
  parse(file);
  return 0;
}
