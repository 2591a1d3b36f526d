#pragma once
// What the world does to a running program, turned into a clean end. For programs: one call at the start of main.
//
//   a mapped file became shorter, or its disk failed (SIGBUS)   one line on standard error, exit status 2
//   somebody ends the program (SIGINT, SIGTERM, SIGHUP, SIGQUIT)   it ends by that signal, so that its shell sees it
//   a file too large, a reader gone (SIGXFSZ, SIGPIPE)          the write fails, and is reported as any failed write
//   standard input, output or error was closed                  reading and writing it fails; no file takes its number
//
// In the first two the temporary files of atomic_file.hpp are removed. The library itself installs nothing: a handler
// belongs to the whole process, and that is the program's.
// Handlers do only what may be done at any moment (POSIX, "async-signal-safe"): write, stat, unlink, _exit, atomics.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <etalon/io/atomic_file.hpp>
#include <etalon/io/mapped_file.hpp>

namespace etalon::io {

namespace detail {

// A message put together without memory from anywhere else; what is too long is cut off.
class SignalLine {
 public:
  SignalLine& operator<<(std::string_view text) noexcept {
    for (char c : text)
      if (size_ + 1 < text_.size()) text_[size_++] = c == '\n' ? ' ' : c;
    return *this;
  }
  SignalLine& operator<<(std::uint64_t number) noexcept {
    char digits[20];
    std::size_t first = sizeof digits;
    do digits[--first] = static_cast<char>('0' + number % 10);
    while ((number /= 10) > 0);
    return *this << std::string_view(digits + first, sizeof digits - first);
  }
  void write_to(int file) noexcept {
    text_[size_++] = '\n';
    [[maybe_unused]] const ssize_t written = ::write(file, text_.data(), size_);
  }

 private:
  std::array<char, 8192> text_;
  std::size_t size_ = 0;
};

inline constinit std::atomic<const char*> program_name{""};
inline constinit std::atomic_flag fault_told;

inline void remove_temporary_files() noexcept {
  temporary_files.each([](const std::string& path) { ::unlink(path.c_str()); });
}

// WHERE: expected …, found …; as an etalon::Error says it.
inline void tell_fault(const MappedRange& range) noexcept {
  struct stat now {};
  SignalLine line;
  line << program_name.load() << ": " << range.path << ": expected the " << range.size
       << " bytes it had when it was opened, found ";
  if (::stat(range.path.c_str(), &now) == 0 && static_cast<std::uint64_t>(now.st_size) < range.size)
    line << static_cast<std::uint64_t>(now.st_size) << "; the file was changed or cut short while in use; run again";
  else
    line << "a part that cannot be read; check the disk, or the network it comes over, and run again";
  line.write_to(STDERR_FILENO);
}

// A SIGBUS inside a mapped file is told once, whichever thread comes first; any other is a crash as ever.
inline void on_bus_error(int signal, siginfo_t* info, void*) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const MappedRange* hit = nullptr;
  mapped_ranges.each([&](const MappedRange& range) {
    const auto first = reinterpret_cast<std::uintptr_t>(range.data);
    if (at >= first && at - first < range.size) hit = &range;
  });
  if (hit == nullptr) {
    std::signal(signal, SIG_DFL);   // back to the same instruction, which now ends the process
    return;
  }
  if (fault_told.test_and_set()) for (;;) ::pause();
  remove_temporary_files();
  tell_fault(*hit);
  ::_exit(2);
}

// The signal is blocked while its handler runs: raised again, it comes when this returns.
inline void on_end(int signal) {
  const int kept = errno;
  remove_temporary_files();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  errno = kept;
}

inline void handle(int signal, void (*handler)(int)) noexcept {
  struct sigaction old {}, action {};
  if (::sigaction(signal, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) return;   // nohup, or a job in background
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

// A file opened next would take the lowest free number, and what is printed would go into it.
inline void hold_standard_descriptors() noexcept {
  for (int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    [[maybe_unused]] const int held = ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace detail

// program: what messages begin with, e.g. "etalon"; must live as long as the process. Signals that are ignored when the
// program starts stay ignored.
inline void handle_process_faults(const char* program) noexcept {
  detail::program_name = program;
  detail::hold_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) detail::handle(signal, detail::on_end);
  struct sigaction action {};
  action.sa_sigaction = detail::on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace etalon::io
