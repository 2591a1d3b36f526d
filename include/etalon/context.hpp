#pragma once
// The one thing passed down a forward pass: backend, numerics mode, scratch memory, and who listens.
//
// Scratch comes from an Arena: results of operations are views into it, and a Scope gives back everything taken since
// it began, so a layer's intermediates live as long as the layer runs.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <etalon/trace.hpp>
#include <etalon/view.hpp>

namespace etalon {

// How activations enter a linear layer (docs/arithmetic.md, R2): f32 as they are (mode F), rounded to bf16 (mode H),
// or quantised, like the weights, to int8 in groups of 32 (mode Q).
enum class Numerics { f32, bf16, int8 };

inline const char* name_of(Numerics mode) {
  return mode == Numerics::f32 ? "f32" : mode == Numerics::bf16 ? "bf16" : "int8";
}

// Memory that grows in blocks and is given back from the end. Not for sharing between threads.
class Arena {
 public:
  Arena() = default;
  // counting: hands out addresses that nobody may read or write, to learn from peak() what a step would take.
  enum class Kind { real, counting };
  explicit Arena(Kind kind) : counting_(kind == Kind::counting) {}

  // Makes room for so many bytes in one block, where there is not as much yet and nothing is taken.
  void reserve(std::size_t bytes) {
    if (taken_ > 0 || (!blocks_.empty() && blocks_[0].size >= bytes)) return;
    blocks_.clear();
    grow(bytes);
    block_ = 0;
  }
  // The most bytes that were taken at a time.
  std::size_t peak() const { return peak_; }

  template <class T> T* take(std::size_t count) {
    const std::size_t bytes = (count * sizeof(T) + alignment - 1) / alignment * alignment;
    taken_ += bytes;
    peak_ = taken_ > peak_ ? taken_ : peak_;
    if (counting_) return reinterpret_cast<T*>(alignment);
    while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) grow(bytes);
    std::byte* start = blocks_[block_].aligned + used_;
    used_ += bytes;
    return reinterpret_cast<T*>(start);
  }

  // Everything taken during a Scope's life is free again when it ends.
  class Scope {
   public:
    explicit Scope(Arena& arena)
        : arena_(arena), block_(arena.block_), used_(arena.used_), taken_(arena.taken_) {}
    ~Scope() {
      arena_.taken_ = taken_;
      arena_.block_ = block_;
      arena_.used_ = used_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    std::size_t block_, used_, taken_;
  };

 private:
  static constexpr std::size_t alignment = 64, smallest_block = std::size_t{1} << 20;
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::byte* aligned;
    std::size_t size;
  };
  void grow(std::size_t bytes) {
    const std::size_t size = bytes > smallest_block ? bytes : smallest_block;
    std::unique_ptr<std::byte[]> memory(new std::byte[size + alignment]);
    void* start = memory.get();
    std::size_t space = size + alignment;
    std::byte* aligned = static_cast<std::byte*>(std::align(alignment, size, start, space));
    blocks_.push_back({std::move(memory), aligned, size});
    used_ = 0;
  }
  std::vector<Block> blocks_;
  std::size_t block_ = 0, used_ = 0;
  std::size_t taken_ = 0, peak_ = 0;
  bool counting_ = false;
};

template <class Backend, class Trace = NoTrace> requires Listener<Trace> struct Context {
  const Backend& backend;
  Numerics numerics;
  Arena& arena;
  Trace& trace;
  static constexpr bool shows = Trace::on;
  int layer = -1;   // prefix of trace names: none, or layers.{layer}.

  // A fresh tensor in the arena, not initialised: make<float, Token, Channel>(tokens, channels).
  template <class T, class... Axes, class... Extents> View<T, Axes...> make(Extents... extents) const {
    static_assert(sizeof...(Axes) == sizeof...(Extents));
    View<T, Axes...> x{nullptr, {extents...}};
    x.data = arena.template take<T>(x.size());
    return x;
  }

  // Shows one intermediate tensor to whoever listens. Costs nothing with NoTrace.
  template <class T, class... Axes> void show([[maybe_unused]] const char* name,
                                              [[maybe_unused]] View<T, Axes...> x) const {
    if constexpr (Trace::on)
      trace(shown(layer < 0 ? std::string(name) : "layers." + std::to_string(layer) + "." + name, x));
  }
};

}  // namespace etalon
