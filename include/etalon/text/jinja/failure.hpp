#pragma once
// What stops a template, before it is known where in the template it happened.
//
// The interpreter's parts throw Failure; the parser and the evaluator, which know the line, turn it into an
// etalon::Error. Raised is the template's own raise_exception("…"): its message is the exception's text, unchanged.
#include <string>
#include <utility>

#include "etalon/error.hpp"

namespace etalon::text::jinja {

struct Failure {
  std::string expected, found, next = {};
};

// A template (or a model folder) refuses a conversation in its own words.
class Raised : public etalon::Error {
 public:
  Raised(std::string where, std::string message)
      : Error(std::move(where), "a conversation the template accepts",
              "raise_exception(" + etalon::quoted(message, 400) + ")"),
        message_(std::move(message)) {}
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};

[[noreturn]] inline void fail(std::string expected, std::string found, std::string next = {}) {
  throw Failure{std::move(expected), std::move(found), std::move(next)};
}

}  // namespace etalon::text::jinja
