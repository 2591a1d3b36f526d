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

// The numbers of one call, below their axes' names. window: of which the keys are the values too.
struct EntriesRows {
  AttendRows window;
  HeadRows entries;
  const EntrySets& sets;

  std::int64_t work() const { return std::int64_t{2} * window.dim * (window.options.window + sets.blocks * dot_block); }
};

template <class Backend> void attend_entry_rows(const Backend& backend, const EntriesRows& keys) {
  const AttendRows& rows = keys.window;
  const AttendOptions& options = rows.options;
  const float scale = static_cast<float>(options.scale * log2_e);
  for_rows(backend, rows.tokens * rows.heads, keys.work(), [&](int begin_row, int end_row) {
    std::vector<float> query(static_cast<std::size_t>(rows.dim));
    for (int row = begin_row; row < end_row; ++row) {
      const int t = row / rows.heads, h = row % rows.heads, last = options.start + t;
      const float* q = rows.queries + static_cast<std::size_t>(row) * query.size();
      for (int i = 0; i < rows.dim; ++i) query[i] = q[i] * scale;
      Attending a{query.data(), {}, rows.out + static_cast<std::size_t>(row) * query.size()};
      begin(a, rows.dim, options.sinks.data ? &options.sinks[h] : nullptr);
      attend_range(a, rows.keys_of(0), rows.keys_of(0), last >= options.window ? last - options.window + 1 : 0, last);
      attend_selected(a, keys.entries, keys.entries, keys.sets.row(t), keys.sets.blocks);
      finish(a, rows.dim);
    }
  });
}

// q (Token, Head, Dim) -> out, the same shape. options: of the window; its window is not 0.
template <class Dim>
void attend_entries(const auto& ctx, View<const float, Token, Head, Dim> q, const WindowAndEntries& keys,
                    AttendOptions options, View<float, Token, Head, Dim> out) {
  options.first_key = keys.window.first;
  const int dim = extent<Dim>(q);
  attend_entry_rows(ctx.backend,
                    EntriesRows{{q.data, keys.window.data, keys.window.data, out.data, extent<Token>(q),
                                 extent<Head>(q), 1, dim, dim, keys.window.stride, keys.window.stride, options},
                                keys.entries, keys.sets});
}

}  // namespace etalon
