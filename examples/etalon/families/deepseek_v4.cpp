// The DeepSeek-V4 family, compiled for the command: Flash and Pro.
#include <etalon/families/deepseek_v4.hpp>
#include <etalon/io/engine_of.hpp>

#include "../families.hpp"

namespace etalon::command {

std::unique_ptr<Engine> open_deepseek_v4(const std::filesystem::path& folder, RunOptions options) {
  return io::open_engine<deepseek_v4::Family>("deepseek_v4", folder, std::move(options));
}

}  // namespace etalon::command
