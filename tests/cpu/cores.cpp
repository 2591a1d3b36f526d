// Tests of include/etalon/cpu/cores.hpp, on machines made of files.
#include <etalon/cpu/cores.hpp>

#include <doctest/doctest.h>

#include "io/scratch.hpp"

using namespace etalon;
using etalon::test::Scratch;

namespace {

// Four cores of two hyper-threads each: processors 0 and 4 share a core, 1 and 5, …
void write_machine(const Scratch& root, const std::string& allowed) {
  root.write("proc/self/status", "Name:\tetalon\nCpus_allowed:\tff\nCpus_allowed_list:\t" + allowed + "\nMems:\t1\n");
  for (int i = 0; i < 8; ++i)
    root.write("sys/devices/system/cpu/cpu" + std::to_string(i) + "/topology/thread_siblings_list",
               std::to_string(i % 4) + "," + std::to_string(i % 4 + 4) + "\n");
}
int cores_of(const std::string& allowed) {
  const Scratch root;
  write_machine(root, allowed);
  return usable_cores(root.path());
}

}  // namespace

TEST_CASE("a list of processors: numbers and ranges; what is no list ends it") {
  CHECK(processor_list("0-3,8,10-11") == std::vector<int>{0, 1, 2, 3, 8, 10, 11});
  CHECK(processor_list("5") == std::vector<int>{5});
  CHECK(processor_list("").empty());
  CHECK(processor_list("x").empty());
  CHECK(processor_list("1,x") == std::vector<int>{1});
  CHECK(processor_list("3-1").empty());
  CHECK(processor_list("0-99999999").empty());   // must not cost memory
  CHECK(processor_list("-5").empty());
  CHECK(processor_list("2,") == std::vector<int>{2});
}

TEST_CASE("a core counts once, however many of its hyper-threads may be used") {
  CHECK(cores_of("0-7") == 4);
  CHECK(cores_of("0-3") == 4);
  CHECK(cores_of("0,4") == 1);
  CHECK(cores_of("0,1,4") == 2);
  CHECK(cores_of("6") == 1);
}

TEST_CASE("processors whose core nobody knows count one each; without any files, the standard library's number") {
  CHECK(cores_of("8-9") == 2);
  const Scratch empty;
  CHECK(usable_cores(empty.path()) == std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

TEST_CASE("a control group's share of time is a limit, the narrowest of those around the process, rounded up") {
  const Scratch root;
  write_machine(root, "0-7");
  root.write("proc/self/cgroup", "4:memory:/elsewhere\n0::/box/inner\n");
  root.write("sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
  CHECK(usable_cores(root.path()) == 4);
  root.write("sys/fs/cgroup/box/cpu.max", "250000 100000\n");
  CHECK(usable_cores(root.path()) == 3);
  root.write("sys/fs/cgroup/box/inner/cpu.max", "10000 100000\n");
  CHECK(usable_cores(root.path()) == 1);
  root.write("sys/fs/cgroup/box/inner/cpu.max", "900000 100000\n");   // wider than the machine, and than the box
  CHECK(usable_cores(root.path()) == 3);
}

TEST_CASE("a control group's file that is nonsense limits nothing") {
  const Scratch root;
  write_machine(root, "0-7");
  root.write("proc/self/cgroup", "0::/\n");
  for (const char* nonsense : {"", "0 0", "-5 100", "100000", "nan nan", "1e300 1e-300"}) {
    root.write("sys/fs/cgroup/cpu.max", nonsense);
    CHECK(usable_cores(root.path()) == 4);
  }
}

TEST_CASE("this machine has a core to use, and no more than processors") {
  CHECK(usable_cores() >= 1);
  CHECK(usable_cores() <= std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}
