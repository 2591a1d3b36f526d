// Tests of include/etalon/io/atomic_file.hpp.
#include <etalon/io/atomic_file.hpp>

#include <csignal>
#include <string>

#include <sys/resource.h>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::content_of;
using etalon::test::count_files;
using etalon::test::error_of;
using etalon::test::Scratch;

// While it lives, no file may grow beyond `bytes`: the nearest thing to a full disk that any user can arrange.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  void (*old_handler_)(int);
  rlimit old_{};
};

TEST_CASE("a file is created with the content, or replaced by it, and nothing else is left") {
  const Scratch scratch;
  const auto path = scratch.path() / "x";
  write_file_atomically(path, "one");
  CHECK(content_of(path) == "one");
  write_file_atomically(path, std::string_view("two\0!", 5));
  CHECK(content_of(path) == std::string("two\0!", 5));
  write_file_atomically(path, "");
  CHECK(content_of(path).empty());
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("until commit the old content stands; without it the new one is forgotten") {
  const Scratch scratch;
  const auto path = scratch.write("x", "old");
  {
    AtomicFile file(path);
    file.write("new");
    CHECK(content_of(path) == "old");
    CHECK(count_files(scratch.path()) == 2);
  }
  CHECK(content_of(path) == "old");
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("two writers of one file do not disturb each other: the last to commit wins") {
  const Scratch scratch;
  const auto path = scratch.path() / "x";
  AtomicFile first(path), second(path);
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  CHECK(content_of(path) == "first");
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("a new file has the mode that the umask gives") {
  const Scratch scratch;
  const mode_t old = ::umask(022);
  write_file_atomically(scratch.path() / "x", "a");
  ::umask(old);
  CHECK((std::filesystem::status(scratch.path() / "x").permissions() & std::filesystem::perms::mask) ==
        static_cast<std::filesystem::perms>(0644));
}

TEST_CASE("a destination that cannot be a file is refused before anything is written, by probe and by write") {
  const Scratch scratch;
  scratch.write("file", "a");
  std::filesystem::create_directory(scratch.path() / "folder");
  struct Case {
    std::filesystem::path path;
    const char* message;
  };
  const Case table[] = {
      {scratch.path() / "folder", "expected the path of a file to write, found a folder; add a file name"},
      {scratch.path() / "folder" / "", "found a folder"},
      {scratch.path() / "no" / "x", "expected a folder to write into, found No such file or directory; create"},
      {scratch.path() / "file" / "x", "expected a folder to write into, found a regular file"},
      {scratch.path() / std::string(256, 'x'), "expected a file name of at most 255 bytes"},
      {"/dev/full", "expected the path of a file to write, found a device"},
      {"", "found a folder"},
      {"/proc/x", "expected a folder to write into"},
  };
  for (const Case& row : table) {
    const std::string probed = error_of([&] { probe_writable(row.path); });
    CAPTURE(probed);
    CHECK(contains(probed, row.message));
    CHECK(error_of([&] { write_file_atomically(row.path, "x"); }) == probed);
  }
  CHECK(count_files(scratch.path()) == 2);
}

TEST_CASE("probing a good destination leaves it as it is") {
  const Scratch scratch;
  const auto path = scratch.write("x", "old");
  probe_writable(path);
  probe_writable(scratch.path() / "y");
  probe_writable(scratch.path() / std::string(255, 'y'));  // the temporary file's name does not grow with it
  CHECK(content_of(path) == "old");
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("a disk that fills up gives one Error, the old content and no temporary file") {
  const Scratch scratch;
  const auto path = scratch.write("x", "old");
  std::string said;
  {
    const FileSizeLimit limit(4096);
    said = error_of([&] { write_file_atomically(path, std::string(100'000, 'x')); });
  }
  CHECK(contains(said, "x: expected a disk that takes the file, found File too large; free space"));
  CHECK(content_of(path) == "old");
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("a folder that may not be written gives an Error (not as root, who may)") {
  const Scratch scratch;
  const auto folder = scratch.path() / "locked";
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, static_cast<std::filesystem::perms>(0500));
  if (::geteuid() != 0) {
    CHECK(contains(error_of([&] { probe_writable(folder / "x"); }),
                   "expected a folder to write into, found Permission denied"));
  }
  std::filesystem::permissions(folder, static_cast<std::filesystem::perms>(0700));
}
