#pragma once
// Attention over keys and values that come in pieces: for keys that are computed when needed, and then dropped.
//
//   begin;  for each piece of positions, left to right: keys, values = make(piece), take them in;  finish
//
// The sums are those of ops/attend.hpp, and so are the bits: pieces are whole blocks of keys, taken in their order.
// Memory is one piece and every query's sum, whatever the number of positions.
#include <algorithm>
#include <vector>

#include <etalon/ops/attend.hpp>
#include <etalon/ops/planner.hpp>

namespace etalon {

// The positions that query t sees of a piece of `count` positions; none where first > last.
inline AttendRows::Seen seen_of_piece(const AttendRows& piece, int count, int t) {
  const AttendRows::Seen seen = piece.seen_by(t);
  return {std::max(seen.first, piece.options.first_key), std::min(seen.last, piece.options.first_key + count - 1)};
}

// The sums of all queries of a call, between its pieces.
class RunningSums {
 public:
  explicit RunningSums(const AttendRows& a)
      : sums_(static_cast<std::size_t>(a.tokens) * static_cast<std::size_t>(a.heads)) {
    for (int row = 0; row < a.tokens * a.heads; ++row) {
      Attending sum = of(a, row, nullptr);
      begin(sum, a.width, a.options.sinks.data ? &a.options.sinks[row % a.heads] : nullptr);
      sums_[row] = sum.sum;
    }
  }
  // piece: the same queries, and keys and values of `count` positions from options.first_key on.
  template <class Backend> void take(const Backend& backend, const AttendRows& piece, int count) {
    const float scale = static_cast<float>(piece.options.scale * log2_e);
    const std::int64_t work = std::int64_t{count} * (piece.dim + piece.width);
    for_rows(backend, piece.tokens * piece.heads, work, [&](int begin_row, int end_row) {
      std::vector<float> query(static_cast<std::size_t>(piece.dim));
      for (int row = begin_row; row < end_row; ++row) {
        const int t = row / piece.heads, kv = row % piece.heads / piece.shared();
        const auto [first, last] = seen_of_piece(piece, count, t);
        const float* q = piece.queries + static_cast<std::size_t>(row) * query.size();
        for (int i = 0; i < piece.dim; ++i) query[i] = q[i] * scale;
        Attending sum = of(piece, row, query.data());
        if (first <= last) attend_range(sum, piece.keys_of(kv), piece.values_of(kv), first, last);
        sums_[row] = sum.sum;
      }
    });
  }
  template <class Backend> void finish(const Backend&, const AttendRows& a) {
    for (int row = 0; row < a.tokens * a.heads; ++row) {
      Attending sum = of(a, row, nullptr);
      etalon::finish(sum, a.width);
    }
  }

 private:
  Attending of(const AttendRows& a, int row, const float* query) const {
    return {query, sums_[row], a.out + static_cast<std::size_t>(row) * a.width};
  }
  std::vector<SoftmaxSum> sums_;
};

inline RunningSums running_sums(const Reference&, Arena&, const AttendRows& a) { return RunningSums(a); }

// To plan for: nothing is summed, but the room that sums take on the Cpu backend (cpu/attend_pieces.hpp) is counted.
struct PlannedSums {
  void take(const Planner&, const AttendRows&, int) {}
  void finish(const Planner&, const AttendRows&) {}
};
inline PlannedSums running_sums(const Planner&, Arena& arena, const AttendRows& a) {
  arena.take<float>(static_cast<std::size_t>(a.tokens) * a.heads * static_cast<std::size_t>(a.dim + a.width + 40));
  return {};
}

// q (Token, Head, Dim) -> out (Token, Head, Value). make(first, count) gives the keys (Position, KvHead, Dim) and the
// values (Position, KvHead, Value) of `count` positions, as .keys and .values; they may live until it returns next.
// Every head has keys of its own. positions: how many there are; piece: so many at a time, whole blocks of keys.
template <class Dim, class Value>
void attend_pieces(const auto& ctx, View<const float, Token, Head, Dim> q, const AttendOptions& options, int positions,
                   int piece, auto&& make, View<float, Token, Head, Value> out) {
  AttendRows rows{q.data, nullptr, nullptr, out.data, extent<Token>(q), extent<Head>(q), extent<Head>(q),
                  extent<Dim>(q), extent<Value>(out), 0, 0, options};
  const Arena::Scope scope(ctx.arena);
  auto sums = running_sums(ctx.backend, ctx.arena, rows);
  for (int first = 0; first < positions; first += piece) {
    const Arena::Scope piece_scope(ctx.arena);
    const int count = std::min(piece, positions - first);
    const auto made = make(first, count);
    rows.keys = made.keys.data, rows.key_stride = made.keys.stride();
    rows.values = made.values.data, rows.value_stride = made.values.stride();
    rows.options.first_key = first;
    sums.take(ctx.backend, rows, count);
  }
  sums.finish(ctx.backend, rows);
}

}  // namespace etalon
