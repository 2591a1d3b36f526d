// Tests of include/etalon/io/process_faults.hpp: each case is a child process to which the fault happens.
#include <etalon/io/process_faults.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::content_of;
using etalon::test::count_files;
using etalon::test::error_of;
using etalon::test::Scratch;

namespace {

struct End {
  int status = 0;        // as waitpid gives it
  std::string said;      // on standard error
  bool exited(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
  bool killed_by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
};

// What becomes of a process that does this. It exits 0 where nothing happens to it.
template <class Act> End end_of(const Scratch& scratch, Act act) {
  const auto file = scratch.path().parent_path() / (scratch.path().filename().string() + "-stderr");
  const pid_t child = ::fork();
  if (child == 0) {
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGBUS}) std::signal(signal, SIG_DFL);   // not the test's own
    const Descriptor errors(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    ::dup2(errors.number(), STDERR_FILENO);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    act();
    ::_exit(0);
  }
  End end;
  ::waitpid(child, &end.status, 0);
  end.said = content_of(file);
  std::filesystem::remove(file);
  return end;
}

unsigned sum(const MappedFile& file) {
  unsigned total = 0;
  for (std::byte byte : file.bytes()) total += std::to_integer<unsigned>(byte);
  return total;
}

}  // namespace

TEST_CASE("a file cut short while it is read is one line and exit status 2, and temporary files go") {
  const Scratch scratch;
  const auto path = scratch.write("weights", std::string(100'000, 'x'));
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    const MappedFile file = MappedFile::open(path);
    AtomicFile out(scratch.path() / "out");
    out.write("half");
    std::filesystem::resize_file(path, 10);
    if (sum(file) == 1) ::_exit(3);
  });
  CHECK(end.exited(2));
  CHECK(end.said == "prog: " + path.string() + ": expected the 100000 bytes it had when it was opened, found 10; the "
                    "file was changed or cut short while in use; run again\n");
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("many threads that meet the fault at once say it once") {
  const Scratch scratch;
  const auto path = scratch.write("weights", std::string(100'000, 'x'));
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    const MappedFile file = MappedFile::open(path);
    std::filesystem::resize_file(path, 0);
    std::vector<std::thread> threads;
    std::atomic<unsigned> total{0};
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { total += sum(file); });
    for (std::thread& thread : threads) thread.join();
    if (total == 1) ::_exit(3);
  });
  CHECK(end.exited(2));
  CHECK(std::count(end.said.begin(), end.said.end(), '\n') == 1);
}

TEST_CASE("the file that is named is the one that was cut short") {
  const Scratch scratch;
  const auto one = scratch.write("one", std::string(100'000, 'x')), two = scratch.write("two", std::string(9000, 'y'));
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    const MappedFile first = MappedFile::open(one), second = MappedFile::open(two);
    std::filesystem::resize_file(two, 100);
    if (sum(first) + sum(second) == 1) ::_exit(3);
  });
  CHECK(end.exited(2));
  CHECK(contains(end.said, "two: expected the 9000 bytes"));
}

TEST_CASE("a page that cannot be read of a file as long as ever is a fault of the disk or the network") {
  const Scratch scratch;
  const auto path = scratch.write("a\nb", "xy");
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    const MappedFile file = MappedFile::open(path);
    siginfo_t info{};
    info.si_addr = const_cast<std::byte*>(file.bytes().data() + 1);
    etalon::io::detail::on_bus_error(SIGBUS, &info, nullptr);
  });
  CHECK(end.exited(2));
  CHECK(contains(end.said, "a b: expected the 2 bytes it had when it was opened, found a part that cannot be read"));
}

TEST_CASE("a bus error anywhere else is a crash as ever") {
  const Scratch scratch;
  const auto path = scratch.write("weights", std::string(100'000, 'x'));
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    const Descriptor file(::open(path.c_str(), O_RDONLY));
    const auto* memory = static_cast<const char*>(::mmap(nullptr, 100'000, PROT_READ, MAP_PRIVATE, file.number(), 0));
    std::filesystem::resize_file(path, 0);
    ::_exit(3 + *const_cast<const volatile char*>(memory));
  });
  CHECK(end.killed_by(SIGBUS));
  CHECK(end.said.empty());
}

TEST_CASE("a signal that ends the process takes the temporary files with it; the old content stays") {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    CAPTURE(signal);
    const Scratch scratch;
    const auto path = scratch.write("out", "old");
    const End end = end_of(scratch, [&] {
      handle_process_faults("prog");
      AtomicFile out(path), another(scratch.path() / "another");
      out.write("half");
      std::raise(signal);
      ::_exit(3);
    });
    CHECK(end.killed_by(signal));
    CHECK(end.said.empty());
    CHECK(content_of(path) == "old");
    CHECK(count_files(scratch.path()) == 1);
  }
}

TEST_CASE("without the call nothing is handled: the temporary file stays") {
  const Scratch scratch;
  const End end = end_of(scratch, [&] {
    AtomicFile out(scratch.path() / "out");
    std::raise(SIGTERM);
  });
  CHECK(end.killed_by(SIGTERM));
  CHECK(count_files(scratch.path()) == 1);
}

TEST_CASE("a finished file is not taken away") {
  const Scratch scratch;
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    write_file_atomically(scratch.path() / "out", "all");
    std::raise(SIGTERM);
  });
  CHECK(end.killed_by(SIGTERM));
  CHECK(content_of(scratch.path() / "out") == "all");
}

TEST_CASE("a signal that is ignored stays ignored") {
  const Scratch scratch;
  const End end = end_of(scratch, [&] {
    std::signal(SIGHUP, SIG_IGN);
    handle_process_faults("prog");
    std::raise(SIGHUP);
  });
  CHECK(end.exited(0));
}

TEST_CASE("a file too large and a reader gone are failed writes") {
  const Scratch scratch;
  const End end = end_of(scratch, [&] {
    handle_process_faults("prog");
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string said = error_of([&] { write_file_atomically(scratch.path() / "out", std::string(5000, 'x')); });
    int ends[2];
    if (::pipe(ends) != 0 || ::close(ends[0]) != 0) ::_exit(3);
    const bool gone = ::write(ends[1], "x", 1) < 0 && errno == EPIPE;
    ::_exit(contains(said, "File too large") && gone ? 0 : 4);
  });
  CHECK(end.exited(0));
}

TEST_CASE("numbers of closed standard descriptors are not given to files") {
  const Scratch scratch;
  const auto path = scratch.path() / "out";
  const End end = end_of(scratch, [&] {
    for (int number : {0, 1, 2}) ::close(number);
    handle_process_faults("prog");
    AtomicFile out(path);
    char byte = 0;
    const bool fail = ::write(1, "x", 1) < 0 && ::write(2, "x", 1) < 0 && ::read(0, &byte, 1) < 0;
    out.write("all");
    out.commit();
    ::_exit(fail ? 0 : 3);
  });
  CHECK(end.exited(0));
  CHECK(content_of(path) == "all");
}
