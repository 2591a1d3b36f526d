#pragma once
// The families the command knows: each is compiled in a file of its own under families/, so that adding one slows
// the build of no other.
#include <filesystem>
#include <memory>

#include <etalon/engine.hpp>

namespace etalon::command {

using OpenFamily = std::unique_ptr<Engine> (*)(const std::filesystem::path& folder, RunOptions options);

std::unique_ptr<Engine> open_deepseek_v3(const std::filesystem::path& folder, RunOptions options);
std::unique_ptr<Engine> open_deepseek_v4(const std::filesystem::path& folder, RunOptions options);
std::unique_ptr<Engine> open_gpt_oss(const std::filesystem::path& folder, RunOptions options);
std::unique_ptr<Engine> open_mixtral(const std::filesystem::path& folder, RunOptions options);
std::unique_ptr<Engine> open_qwen3_next(const std::filesystem::path& folder, RunOptions options);

// model_type of config.json -> who opens it.
struct Family { const char* model_type; OpenFamily open; };
inline constexpr Family families[] = {
    {"deepseek_v3", open_deepseek_v3},
    {"deepseek_v4", open_deepseek_v4},
    {"gpt_oss", open_gpt_oss},
    {"kimi_k2", open_deepseek_v3},
    {"mixtral", open_mixtral},
    {"qwen3_next", open_qwen3_next},
};

}  // namespace etalon::command
