#pragma once
// Attention over two key sets at once: the positions of a sliding window, and compressed entries of all before.
//
//   one softmax over both:  o = (sum_window p_j k_j + sum_entries p_w e_w) / (sink + sum p)              DeepSeek-V4
//
// Keys are values too, one row for all heads (multi-query attention: Shazeer 2019). The order of combination is sink,
// window, entries; each set in blocks of 32 from its own beginning, as in ops/attend.hpp.
#include <etalon/ops/attend.hpp>
#include <etalon/ops/select_entries.hpp>

namespace etalon {

// Both sets of keys; sets: the entries each query may see.
struct WindowAndEntries { HeadRows window, entries; const EntrySets& sets; };

// q (Token, Head, Dim) -> out, the same shape. options: of the window; its window is not 0.
template <class Dim>
void attend_entries(const auto& ctx, View<const float, Token, Head, Dim> q, const WindowAndEntries& keys,
                    const AttendOptions& options, View<float, Token, Head, Dim> out) {
  const int heads = extent<Head>(q), dim = extent<Dim>(q);
  const float scale = static_cast<float>(options.scale * log2_e);
  const std::int64_t work = std::int64_t{2} * dim * (options.window + keys.sets.blocks * dot_block);
  for_rows(ctx.backend, extent<Token>(q) * heads, work, [&](int begin_row, int end_row) {
    std::vector<float> query(static_cast<std::size_t>(dim));
    for (int row = begin_row; row < end_row; ++row) {
      const int t = row / heads, h = row % heads, last = options.start + t;
      for (int i = 0; i < dim; ++i) query[i] = q[t][h][i] * scale;
      Attending a{query.data(), {}, out[t][h].data};
      begin(a, dim, options.sinks.data ? &options.sinks[h] : nullptr);
      attend_range(a, keys.window, keys.window, last >= options.window ? last - options.window + 1 : 0, last);
      attend_selected(a, keys.entries, keys.entries, keys.sets.row(t), keys.sets.blocks);
      finish(a, dim);
    }
  });
}

}  // namespace etalon
