#pragma once
// Ordinary arithmetic, simulated: a backend that adds up the same products in an order that depends on the shapes at
// hand, as fast engines do. Everything is float32; what changes from one shape to the next is the order alone.
//
//   rows of a product   kernel            how an output's products are added up
//   1                   vector            8 lanes, lane i taking k = i, i + 8, …; then the lanes as a tree
//   2 … 7               wider vector      16 lanes, likewise
//   8 or more           blocked matrix    one after another within tiles of 64, then tile after tile
//   any, w workers      split sum         w equal spans of k, each as above, then span after span
//
// Attention is the usual online softmax (Milakov & Gimelshein 2018) over tiles of 16 keys, of 64 where there is one
// query. Weights are decoded before the product. Matrices of numbers are multiplied so in libraries that pick a kernel
// by shape; none is copied here, and none is measured. Why an engine's results depend on its batch: He et al. 2025,
// "Defeating nondeterminism in LLM inference".
//
// Left as in the contract, though engines differ there too: norms, the functions of one number (exp among them),
// rotations, the order of experts, recurrences, attention over compressed entries, int8. Products and sums are rounded
// one by one: under -ffp-contract=off, which this library's build sets, the results are the same on every compiler.
#include <vector>

#include <etalon/ops/attend.hpp>
#include <etalon/ops/grouped_linear.hpp>

namespace ordinary {

using namespace etalon;

struct Ordinary : Reference {
  static constexpr const char* name = "ordinary";
  int workers = 1;   // that share one sum
};

template <int lanes> float lane_sum(const float* a, const float* b, int n) {
  float lane[lanes] = {};
  int k = 0;
  for (; k + lanes <= n; k += lanes)
    for (int i = 0; i < lanes; ++i) lane[i] = lane[i] + a[k + i] * b[k + i];
  for (int i = 0; k + i < n; ++i) lane[i] = lane[i] + a[k + i] * b[k + i];
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lane[i] = lane[i] + lane[i + half];
  return lane[0];
}

inline float tile_sum(const float* a, const float* b, int n) {
  float total = 0.0f;
  for (int first = 0; first < n; first += 64) {
    float tile = 0.0f;
    for (int k = first; k < n && k < first + 64; ++k) tile = tile + a[k] * b[k];
    total = total + tile;
  }
  return total;
}

// a . b as one of `rows` rows that are computed together.
inline float dot_among(int rows, const float* a, const float* b, int n) {
  return rows == 1 ? lane_sum<8>(a, b, n) : rows < 8 ? lane_sum<16>(a, b, n) : tile_sum(a, b, n);
}

inline float split_dot(const Ordinary& backend, int rows, const float* a, const float* b, int n) {
  const int span = (n + backend.workers - 1) / backend.workers;
  float total = dot_among(rows, a, b, span);
  for (int first = span; first < n; first += span)
    total = total + dot_among(rows, a + first, b + first, n - first < span ? n - first : span);
  return total;
}

// The linear layers of modes F and H; found by the layers because the backend is an Ordinary.
inline void multiply_groups(const Ordinary& backend, const Storage& storage, const GroupedProduct& g) {
  const Product& p = g.product;
  const SeenActivations x(backend, p, p.count * g.groups);
  std::vector<float> row(static_cast<std::size_t>(p.columns));
  for (int n = 0; n < p.outputs; ++n) {
    read_row(storage, n, p.columns, row.data());
    for (int t = 0; t < p.count; ++t)
      p.y[static_cast<std::size_t>(t) * p.outputs + n] =
          split_dot(backend, p.count, row.data(), x.data() + g.input(t, n) * p.columns, p.columns);
  }
}
inline void multiply_floats(const Ordinary& backend, const Storage& storage, const Product& product) {
  multiply_groups(backend, storage, {product, 1});
}

// One query's sum so far, relative to the largest score seen.
struct Sum { float largest, total; };

// Takes in n positions from `first` on, their scores in s.
inline void attend_tile(Sum& sum, float* s, int n, const HeadRows& values, int first, float* out) {
  float largest = sum.largest;
  for (int j = 0; j < n; ++j) largest = s[j] > largest ? s[j] : largest;
  const float rescale = etalon::exp(sum.largest - largest);
  sum = {largest, sum.total * rescale};
  for (int c = 0; c < values.width; ++c) out[c] = out[c] * rescale;
  for (int j = 0; j < n; ++j) {
    const float p = etalon::exp(s[j] - largest);
    sum.total = sum.total + p;
    for (int c = 0; c < values.width; ++c) out[c] = out[c] + p * values.at(first + j)[c];
  }
}

// As etalon::attend, whose arguments these are.
template <class Trace, class Dim, class Value>
void attend(const Context<Ordinary, Trace>&, View<const float, Token, Head, Dim> q,
            View<const float, Position, KvHead, Dim> keys, View<const float, Position, KvHead, Value> values,
            const AttendOptions& options, View<float, Token, Head, Value> out) {
  const int heads = extent<Head>(q), shared = heads / extent<KvHead>(keys), dim = extent<Dim>(q);
  const int queries = extent<Token>(q), tile = queries == 1 ? 64 : 16;
  for (int row = 0; row < queries * heads; ++row) {
    const int t = row / heads, h = row % heads, last = options.start + t;
    const HeadRows k{keys[0][h / shared].data, keys.stride(), dim, options.first_key};
    const HeadRows v{values[0][h / shared].data, values.stride(), extent<Value>(values), options.first_key};
    Sum sum = options.sinks.data ? Sum{options.sinks[h], 1.0f} : Sum{-0x1p100f, 0.0f};
    for (int c = 0; c < v.width; ++c) out[t][h][c] = 0.0f;
    const int oldest = options.window > 0 && last >= options.window ? last - options.window + 1 : 0;
    for (int first = oldest; first <= last; first += tile) {
      const int n = last + 1 - first < tile ? last + 1 - first : tile;
      float s[64];
      for (int j = 0; j < n; ++j)
        s[j] = dot_among(queries, q[t][h].data, k.at(first + j), dim) * static_cast<float>(options.scale);
      attend_tile(sum, s, n, v, first, out[t][h].data);
    }
    for (int c = 0; c < v.width; ++c) out[t][h][c] = divide(out[t][h][c], sum.total);
  }
}

}  // namespace ordinary
