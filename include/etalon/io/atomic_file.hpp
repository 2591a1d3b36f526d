#pragma once
// Writing a file so that others see it whole or not at all: a temporary file beside it, fsync, rename.
//
// Whatever goes wrong (disk full, folder missing or not writable, destination is a folder), the temporary file is
// removed, the destination is as it was, and one Error says why. A program that calls process_faults.hpp removes it
// also where a signal ends it. Left out: kill -9 and the like leave the temporary file (.etalon-….tmp) behind.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <etalon/error.hpp>
#include <etalon/io/mapped_file.hpp>
#include <etalon/io/signal_slots.hpp>

namespace etalon::io {

// Names of the temporary files there are now, for handlers of signals.
inline constinit SignalSlots<std::string> temporary_files;

class AtomicFile {
 public:
  // Checks the destination and opens the temporary file beside it.
  explicit AtomicFile(std::filesystem::path destination)
      : destination_(std::move(destination)), file_(open_temporary()) {}
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (temporary_) ::unlink(temporary_->c_str());
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw failure("a disk that takes the file", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  // Makes what was written the content of the destination. Nothing may follow.
  void commit() {
    if (::fsync(file_.number()) != 0) throw failure("a disk that takes the file", errno);
    // Errors of close count too: network file systems report a full disk here.
    if (::close(file_.release()) != 0) throw failure("a disk that takes the file", errno);
    if (::rename(temporary_->c_str(), destination_.c_str()) != 0) throw failure("a destination to write", errno);
    temporary_.remove();
    const Descriptor folder(::open(folder_of_destination().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number() >= 0) ::fsync(folder.number());  // best effort: the content is already safe
  }

 private:
  std::filesystem::path folder_of_destination() const {
    const std::filesystem::path folder = destination_.parent_path();
    return folder.empty() ? "." : folder;
  }

  Error failure(const std::string& expected, int error) const {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return Error(destination_.string(), expected, system_reason(error),
                 full ? "free space or choose another place" : "check the path and the permissions");
  }

  // A rename would silently replace a device or a pipe by a file, and cannot replace a folder.
  void check_destination() const {
    struct stat status {};
    if (destination_.filename().empty() || (::stat(destination_.c_str(), &status) == 0 && S_ISDIR(status.st_mode))) {
      throw Error(destination_.string(), "the path of a file to write", "a folder", "add a file name");
    }
    if (::stat(destination_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      throw Error(destination_.string(), "the path of a file to write", kind_of_node(status.st_mode),
                  "choose another path");
    }
    if (::stat(folder_of_destination().c_str(), &status) != 0) {
      throw Error(destination_.string(), "a folder to write into", system_reason(errno), "create the folder first");
    }
    if (!S_ISDIR(status.st_mode)) {
      throw Error(destination_.string(), "a folder to write into", kind_of_node(status.st_mode), "check the path");
    }
    constexpr std::size_t longest_name = 255;
    if (destination_.filename().native().size() > longest_name) {
      throw Error(destination_.string(), "a file name of at most 255 bytes", "a longer one", "choose a shorter name");
    }
  }

  // Opened with O_EXCL under a name of its own, so no other file is touched; the mode follows the umask.
  int open_temporary() {
    check_destination();
    static std::atomic<unsigned> counter{0};
    for (int attempt = 0; attempt < 100; ++attempt) {
      const std::string name = ".etalon-" + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
      temporary_ = temporary_files.enter((folder_of_destination() / name).string());  // before there is such a file
      const int file = ::open(temporary_->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file >= 0) return file;
      const int problem = errno;
      temporary_.remove();
      if (problem != EEXIST) throw failure("a folder to write into", problem);
    }
    throw failure("a folder to write into", EEXIST);
  }

  std::filesystem::path destination_;
  SignalSlots<std::string>::Entry temporary_;  // none: nothing to remove
  Descriptor file_;
};

// Throws the Error that writing there would meet, as far as it can be known now. Ask before long work.
inline void probe_writable(const std::filesystem::path& path) { AtomicFile probe(path); }

// Replaces or creates the file with this content. Throws Error.
inline void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}
inline void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace etalon::io
