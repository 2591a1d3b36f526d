// gpt-oss (20b, 120b), compiled for the command.
#include <etalon/families/gpt_oss.hpp>
#include <etalon/io/engine_of.hpp>

#include "../families.hpp"

namespace etalon::command {

std::unique_ptr<Engine> open_gpt_oss(const std::filesystem::path& folder, RunOptions options) {
  return io::open_engine<gpt_oss::Family>("gpt_oss", folder, std::move(options));
}

}  // namespace etalon::command
