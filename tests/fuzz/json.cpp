// libFuzzer: any bytes as JSON. Either a value comes out that writes and parses to itself, or an Error; nothing else.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <etalon/io/ordered_json.hpp>

using namespace etalon::io;

// The library's own parser has to agree on what is JSON, but for the keys it silently overwrites and for depth.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Json value = parse_json(text, "fuzz");
    const OrderedJson ordered = parse_ordered_json(text, "fuzz");
    if (value != Json::parse(text)) std::abort();
    if (ordered.dump().size() != value.dump().size()) std::abort();
    if (parse_json(value.dump(), "again") != value) std::abort();
  } catch (const etalon::Error& error) {
    const std::string_view said = error.what();
    const bool stricter = said.find(" twice") != said.npos || said.find("at most 64") != said.npos;
    if (!stricter && Json::accept(text)) std::abort();
    if (error.expected().empty() || error.found().empty() || error.next().empty()) std::abort();
  }
  return 0;
}
