#pragma once
// Attention over the same keys, all at once and in pieces.
#include <etalon/ops/attend_pieces.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

namespace etalon::test {

struct PiecesShape { int tokens, heads, dim, width, start, window = 0; };

inline constexpr PiecesShape pieces_shapes[] = {
    {1, 1, 8, 4, 0}, {1, 3, 32, 16, 300}, {70, 2, 48, 20, 0}, {33, 2, 40, 16, 95}, {5, 2, 16, 16, 200, 60}};

struct PiecesCase {
  PiecesShape shape;
  int positions;
  std::vector<float> queries, keys, values;

  PiecesCase(Random& random, const PiecesShape& s) : shape(s), positions(s.start + s.tokens) {
    queries = random.normals(static_cast<std::size_t>(s.tokens * s.heads * s.dim));
    keys = random.normals(static_cast<std::size_t>(positions * s.heads * s.dim));
    values = random.normals(static_cast<std::size_t>(positions * s.heads * s.width));
  }

  struct Made {
    View<const float, Position, KvHead, HeadDim> keys;
    View<const float, Position, KvHead, ValueDim> values;
  };
  Made rows(int first, int count) const {
    return {seen<Position, KvHead, HeadDim>(keys, positions, shape.heads, shape.dim).rows(first, count),
            seen<Position, KvHead, ValueDim>(values, positions, shape.heads, shape.width).rows(first, count)};
  }
  AttendOptions options() const { return {.scale = 0.3, .start = shape.start, .window = shape.window}; }

  template <class Backend> std::vector<float> at_once(const Backend& backend) const {
    return computed(backend, [&](const auto& ctx, auto q, auto out) {
      attend(ctx, q, rows(0, positions).keys, rows(0, positions).values, options(), out);
    });
  }
  template <class Backend> std::vector<float> in_pieces(const Backend& backend, int piece) const {
    return computed(backend, [&](const auto& ctx, auto q, auto out) {
      attend_pieces(ctx, q, options(), positions, piece, [&](int first, int count) { return rows(first, count); }, out);
    });
  }

 private:
  template <class Backend> std::vector<float> computed(const Backend& backend, auto&& attention) const {
    Run<Backend> run(Numerics::f32, backend);
    std::vector<float> out(static_cast<std::size_t>(shape.tokens * shape.heads * shape.width), -7.0f);
    attention(run.ctx, seen<Token, Head, HeadDim>(queries, shape.tokens, shape.heads, shape.dim),
              View<float, Token, Head, ValueDim>{out.data(), {shape.tokens, shape.heads, shape.width}});
    return out;
  }
};

}  // namespace etalon::test
