// Qwen3-Next (80B-A3B), compiled for the command.
#include <etalon/families/qwen3_next.hpp>
#include <etalon/io/engine_of.hpp>

#include "../families.hpp"

namespace etalon::command {

std::unique_ptr<Engine> open_qwen3_next(const std::filesystem::path& folder, RunOptions options) {
  return io::open_engine<qwen3_next::Family>("qwen3_next", folder, std::move(options));
}

}  // namespace etalon::command
