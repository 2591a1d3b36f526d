// libFuzzer: any bytes as model.safetensors.index.json, with two good shards beside it, or with shards of its own.
//
//   the input: the index; after a zero byte, if there is one, the header of one.safetensors; after another, that of
//   two.safetensors. Shards that the input does not give are good.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <etalon/io/checkpoint.hpp>

#include "scratch_files.hpp"

using namespace etalon::io;

namespace {

constexpr std::string_view good_one = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
constexpr std::string_view good_two =
    R"({"b":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},"c":{"dtype":"F16","shape":[2],"data_offsets":[4,8]}})";

// Everything that was opened can be read, once under its name, from the files that were opened.
void check(const Checkpoint& checkpoint) {
  unsigned sum = 0;
  for (const TensorInfo& info : checkpoint.tensors()) {
    if (checkpoint.find(info.name) != &info) std::abort();
    if (byte_count(info.dtype, info.shape) != info.bytes.size()) std::abort();
    for (std::byte byte : info.bytes) sum += std::to_integer<unsigned>(byte);
    const auto& files = checkpoint.files();
    if (std::none_of(files.begin(), files.end(), [&](const MappedFile& f) { return f.path() == info.file; }))
      std::abort();
  }
  if (checkpoint.tensors().empty() || sum > 255u * 1'000'000u) std::abort();
  checkpoint.check_unchanged();
}

void open(const std::filesystem::path& path) {
  try {
    check(Checkpoint::open(path));
  } catch (const etalon::Error& error) {
    if (error.where().empty() || error.expected().empty() || error.found().empty()) std::abort();
    if (error.where().find('\n') != std::string::npos) std::abort();
  }
}

// Takes the text up to the first zero byte off the front; `otherwise` where nothing is left.
std::string_view next_part(std::string_view& text, bool& more, std::string_view otherwise) {
  if (!more) return otherwise;
  const auto end = text.find('\0');
  more = end != text.npos;
  const std::string_view part = text.substr(0, end);
  text = more ? text.substr(end + 1) : std::string_view{};
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const etalon::fuzz::ScratchFiles files;
  const std::string_view eight_bytes = "abcdefgh";
  std::string_view text(reinterpret_cast<const char*>(data), size);
  bool more = true;
  const std::string_view index = next_part(text, more, {});
  files.write("one.safetensors", etalon::fuzz::safetensors_of(next_part(text, more, good_one), eight_bytes));
  files.write("two.safetensors", etalon::fuzz::safetensors_of(next_part(text, more, good_two), eight_bytes));
  const std::string file = files.write("model.safetensors.index.json", index);
  open(files.path());
  open(file);
  files.write("model.safetensors", etalon::fuzz::safetensors_of(good_two, eight_bytes));
  open(files.path());   // both are there
  std::filesystem::remove(files.path() / "model.safetensors");
  return 0;
}
