#pragma once
// What a file that is not what we hoped for seems to be, judged by its first bytes: for error messages.
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace etalon::io {

struct FileKind {
  std::string_view start;  // the bytes the file begins with
  std::string_view found;  // what that means
  std::string_view next;   // what the reader can do
};

inline constexpr std::array<FileKind, 6> file_kinds = {{
    {"version https://git-lfs", "a git-lfs pointer instead of the content", "fetch the content with: git lfs pull"},
    {"GGUF", "a GGUF file", "use the model in its safetensors form"},
    {"PK\x03\x04", "a zip archive, perhaps PyTorch's", "use the model in its safetensors form"},
    {"\x80\x02", "a Python pickle, perhaps PyTorch's", "use the model in its safetensors form"},
    {"<!DOCTYPE", "a web page", "the download went wrong; fetch the file again"},
    {"<html", "a web page", "the download went wrong; fetch the file again"},
}};

// The kind the bytes begin like, or nullptr.
inline const FileKind* recognise(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const FileKind& kind : file_kinds) {
    if (text.starts_with(kind.start)) return &kind;
  }
  return nullptr;
}

}  // namespace etalon::io
