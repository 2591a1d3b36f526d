// Tests of include/etalon/layers/gated_delta_net.hpp. Beside transformers it stands in tests/families/qwen3_next.cpp.
#include <etalon/layers/gated_delta_net.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

constexpr int channels = 20, key_heads = 2, value_heads = 4, key_dim = 6, value_dim = 5, taps = 3;
constexpr DeltaSizes sizes{key_heads, value_heads, key_dim, value_dim, taps};

using Projection = OneOf<GroupedDeltaProjection, FlatDeltaProjection>;

// A layer with the given projection, and numbers in its weights that `seed` decides.
GatedDeltaNet layer_of(Projection projection, Filled& filled, std::uint64_t seed) {
  const Weight<ValueHead> per_head{{value_heads}, {}};
  GatedDeltaNet layer{sizes, std::move(projection), {{sizes.mixed(), taps}, {}}, per_head, per_head,
                      rms_norm_of<ValueDim>(value_dim, 1e-3f),
                      linear_of<Channel, Joined<ValueHead, ValueDim>>(channels, sizes.values())};
  filled.set_all(layer, seed);
  return layer;
}
GroupedDeltaProjection grouped() {
  return {linear_of<Joined<KeyHead, MixedChannel>, Channel>(sizes.mixed() + sizes.values(), channels),
          linear_of<Joined<KeyHead, ValueHead>, Channel>(2 * value_heads, channels)};
}
FlatDeltaProjection flat() {
  return {linear_of<MixedChannel, Channel>(sizes.mixed(), channels),
          linear_of<Joined<ValueHead, ValueDim>, Channel>(sizes.values(), channels),
          linear_of<ValueHead, Channel>(value_heads, channels), linear_of<ValueHead, Channel>(value_heads, channels)};
}

// Rows of a matrix, in an order of one's own.
template <class Out> std::vector<float> rows_of(const Weight<Out, Channel>& weight, const std::vector<int>& rows) {
  std::vector<float> values;
  for (const int r : rows) {
    const auto row = row_of(weight, r);
    values.insert(values.end(), row.begin(), row.end());
  }
  return values;
}
// Numbers first, …, first + count - 1 of each of so many groups `width` long.
std::vector<int> of_groups(int groups, int width, int first, int count) {
  std::vector<int> rows;
  for (int g = 0; g < groups; ++g)
    for (int i = 0; i < count; ++i) rows.push_back(g * width + first + i);
  return rows;
}

// One sequence through the layer in chunks.
std::vector<float> output(const GatedDeltaNet& layer, const std::vector<float>& x, int chunk,
                          DeltaState* end = nullptr) {
  Run<> run;
  DeltaState state = layer.new_state();
  std::vector<float> y;
  const int tokens = static_cast<int>(x.size()) / channels;
  for (int first = 0; first < tokens; first += chunk) {
    const int n = std::min(chunk, tokens - first);
    const std::vector<int> ids(static_cast<std::size_t>(n));
    StepBuffer buffer;
    buffer.add(ids, first);
    const auto part = layer(run.ctx, buffer.step(), [&](std::size_t) -> DeltaState& { return state; },
                            seen<Token, Channel>(x, tokens, channels).rows(first, n));
    y.insert(y.end(), part.data, part.data + part.size());
  }
  if (end) *end = state;
  return y;
}

}  // namespace

TEST_CASE("projections grouped by key head and flat ones are the same layer with rows in another order") {
  Filled filled;
  const GatedDeltaNet one = layer_of({grouped()}, filled, 1);
  GatedDeltaNet other = layer_of({flat()}, filled, 2);
  other.convolution = one.convolution, other.log_rate = one.log_rate, other.rate_bias = one.rate_bias;
  other.norm = one.norm, other.out = one.out;
  const auto& from = std::get<GroupedDeltaProjection>(one.projection.kind);
  auto& to = std::get<FlatDeltaProjection>(other.projection.kind);
  constexpr int run = value_heads / key_heads * value_dim, width = 2 * key_dim + 2 * run;
  std::vector<int> rows = of_groups(key_heads, width, 0, key_dim);
  for (const int r : of_groups(key_heads, width, key_dim, key_dim)) rows.push_back(r);
  for (const int r : of_groups(key_heads, width, 2 * key_dim, run)) rows.push_back(r);
  filled.set(to.qkv.weight, rows_of(from.qkvz.weight, rows));
  filled.set(to.z.weight, rows_of(from.qkvz.weight, of_groups(key_heads, width, 2 * key_dim + run, run)));
  filled.set(to.b.weight, rows_of(from.ba.weight, of_groups(key_heads, 4, 0, 2)));
  filled.set(to.a.weight, rows_of(from.ba.weight, of_groups(key_heads, 4, 2, 2)));
  Random random{3};
  const auto x = random.normals(11 * channels);
  CHECK(same_bits(output(one, x, 11), output(other, x, 11)));
  std::swap(to.a, to.b);   // planted: decay and beta the other way round
  CHECK_FALSE(same_bits(output(one, x, 11), output(other, x, 11)));
}

TEST_CASE("chunks of any size give the bits of the whole, and leave the same state") {
  Filled filled;
  const GatedDeltaNet layer = layer_of({grouped()}, filled, 4);
  Random random{5};
  const auto x = random.normals(19 * channels);
  DeltaState whole, parts;
  const auto y = output(layer, x, 19, &whole);
  for (const int chunk : {1, 2, 4, 18}) {
    CHECK(same_bits(output(layer, x, chunk, &parts), y));
    CHECK(same_bits(parts.memory, whole.memory));
    CHECK(same_bits(parts.recent.inputs, whole.recent.inputs));
    CHECK(parts.length() == 19);
  }
}

TEST_CASE("a state goes back to the beginning only") {
  Filled filled;
  const GatedDeltaNet layer = layer_of({grouped()}, filled, 6);
  Random random{7};
  DeltaState state;
  output(layer, random.normals(4 * channels), 4, &state);
  CHECK(state.truncate(4));
  CHECK_FALSE(state.truncate(3));
  CHECK(state.truncate(0));
  CHECK(state.length() == 0);
  CHECK(same_bits(state.memory, layer.new_state().memory));
  CHECK(same_bits(state.recent.inputs, layer.new_state().recent.inputs));
}

TEST_CASE("its parts go by their names, whichever projection it has") {
  Filled filled;
  GatedDeltaNet layer = layer_of({grouped()}, filled, 1);
  const auto names = [&] {
    std::string all;
    each_weight(layer, [&](const std::string& path, AnyWeight) { all += path + " "; });
    return all;
  };
  const std::string common = "convolution log_rate rate_bias norm.weight out.weight ";
  CHECK(names() == "qkvz.weight ba.weight " + common);
  layer.projection.kind = flat();
  CHECK(names() == "qkv.weight z.weight b.weight a.weight " + common);
}
