// Tests of include/etalon/io/mapped_file.hpp.
#include <etalon/io/mapped_file.hpp>

#include <chrono>
#include <type_traits>

#include <doctest/doctest.h>

#include "scratch.hpp"
#include "support/large_pages.hpp"

using etalon::io::mapped_ranges;
using etalon::io::MappedFile;
using etalon::io::MappedRange;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::Scratch;

static_assert(!std::is_copy_constructible_v<MappedFile> && !std::is_copy_assignable_v<MappedFile>);
static_assert(std::is_nothrow_move_constructible_v<MappedFile> && std::is_nothrow_move_assignable_v<MappedFile>);

TEST_CASE("a file is seen byte for byte") {
  const Scratch scratch;
  const std::string content("a\0b\xff\n", 5);
  const MappedFile file = MappedFile::open(scratch.write("x", content));
  CHECK(file.text() == content);
  CHECK(file.bytes().size() == 5);
  CHECK(file.bytes()[3] == std::byte{0xff});
}

TEST_CASE("moving keeps the bytes where they are, and the source gives them up") {
  const Scratch scratch;
  MappedFile first = MappedFile::open(scratch.write("x", "hello"));
  const std::byte* place = first.bytes().data();
  MappedFile second = std::move(first);
  CHECK(second.bytes().data() == place);
  CHECK(first.bytes().empty());
  MappedFile third = MappedFile::open(scratch.write("y", "other"));
  third = std::move(second);
  CHECK(third.text() == "hello");
}

TEST_CASE("large pages are asked for where a file fills one, and only when it is told to") {
  const Scratch scratch;
  const MappedFile large = MappedFile::open(scratch.write("large", std::string(MappedFile::large_page, 'x')));
  const MappedFile small = MappedFile::open(scratch.write("small", "hello"));
  const auto before = etalon::test::asked_for_large_pages(large.bytes().data());
  large.ask_for_large_pages();
  small.ask_for_large_pages();
  const auto after = etalon::test::asked_for_large_pages(large.bytes().data());
  CHECK(large.bytes().back() == std::byte{'x'});
  if (!before || !after) return;   // the system does not tell
  CHECK_FALSE(*before);
  CHECK(*after);
  CHECK_FALSE(etalon::test::asked_for_large_pages(small.bytes().data()).value_or(false));
}

TEST_CASE("a mapped file outlives its name") {
  const Scratch scratch;
  const auto path = scratch.write("x", "hello");
  const MappedFile file = MappedFile::open(path);
  std::filesystem::remove(path);
  CHECK(file.text() == "hello");
}

TEST_CASE("a link to a file is the file") {
  const Scratch scratch;
  std::filesystem::create_symlink(scratch.write("x", "hello"), scratch.path() / "link");
  CHECK(MappedFile::open(scratch.path() / "link").text() == "hello");
}

TEST_CASE("anything but a readable file with content is refused, and says what it is") {
  const Scratch scratch;
  auto error = [](const std::filesystem::path& path) { return error_of([&] { MappedFile::open(path); }); };
  CHECK(contains(error(scratch.path() / "no"), "/no: expected a readable file, found No such file or directory;"));
  CHECK(contains(error(scratch.path()), "expected a regular file, found a folder"));
  CHECK(contains(error(scratch.write("empty", "")), "expected a file with content, found an empty file"));
  CHECK(contains(error("/dev/null"), "expected a regular file, found a device"));
  CHECK(contains(error(""), "expected a readable file"));
  const auto pipe = scratch.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(contains(error(pipe), "expected a regular file, found a named pipe"));  // and does not wait for a writer
  std::filesystem::create_symlink(scratch.path() / "loop", scratch.path() / "loop");
  CHECK(contains(error(scratch.path() / "loop"), "expected a readable file"));
  const auto secret = scratch.write("secret", "x");
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  if (::geteuid() != 0) CHECK(contains(error(secret), "expected a readable file, found Permission denied"));
}

TEST_CASE("a file that is written to while it is mapped is noticed when asked; a new file of its name is no change") {
  const Scratch scratch;
  const auto path = scratch.write("x", "hello");
  const MappedFile file = MappedFile::open(path);
  file.check_unchanged();
  const auto opened = std::filesystem::last_write_time(path);
  std::filesystem::last_write_time(path, opened + std::chrono::seconds(1));
  CHECK(contains(error_of([&] { file.check_unchanged(); }),
                 "x: expected the content it had when it was opened, found that it was written to; leave the file"));
  std::ofstream(path, std::ios::app) << " world";
  std::filesystem::last_write_time(path, opened);
  CHECK(contains(error_of([&] { file.check_unchanged(); }), "the 5 bytes it had when it was opened, found 11"));
  std::filesystem::rename(scratch.write("y", "another"), path);
  file.check_unchanged();
  std::filesystem::remove(path);
  file.check_unchanged();
}

TEST_CASE("what is mapped is listed for the handler of SIGBUS, as long as it is") {
  const Scratch scratch;
  const auto count = [] {
    std::size_t ranges = 0;
    mapped_ranges.each([&](const MappedRange&) { ++ranges; });
    return ranges;
  };
  REQUIRE(count() == 0);
  {
    MappedFile first = MappedFile::open(scratch.write("x", "hello"));
    const MappedFile second = std::move(first);
    CHECK(count() == 1);
    mapped_ranges.each([&](const MappedRange& range) {
      CHECK(range.data == second.bytes().data());
      CHECK(range.size == 5);
      CHECK(range.path == second.path().string());
    });
  }
  CHECK(count() == 0);
}
