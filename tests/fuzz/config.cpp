// libFuzzer: any bytes as config.json, asked for the fields that families ask for.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

using namespace etalon::io;

// Every error is a whole sentence; anything but an Error is a crash.
template <class Ask>
static void ask(Ask question) {
  try {
    question();
  } catch (const etalon::Error& error) {
    if (error.where().empty() || error.expected().empty() || error.found().empty()) std::abort();
  }
}

static void check_rope(const Config& config, const char* layer_type) {
  const RopeConfig rope = read_rope(config, layer_type, 1e4);
  if (!(rope.theta > 1) || !(rope.factor >= 1) || !(rope.partial >= 0 && rope.partial <= 1)) std::abort();
  if (!std::isfinite(rope.theta * rope.factor) || rope.original_max_position < 0) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ask([&] {
    const Config config = Config::parse({reinterpret_cast<const char*>(data), size}, "fuzz").text_model();
    ask([&] { if (config.integer({"hidden_size", "d_model"}, {1, 65536}) < 1) std::abort(); });
    ask([&] { if (config.integer("vocab_size", {-9, std::int64_t{1} << 60}, 7) < -9) std::abort(); });
    ask([&] { if (!(config.number("rms_norm_eps", {0, 1}, 1e-6) <= 1)) std::abort(); });
    ask([&] { config.boolean("norm_topk_prob", true); });
    ask([&] { config.text("model_type"); });
    ask([&] { config.integers("list", {0, 100}); });
    ask([&] { config.texts("layer_types", {}); });
    ask([&] { config.object("quantization_config").integers("weight_block_size", {1, 4096}); });
    ask([&] { check_rope(config, ""); });
    ask([&] { check_rope(config, "full_attention"); });
  });
  return 0;
}
