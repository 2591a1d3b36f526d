// Mixtral (8x7B, 8x22B), compiled for the command.
#include <etalon/families/mixtral.hpp>
#include <etalon/io/engine_of.hpp>

#include "../families.hpp"

namespace etalon::command {

std::unique_ptr<Engine> open_mixtral(const std::filesystem::path& folder, RunOptions options) {
  return io::open_engine<mixtral::Family>("mixtral", folder, std::move(options));
}

}  // namespace etalon::command
