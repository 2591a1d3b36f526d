#pragma once
// Standard input for the subcommands that read it: what cannot be read (closed, a folder) must not pass for no text.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>

#include <etalon/error.hpp>

namespace etalon::command {

// Call when std::cin has come to its end. Throws Error where it came there by a failure.
inline void check_standard_input() {
  if (std::ferror(stdin) == 0) return;
  throw Error("standard input", "something to read", std::strerror(errno), "give a text, e.g. with < FILE");
}

// All of it. Throws Error.
inline std::string read_standard_input() {
  std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  check_standard_input();
  return text;
}

}  // namespace etalon::command
