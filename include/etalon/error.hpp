#pragma once
// What went wrong with something a user gave us: a file, a configuration, an input.
//
//   WHERE: expected EXPECTED, found FOUND; NEXT
//
// One exception type for the whole library. Programmer errors are not Errors: they do not compile, or they assert.
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace etalon {

// where: file, field or flag; expected and found: the two sides of the disagreement; next: what the reader can do.
class Error : public std::runtime_error {
 public:
  Error(std::string where, std::string expected, std::string found, std::string next = {})
      : std::runtime_error(sentence(where, expected, found, next)),
        where_(std::move(where)), expected_(std::move(expected)), found_(std::move(found)), next_(std::move(next)) {}

  const std::string& where() const noexcept { return where_; }
  const std::string& expected() const noexcept { return expected_; }
  const std::string& found() const noexcept { return found_; }
  const std::string& next() const noexcept { return next_; }

 private:
  static std::string sentence(const std::string& where, const std::string& expected, const std::string& found,
                              const std::string& next) {
    std::string text = where;
    text += ": expected ";
    text += expected;
    text += ", found ";
    text += found;
    if (!next.empty()) {
      text += "; ";
      text += next;
    }
    return text;
  }
  std::string where_, expected_, found_, next_;
};

// Text from a file, made safe and short enough to stand in a message: control bytes become '?', what is over the
// limit (in bytes) is cut off, between UTF-8 characters.
inline std::string quoted(std::string_view text, std::size_t limit = 80) {
  std::string out = "\"";
  std::size_t end = text.size() > limit ? limit : text.size();
  for (int i = 0; i < 3 && end > 0 && end < text.size() && (text[end] & 0xc0) == 0x80; ++i) --end;
  for (char c : text.substr(0, end)) out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
  out += text.size() > limit ? "…\"" : "\"";
  return out;
}
// For a std::string argument, std::quoted (<iomanip>) would otherwise be found too, and be the better match.
inline std::string quoted(const std::string& text, std::size_t limit = 80) {
  return quoted(std::string_view(text), limit);
}
inline std::string quoted(const char* text, std::size_t limit = 80) { return quoted(std::string_view(text), limit); }

}  // namespace etalon
