#pragma once
// A regular file seen as read-only memory, without copying it.
//
// A checkpoint may be larger than memory: mapping it costs nothing, the system reads a page when it is first touched.
// Left out: files that shrink while they are mapped (the system then raises SIGBUS), and writing.
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

// Read-only, shared by nobody, unmapped at the end of its scope. Never empty unless moved from.
class MappedFile {
 public:
  // Throws Error for anything but a readable regular file of at least one byte. Never blocks on a pipe.
  static MappedFile open(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) {
      throw Error(path.string(), "a readable file", system_reason(errno), "check the path and the permissions");
    }
    const std::size_t size = checked_size(file.number(), path);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (memory == MAP_FAILED) {
      throw Error(path.string(), "a file that can be mapped into memory", system_reason(errno),
                  "check the limit of virtual memory (ulimit -v)");
    }
    return MappedFile(path, static_cast<const std::byte*>(memory), size);
  }

  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size) noexcept
      : path_(std::move(path)), data_(data), size_(size) {}

  static std::size_t checked_size(int file, const std::filesystem::path& path) {
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
    return static_cast<std::size_t>(status.st_size);
  }

  std::filesystem::path path_;
  const std::byte* data_;
  std::size_t size_;
};

}  // namespace etalon::io
