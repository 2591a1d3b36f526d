#pragma once
// What `etalon bench --model` times: how long a model takes to open and to give its first token, and tokens a second
// when reading a prompt and when writing on, beside what each must read and compute.
#include <vector>

#include "../run_flags.hpp"
#include "measure.hpp"

namespace etalon::command::bench {

// What one token costs in the weights alone; attention to earlier tokens comes on top.
struct Traffic {
  double read = 0;         // bytes of the weights that one token's step reads: of the experts, those it chose; of the
                           // embedding table next to nothing
  double operations = 0;   // 2 for each number of the weights that a prompt's token is multiplied by; unembedding is
                           // done for the last token only
  double parameters = 0, active = 0;   // numbers in all, and those of one step
};
Traffic traffic_of(const ModelFacts& facts);

// Seconds, from the call to the engine, and from there to the logits of a first token: medians of a few, files cached.
struct StartUp { double open = 0, first_token = 0; };
StartUp start_up(const RunFlags& flags);

// How many tokens to time: a prompt of 512 and 64 written behind a short one, fewer where the model's context is
// shorter, and half as many as often as it takes for neither to last longer than so many seconds.
struct Lengths { int prompt = 512, short_prompt = 16, written = 64; };
Lengths lengths_for(Engine& engine, double seconds);

// Reading a prompt, and writing on. The engine must outlive the tasks.
std::vector<Task> model_tasks(Engine& engine, const Lengths& lengths, int threads);

}  // namespace etalon::command::bench
