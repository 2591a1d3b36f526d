#pragma once
// How many threads are worth having: the physical cores that this process may use.
//
//   the processors its affinity mask allows (/proc/self/status), each core's hyper-threads counted once
//   (/sys/devices/system/cpu, topology); no more than its control group's share of time (cgroup v2 cpu.max, rounded up)
//
// Two hyper-threads share one core's arithmetic units and its path to memory, so the second adds threads, not speed.
// Linux only; elsewhere, or where these files are missing, what the standard library says. It reads files and makes no
// system calls, so that it needs the standard library only and a test can make up machines.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace etalon {

// The numbers of a list such as "0-3,8,10-11": what stands before the first thing that is no such list.
inline std::vector<int> processor_list(std::string_view text) {
  constexpr int most = 1 << 16;   // no machine has more; a broken file must not cost memory
  std::vector<int> list;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    int first = 0, last = 0;
    auto read = std::from_chars(at, end, first);
    if (read.ec != std::errc() || first < 0 || first >= most) break;
    last = first;
    if (read.ptr != end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, last);
    if (read.ec != std::errc() || last < first || last >= most) break;
    for (int i = first; i <= last; ++i) list.push_back(i);
    if (read.ptr == end || *read.ptr != ',') break;
    at = read.ptr + 1;
  }
  return list;
}

// What follows `key` at the beginning of a line of a file; nothing where there is no such line.
inline std::string line_after(const std::filesystem::path& file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(key)) return line.substr(std::min(line.find_first_not_of(" \t", key.size()), line.size()));
  return {};
}

// Processors' worth of time that the control groups around this process leave it, rounded up; 0: no limit.
inline int quota_of_processors(const std::filesystem::path& root) {
  const std::filesystem::path top = root / "sys/fs/cgroup";
  const std::filesystem::path own = line_after(root / "proc/self/cgroup", "0::");
  int least = 0;
  for (std::filesystem::path group = top / own.relative_path(); group.native().size() >= top.native().size();
       group = group.parent_path()) {
    double quota = 0.0, period = 0.0;   // "max 100000" where there is no limit: no number
    if (!(std::ifstream(group / "cpu.max") >> quota >> period) || quota <= 0.0 || period <= 0.0) continue;
    const int processors = static_cast<int>(std::min(quota / period + 0.999, 65536.0));
    least = least == 0 ? processors : std::min(least, processors);
  }
  return least;
}

// At least 1. root: where /proc and /sys are.
inline int usable_cores(const std::filesystem::path& root = "/") {
  std::set<std::string> cores;   // by the list of processors that share one
  for (int processor : processor_list(line_after(root / "proc/self/status", "Cpus_allowed_list:"))) {
    const std::string name = "cpu" + std::to_string(processor);
    const std::string siblings =
        line_after(root / "sys/devices/system/cpu" / name / "topology/thread_siblings_list", "");
    cores.insert(siblings.empty() ? name : siblings);
  }
  const int count = cores.empty() ? static_cast<int>(std::thread::hardware_concurrency())
                                  : static_cast<int>(cores.size());
  const int quota = quota_of_processors(root);
  return std::max(1, quota > 0 ? std::min(count, quota) : count);
}

}  // namespace etalon
