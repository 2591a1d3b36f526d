// Tests of include/etalon/io/recognise.hpp.
#include <etalon/io/recognise.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::io;

static std::string kind(std::string_view text) {
  const FileKind* found = recognise(std::as_bytes(std::span(text)));
  return found ? std::string(found->found) : std::string("unknown");
}

TEST_CASE("foreign files are recognised by their first bytes") {
  CHECK(kind("GGUF\3") == "a GGUF file");
  CHECK(kind("version https://git-lfs.example/v1") == "a git-lfs pointer instead of the content");
  CHECK(kind("PK\x03\x04") == "a zip archive, perhaps PyTorch's");
  CHECK(kind("\x80\x02}") == "a Python pickle, perhaps PyTorch's");
  CHECK(kind("<html>") == "a web page");
}

TEST_CASE("short, empty and ordinary files are not mistaken") {
  CHECK(kind("") == "unknown");
  CHECK(kind("GGU") == "unknown");
  CHECK(kind(std::string_view("\x10\0\0\0\0\0\0\0{}", 10)) == "unknown");
}
