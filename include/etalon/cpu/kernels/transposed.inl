// A vector times a matrix (ops/transposed.hpp): lanes are columns, so a column keeps its own chains.

// `vectors` vectors of columns from c on.
template <int vectors> void multiply_column_vectors(const TransposedProduct& p, int c) {
  Floats sum[vectors] = {};
  for (int block = 0; block < p.rows; block += dot_block) {
    Floats chain[2][vectors] = {};
    const int end = p.rows < block + dot_block ? p.rows : block + dot_block;
    for (int r = block; r < end; ++r) {
      Floats x, w;
      spread(x, p.x[r]);
      for (int v = 0; v < vectors; ++v) {
        load(w, p.matrix + static_cast<std::ptrdiff_t>(r) * p.columns + c + v * width);
        multiply_add(chain[r % 2][v], w, x);
      }
    }
    for (int v = 0; v < vectors; ++v) sum[v] = sum[v] + (chain[0][v] + chain[1][v]);
  }
  for (int v = 0; v < vectors; ++v) store(p.y + c + v * width, sum[v]);
}

inline void multiply_transposed(const TransposedProduct& p) {
  int c = 0;
  for (; c + 4 * width <= p.columns; c += 4 * width) multiply_column_vectors<4>(p, c);
  for (; c + width <= p.columns; c += width) multiply_column_vectors<1>(p, c);
  multiply_columns(p, c, p.columns);
}
