// The DeepSeek-V3 family, compiled for the command: R1, V3.1, Kimi-K2, Moonlight.
#include <etalon/families/deepseek_v3.hpp>
#include <etalon/io/engine_of.hpp>
#include <etalon/layers/absorbed_mla.hpp>

#include "../families.hpp"

namespace etalon::command {

std::unique_ptr<Engine> open_deepseek_v3(const std::filesystem::path& folder, RunOptions options) {
  return io::open_engine<deepseek_v3::Family<EitherMla>>("deepseek_v3", folder, std::move(options));
}

}  // namespace etalon::command
