#pragma once
// JSON whose objects keep the order of the text, as chat templates and tool calls show it. Otherwise as json.hpp.
//
// A header of its own, because a second kind of value costs every source that includes it half a second to compile.
#include <filesystem>
#include <string>
#include <string_view>

#include <etalon/io/json.hpp>

namespace etalon::io {

// Finding a key costs a walk over the object.
using OrderedJson = nlohmann::ordered_json;

// where: the text's name in messages. Throws Error.
inline OrderedJson parse_ordered_json(std::string_view text, const std::string& where, JsonLimits limits = {}) {
  return detail::parse<OrderedJson>(text, where, limits);
}

// The same from a file; messages name its path.
inline OrderedJson read_ordered_json(const std::filesystem::path& path, JsonLimits limits = {}) {
  const MappedFile file = MappedFile::open(path);
  return parse_ordered_json(file.text(), path.string(), limits);
}

}  // namespace etalon::io
