#pragma once
// A trace as a safetensors file: every intermediate tensor of a run under its name (docs/design.md, "Trace").
//
// Rows of the same tensor from several steps (chunks, token by token) are put one after the other, so the file does not
// show how the run was cut. Metadata: format version, model, family, tokens, numerics, backend, the axes of each
// tensor.
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <etalon/engine.hpp>
#include <etalon/io/safetensors_writer.hpp>

namespace etalon::io {

inline constexpr const char* trace_format = "1";

// Collects what a forward pass shows. Use as RunOptions::listener, by reference.
class TraceRecorder {
 public:
  void operator()(const Shown& tensor) {
    Recorded& kept = tensors_[tensor.name];
    const std::size_t rows = static_cast<std::size_t>(tensor.shape.front());
    std::size_t count = 1;
    for (int n : tensor.shape) count *= static_cast<std::size_t>(n);
    kept.dtype = tensor.floats ? Dtype::F32 : Dtype::I32;
    kept.axes = tensor.axes;
    kept.inner.assign(tensor.shape.begin() + 1, tensor.shape.end());
    kept.rows += rows;
    const void* numbers = tensor.floats ? static_cast<const void*>(tensor.floats) : tensor.integers;
    const std::size_t before = kept.bytes.size();
    kept.bytes.resize(before + count * 4);
    std::copy_n(static_cast<const std::byte*>(numbers), count * 4, kept.bytes.data() + before);
  }

  // Adds everything recorded to a file in the making.
  void write_to(SafetensorsWriter& writer) const {
    for (const auto& [name, tensor] : tensors_) {
      std::vector<std::int64_t> shape{static_cast<std::int64_t>(tensor.rows)};
      shape.insert(shape.end(), tensor.inner.begin(), tensor.inner.end());
      writer.add_borrowed(name, tensor.dtype, shape, tensor.bytes);
      std::string axes;
      for (const std::string& axis : tensor.axes) axes += (axes.empty() ? "" : ",") + axis;
      writer.set_metadata("axes." + name, axes);
    }
  }

 private:
  struct Recorded {
    Dtype dtype = Dtype::F32;
    std::vector<std::string> axes;
    std::vector<int> inner;   // all axes but the first
    std::size_t rows = 0;
    std::vector<std::byte> bytes;
  };
  std::map<std::string, Recorded> tensors_;
};

// What every trace and logits file says of the run it came from.
inline void describe_run(SafetensorsWriter& writer, const Engine& engine, const std::string& model,
                         const std::vector<int>& tokens) {
  std::string ids;
  for (int id : tokens) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  writer.set_metadata("format", "etalon-trace");
  writer.set_metadata("format_version", trace_format);
  writer.set_metadata("model", model);
  writer.set_metadata("family", engine.facts().family);
  writer.set_metadata("tokens", ids);
  writer.set_metadata("numerics", name_of(*engine.options().numerics));
  if (engine.options().absorb) writer.set_metadata("attention", "absorbed");   // other bits than without
  writer.set_metadata("backend", engine.options().backend);
}

}  // namespace etalon::io
