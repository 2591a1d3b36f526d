// Decides whether the headers it was built with keep the rules of docs/arithmetic.md where no unit test looks at bits.
// tests/faults/faults.py builds it with the faults of contract.json planted.
//
//   operations   the self-test's rows of single operations, which are as expected
//   NaN          a decoded NaN is the one that is stored (R0)
//   norm         the order of a norm's products (R3)
//   attention    how the scale enters scores (R5)
//   draw         from seed and position to a random fraction; a weight is cut off to an integer (R7)
//
// Each restates its rule. Prints the first that fails, and exits 1; 0 when all hold. No test framework: it is built
// many times.
#include <cstdio>

#include <etalon/sample/sampler.hpp>
#include <etalon/selftest/expected.hpp>
#include <etalon/selftest/function_cases.hpp>

using namespace etalon;
using detail::made_numbers;

namespace {

const Reference backend;
Arena arena;
NoTrace silent;
const Context<Reference, NoTrace> ctx{backend, Numerics::f32, arena, silent};

bool operations_hold() {
  bool hold = true;
  std::size_t row = 0;
  function_cases([&](const SelfTestRow& found) { hold = hold && line_of(found) == expected_rows[row++]; });
  return hold;
}

bool nan_holds() {
  bool hold = true;
  for (const int code : {0x7f, 0xff})
    hold = hold && bits_of(E4m3{static_cast<std::uint8_t>(code)}.decode()) == canonical_nan_bits;
  for (const int code : {0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff})
    hold = hold && bits_of(E5m2{static_cast<std::uint8_t>(code)}.decode()) == canonical_nan_bits;
  return hold && bits_of(E8m0{255}.decode()) == canonical_nan_bits;
}

bool norm_holds() {
  constexpr int n = 77;
  std::vector<float> x = made_numbers("row", n, 3.0f), gain = made_numbers("gain", n, 2.0f);
  RmsNorm<Channel> norm = rms_norm_of<Channel>(n, 1e-3f);
  norm.gain.storage = Plain<F32>{reinterpret_cast<const std::byte*>(gain.data()), n, 1};
  const auto y = rms_norm(ctx, norm, View<float, Token, Channel>{x.data(), {1, n}});
  const float mean = divide(dot(x.data(), x.data(), n), static_cast<float>(n));
  const float inverse = divide(1.0f, square_root(mean + 1e-3f));
  bool hold = true;
  for (int c = 0; c < n; ++c) hold = hold && bits_of(y[0][c]) == bits_of((x[c] * inverse) * gain[c]);
  return hold;
}

// Two keys whose values are 1 and 0: the output is the first one's share.
bool attention_holds() {
  constexpr int dim = 8;
  bool hold = true;
  for (int size = 1; size < 64; ++size) {
    const double scale = 1.0 / size;
    const std::vector<float> q = made_numbers("query", 2 * dim, 2.0f), k = made_numbers("keys", 2 * dim, 2.0f);
    const float values[] = {1.0f, 0.0f};
    float out[2];
    attend(ctx, View<const float, Token, Head, NopeDim>{q.data(), {2, 1, dim}},
           View<const float, Position, KvHead, NopeDim>{k.data(), {2, 1, dim}},
           View<const float, Position, KvHead, ValueDim>{values, {2, 1, 1}}, {.scale = scale},
           View<float, Token, Head, ValueDim>{out, {2, 1, 1}});
    float scaled[dim];
    for (int i = 0; i < dim; ++i) scaled[i] = q[dim + i] * static_cast<float>(scale * log2_e);
    float p[] = {dot(scaled, k.data(), dim), dot(scaled, k.data() + dim, dim)};
    const float total = softmax_block(p, 2, 0, 2).total;
    hold = hold && bits_of(out[1]) == bits_of(divide(p[0], total));
  }
  return hold;
}

// Philox4x32-10 of counter 0 and key 0 is 6627e8d5 e169c58d … (Salmon et al. 2011, known answers of Random123).
bool draw_holds() {
  bool hold = sample::draw(0, 0) == 0xe169c58d6627e8d5u;
  for (std::uint32_t position = 0; position < 50; ++position) {
    const PhiloxBlock block = philox({position, 0, 0, 0}, 12345);
    hold = hold && sample::draw(12345, position) == ((std::uint64_t{block[1]} << 32) | block[0]);
  }
  std::vector<float> logits{0.0f};
  for (int i = 1; i < 200; ++i) logits.push_back(-5.5f - 0.03f * static_cast<float>(i));   // weights with a fraction
  for (const sample::Candidate& c : sample::weighted(logits, 1.0f)) {
    const float t = c.logit * static_cast<float>(log2_e), n = round_to_integer(t);
    const float share = exp2_fraction(t - n) * power_of_two_or_zero(static_cast<int>(n));
    const double weight = static_cast<double>(share) * 0x1p30;
    hold = hold && static_cast<double>(c.weight) <= weight && weight < static_cast<double>(c.weight) + 1.0;
  }
  return hold;
}

struct Check { const char* name; bool (*holds)(); };
constexpr Check checks[] = {{"NaN", nan_holds}, {"norm", norm_holds}, {"attention", attention_holds},
                            {"draw", draw_holds}, {"operations", operations_hold}};

}  // namespace

int main() {
  for (const Check& check : checks)
    if (!check.holds()) return std::printf("faults/contract %s\n", check.name), 1;
  return 0;
}
