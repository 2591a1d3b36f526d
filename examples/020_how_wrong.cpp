// How wrong is everybody else? How far float32 is from float64, and how far ordinary arithmetic is from itself. Run it
// in the root of the source tree: build/examples/020_how_wrong
//
// 1  Distance from float64: the logits of the golden models (tests/golden/models), whose files hold what Hugging Face
//    transformers computed for 9 tokens in float32, and in float64.
// 2  Distance from itself: three sequences of 16 tokens, each in chunks of 7, and one by one, and with 3 threads,
//    against each in one step; and one by one beside the other two against one by one alone. In mathematics these are
//    one computation.
// 3  The same for a model that says something (models/storyteller), three texts of 40 tokens: a moved logit may become
//    another expert, which moves the logits twenty times as far, or another word.
//
// "Ordinary" is simulated (ordinary_arithmetic.hpp says how). It stands for no engine: it shows what the order of sums
// does by itself, and engines vary in more than that. f32 and bf16 say what activations are rounded to before each
// matrix. Etalon's zeros are exact: all bits of all logits are compared.
// The texts of table 3 were chosen to show both: of the model's 31 golden texts of this length, other chunks or threads
// changed a greedy token in one and an expert in another, and neither in the rest.
// Left out: larger models, in which more is added up; and text written freely, where one other word changes all that
// follows.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include <etalon/cpu/cpu.hpp>
#include <etalon/families/deepseek_v3.hpp>
#include <etalon/families/deepseek_v4.hpp>
#include <etalon/families/gpt_oss.hpp>
#include <etalon/families/mixtral.hpp>
#include <etalon/families/qwen3_next.hpp>
#include <etalon/io/load.hpp>

#include "ordinary_arithmetic.hpp"

using namespace etalon;
using ordinary::Ordinary;

namespace {

// --- running ---------------------------------------------------------------------------------------------------------

// What one sequence gave.
struct Run {
  std::vector<float> logits;                         // (Token, Vocab)
  std::map<std::string, std::vector<int>> choices;   // of each router, (Token, Choice)
  int tokens = 0;
};

// A listener that keeps which experts each token went to. owner: whose run each row of the step is part of.
struct Choices {
  static constexpr bool on = true;
  std::vector<Run*> owner;

  void operator()(const Shown& tensor) const {
    if (!tensor.name.ends_with("router.choice")) return;
    const auto chosen = static_cast<std::size_t>(tensor.shape[1]);
    for (std::size_t t = 0; t < owner.size(); ++t) {
      std::vector<int>& kept = owner[t]->choices[tensor.name];
      kept.insert(kept.end(), tensor.integers + t * chosen, tensor.integers + (t + 1) * chosen);
    }
  }
};

using Texts = std::vector<std::vector<int>>;   // sequences of one length

// Runs sequences side by side, `chunk` tokens of each in a step; 0: all.
template <class Model, class Backend>
std::vector<Run> run(const Model& model, const Backend& backend, Numerics mode, const Texts& texts, int chunk) {
  std::vector<Run> runs(texts.size());
  std::vector<decltype(model.decoder.new_state())> states(texts.size(), model.decoder.new_state());
  std::vector<decltype(states.data())> sequences;
  for (auto& state : states) sequences.push_back(&state);
  Arena arena;
  const std::size_t length = texts.front().size(), width = chunk > 0 ? static_cast<std::size_t>(chunk) : length;
  for (std::size_t first = 0; first < length; first += width) {
    const Arena::Scope scope(arena);
    const std::size_t count = std::min(width, length - first);
    StepBuffer buffer;
    Choices choices;
    for (std::size_t s = 0; s < texts.size(); ++s) {
      buffer.add(std::span(texts[s]).subspan(first, count), static_cast<int>(first));
      choices.owner.insert(choices.owner.end(), count, &runs[s]);
    }
    Context<Backend, Choices> ctx{backend, mode, arena, choices};
    const auto logits = model.decoder.logits(ctx, model.decoder.hidden(ctx, buffer.step(), sequences));
    for (int t = 0; t < extent<Token>(logits); ++t) {
      Run& to = *choices.owner[static_cast<std::size_t>(t)];
      to.logits.insert(to.logits.end(), logits[t].data, logits[t].data + extent<Vocab>(logits));
      ++to.tokens;
    }
  }
  return runs;
}

template <class Model, class Backend>
std::vector<Run> run_apart(const Model& model, const Backend& backend, Numerics mode, const Texts& texts, int chunk) {
  std::vector<Run> runs;
  for (const auto& text : texts) runs.push_back(run(model, backend, mode, Texts{text}, chunk).front());
  return runs;
}

// --- comparing -------------------------------------------------------------------------------------------------------

// How logits differ from others.
struct Difference {
  double largest = 0.0, squares = 0.0, scale = 0.0;   // max|a - b|, sum of (a - b)^2, max|b|
  int logits = 0, tokens = 0, choices = 0;            // how many differ: logits, greedy tokens, sets of experts
  int of_logits = 0, of_tokens = 0, of_choices = 0;

  double relative() const { return largest / scale; }
  double rms() const { return std::sqrt(squares / of_logits) / scale; }

  template <class Other> void add_logits(const std::vector<float>& a, const std::vector<Other>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double apart = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
      largest = std::max(largest, apart);
      squares = etalon::fma(apart, apart, squares);
      scale = std::max(scale, std::fabs(static_cast<double>(b[i])));
      if constexpr (std::is_same_v<Other, float>) logits += bits_of(a[i]) != bits_of(b[i]);
    }
    of_logits += static_cast<int>(a.size());
  }
  void add(const Run& a, const Run& b) {
    add_logits(a.logits, b.logits);
    const int vocab = static_cast<int>(a.logits.size()) / a.tokens;
    for (int t = 0; t < a.tokens; ++t)
      tokens += arg_max(&a.logits[static_cast<std::size_t>(t) * vocab], vocab) !=
                arg_max(&b.logits[static_cast<std::size_t>(t) * vocab], vocab);
    of_tokens += a.tokens;
    for (const auto& [router, chosen] : a.choices) {
      const auto k = static_cast<long>(chosen.size()) / a.tokens;
      const int* other = b.choices.at(router).data();
      for (int t = 0; t < a.tokens; ++t)
        choices += !std::equal(chosen.begin() + t * k, chosen.begin() + (t + 1) * k, other + t * k);
      of_choices += a.tokens;
    }
  }
};

Difference difference(const std::vector<Run>& a, const std::vector<Run>& b) {
  Difference d;
  for (std::size_t i = 0; i < a.size(); ++i) d.add(a[i], b[i]);
  return d;
}

// Four changes that should change nothing.
constexpr const char* change_names[] = {"chunks of 7", "one by one", "beside two", "3 threads"};
using Changes = std::array<Difference, 4>;

template <class Model, class Backend>
Changes changes(const Model& model, const Backend& one, const Backend& three, Numerics mode, const Texts& texts) {
  const auto whole = run_apart(model, one, mode, texts, 0), single = run_apart(model, one, mode, texts, 1);
  return {difference(run_apart(model, one, mode, texts, 7), whole), difference(single, whole),
          difference(run(model, one, mode, texts, 1), single),
          difference(run_apart(model, three, mode, texts, 0), whole)};
}

// --- the tables ------------------------------------------------------------------------------------------------------

const Ordinary one_worker, three_workers{{}, 3};
const Cpu one_thread(1), three_threads(3);

std::string golden_folder(const std::string& name) { return "tests/golden/models/" + name; }

template <class T> std::vector<T> numbers_of(const io::Checkpoint& file, const std::string& name) {
  const io::TensorInfo* tensor = file.find(name);
  if (!tensor) throw Error(name, "a tensor of this name", "none", "take the files of the source tree");
  std::vector<T> numbers(tensor->bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), tensor->bytes.data(), tensor->bytes.size());
  return numbers;
}

// `length` tokens of a prompt from each of three places, side by side in it.
Texts three_of(const std::vector<int>& prompt, int length) {
  Texts texts;
  for (auto at = prompt.begin(); texts.size() < 3; at += length) texts.emplace_back(at, at + length);
  return texts;
}

// Table 1, one row.
template <class Family> void print_from_float64(const std::string& name) {
  const auto loaded = io::load<Family>(golden_folder(name));
  const auto golden = io::Checkpoint::open(golden_folder(name) + "/trace_short.safetensors");
  const auto exact = numbers_of<double>(golden, "logits.f64");
  const Texts text{numbers_of<int>(golden, "tokens")};
  std::printf("%-23s", name.c_str());
  for (const auto& logits : {numbers_of<float>(golden, "logits"),
                             run(loaded.model, one_thread, Numerics::f32, text, 0).front().logits,
                             run(loaded.model, one_worker, Numerics::f32, text, 0).front().logits,
                             run(loaded.model, one_thread, Numerics::bf16, text, 0).front().logits}) {
    Difference d;
    d.add_logits(logits, exact);
    std::printf("   %.1e %.1e", d.relative(), d.rms());
  }
  std::printf("\n");
}

// Table 2, one row: the largest changes of ordinary arithmetic in both modes, and how many of Etalon's logits change.
template <class Family> void print_from_itself(const std::string& name) {
  const auto loaded = io::load<Family>(golden_folder(name));
  const auto golden = io::Checkpoint::open(golden_folder(name) + "/trace_long.safetensors");
  const Texts texts = three_of(numbers_of<int>(golden, "tokens"), 16);
  int etalon = 0;
  std::printf("%-12s", name.c_str());
  for (const Numerics mode : {Numerics::f32, Numerics::bf16}) {
    for (const Difference& d : changes(loaded.model, one_worker, three_workers, mode, texts))
      std::printf(" %9.1e", d.relative());
    for (const Difference& d : changes(loaded.model, one_thread, three_threads, mode, texts)) etalon += d.logits;
  }
  std::printf("%8d\n", etalon);
}

// Table 3, four rows.
void print_changes(const char* who, Numerics mode, const Changes& changes) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Difference& d = changes[i];
    std::printf("%-9s %-5s %-12s %9.1e %9d of %d %8d of %d %8d of %d\n", who, name_of(mode), change_names[i],
                d.relative(), d.logits, d.of_logits, d.tokens, d.of_tokens, d.choices, d.of_choices);
  }
}

// The first `length` tokens of some of the storyteller's golden texts: prompt and greedy continuation.
Texts golden_texts(std::initializer_list<const char*> names, int length) {
  const io::Json goldens = io::read_json("models/storyteller/goldens.json");
  Texts texts;
  for (const std::string name : names)
    for (const io::Json& golden : goldens["prompts"]) {
      if (golden["name"] != name) continue;
      auto text = golden["prompt_ids"].get<std::vector<int>>();
      const auto output = golden["output_ids"].get<std::vector<int>>();
      text.insert(text.end(), output.begin(), output.end());
      texts.emplace_back(text.begin(), text.begin() + length);
    }
  return texts;
}

void table_1() {
  std::printf("1  Distance from float64: max and root mean square of |logit - its float64|, / max |float64 logit|\n\n"
              "%-23s   %-15s   %-15s   %-15s   %s\n", "", "reference f32", "Etalon f32", "ordinary f32", "Etalon bf16");
  for (const char* name : {"deepseek_v3", "deepseek_v3_f32_shards", "deepseek_v3_fp8", "deepseek_v3_tied", "kimi_k2"})
    print_from_float64<deepseek_v3::Family<>>(name);
  for (const char* name : {"deepseek_v4", "deepseek_v4_fp4"}) print_from_float64<deepseek_v4::Family>(name);
  for (const char* name : {"gpt_oss", "gpt_oss_mxfp4"}) print_from_float64<gpt_oss::Family>(name);
  print_from_float64<mixtral::Family>("mixtral");
  print_from_float64<qwen3_next::Family>("qwen3_next");
}

void table_2() {
  std::printf("\n2  Distance from itself: max |change of a logit| / max |logit|; for Etalon, how many logits change\n\n"
              "%-12s %-40s%-40s Etalon\n%-12s", "", "ordinary f32", "ordinary bf16", "");
  for (int mode = 0; mode < 2; ++mode)
    for (const char* name : {"chunks 7", "1 by 1", "beside 2", "3 threads"}) std::printf(" %9s", name);
  std::printf("    both\n");
  print_from_itself<deepseek_v3::Family<>>("deepseek_v3");
  print_from_itself<deepseek_v4::Family>("deepseek_v4");
  print_from_itself<gpt_oss::Family>("gpt_oss");
  print_from_itself<mixtral::Family>("mixtral");
  print_from_itself<qwen3_next::Family>("qwen3_next");
}

void table_3() {
  std::printf("\n3  storyteller: the largest change as above, and how many change\n\n"
              "%-28s %9s %19s %15s %15s\n", "", "max", "logits", "greedy tokens", "expert choices");
  const auto storyteller = io::load<deepseek_v3::Family<>>("models/storyteller");
  const Texts texts = golden_texts({"opening", "spaces and line breaks", "hand-overs"}, 40);
  for (const Numerics mode : {Numerics::f32, Numerics::bf16})
    print_changes("ordinary", mode, changes(storyteller.model, one_worker, three_workers, mode, texts));
  print_changes("Etalon", Numerics::bf16,
                changes(storyteller.model, one_thread, three_threads, Numerics::bf16, texts));
}

}  // namespace

int main() {
  table_1();
  table_2();
  table_3();
}
