#pragma once
// A regular file seen as read-only memory, without copying it.
//
// A checkpoint may be larger than memory: mapping it costs nothing, the system reads a page when it is first touched.
// So a file that somebody changes while it is mapped changes under its reader: check_unchanged() tells. Where it became
// shorter the system raises SIGBUS at the first touch; process_faults.hpp turns that into a message for programs that
// ask for it. Left out: writing.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <etalon/error.hpp>
#include <etalon/io/signal_slots.hpp>

namespace etalon::io {

// The system's words for an errno value, e.g. "No such file or directory".
inline std::string system_reason(int error) { return std::strerror(error); }

// An open file descriptor, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }
  // Gives the number away: the caller closes it.
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

// What `mode` (of struct stat) is, for a message: "a folder", "a named pipe", …
inline std::string kind_of_node(mode_t mode) {
  if (S_ISREG(mode)) return "a regular file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// What is mapped now, for the handler of SIGBUS.
struct MappedRange {
  const std::byte* data = nullptr;
  std::size_t size = 0;
  std::string path;
};
inline constinit SignalSlots<MappedRange> mapped_ranges;

// Read-only, shared by nobody, unmapped at the end of its scope. Never empty unless moved from.
class MappedFile {
 public:
  // Throws Error for anything but a readable regular file of at least one byte. Never blocks on a pipe.
  static MappedFile open(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) {
      throw Error(path.string(), "a readable file", system_reason(errno), "check the path and the permissions");
    }
    const struct stat status = checked_status(file.number(), path);
    const auto size = static_cast<std::size_t>(status.st_size);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (memory == MAP_FAILED) {
      throw Error(path.string(), "a file that can be mapped into memory", system_reason(errno),
                  "check the limit of virtual memory (ulimit -v)");
    }
    return MappedFile(path, static_cast<const std::byte*>(memory), status);
  }

  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        opened_(other.opened_),
        listed_(std::move(other.listed_)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(opened_, other.opened_);
    std::swap(listed_, other.listed_);
    return *this;
  }
  ~MappedFile() {
    listed_.remove();
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  }

  // Throws Error where somebody wrote to the file since it was opened: what was read may be of both contents. A new
  // file under the same name is no change: the old one stays mapped. Costs one question to the file system.
  void check_unchanged() const {
    struct stat now {};
    if (::stat(path_.c_str(), &now) != 0 || now.st_dev != opened_.st_dev || now.st_ino != opened_.st_ino) return;
    const bool same_time =
        now.st_mtim.tv_sec == opened_.st_mtim.tv_sec && now.st_mtim.tv_nsec == opened_.st_mtim.tv_nsec;
    if (same_time && now.st_size == opened_.st_size) return;
    if (now.st_size == opened_.st_size) {   // somebody may be writing now, which shows in the time before in the size
      ::usleep(10'000);
      if (::stat(path_.c_str(), &now) != 0) now = opened_;
    }
    if (now.st_size != opened_.st_size) {   // as process_faults.hpp says it: chance decides which comes first
      throw Error(path_.string(), "the " + std::to_string(opened_.st_size) + " bytes it had when it was opened",
                  std::to_string(now.st_size), "the file was changed or cut short while in use; run again");
    }
    throw Error(path_.string(), "the content it had when it was opened", "that it was written to",
                "leave the file alone while it is in use, and run again");
  }

  // What the system reads of the file from now on it may keep in pages of 2 MB, where it has such: a core takes some
  // hundred cycles to find where a page is, which for pages of 4 KB is a tenth of the time that weights take. It reads
  // 2 MB at each touch then. What it has of the file already stays in small pages. No answer is needed.
  void ask_for_large_pages() const noexcept {
#if defined(MADV_HUGEPAGE)
    if (size_ >= large_page) ::madvise(const_cast<std::byte*>(data_), size_, MADV_HUGEPAGE);
#endif
  }
  static constexpr std::size_t large_page = std::size_t{2} << 20;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  MappedFile(std::filesystem::path path, const std::byte* data, const struct stat& status)
      : path_(std::move(path)), data_(data), size_(static_cast<std::size_t>(status.st_size)), opened_(status),
        listed_(mapped_ranges.enter({data_, size_, path_.string()})) {}

  static struct stat checked_status(int file, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(file, &status) != 0) {
      throw Error(path.string(), "a readable file", system_reason(errno), "check the path and the permissions");
    }
    if (!S_ISREG(status.st_mode)) {
      throw Error(path.string(), "a regular file", kind_of_node(status.st_mode), "name the file itself");
    }
    if (status.st_size == 0) {
      throw Error(path.string(), "a file with content", "an empty file", "download or write it again");
    }
    return status;
  }

  std::filesystem::path path_;
  const std::byte* data_;
  std::size_t size_;
  struct stat opened_;
  SignalSlots<MappedRange>::Entry listed_;
};

}  // namespace etalon::io
