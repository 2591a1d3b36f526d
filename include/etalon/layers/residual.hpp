#pragma once
// How a sub-layer (attention or feed-forward) reads the residual stream and where its result goes.
//
//   pre-norm:  x += f(norm(x))                                                Xiong et al. 2020, figure 1 (b)
//
// The residual is a policy that owns this: it is given the stream and the sub-layer as a function. Families with other
// shapes (a norm after the sub-layer, several streams) bring another policy; the layer stays as it is.
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/rms_norm.hpp>

namespace etalon {

// Trace names of what a sub-layer is given and what it returns.
struct SubLayerNames { const char *norm, *out; };
inline constexpr SubLayerNames attention_names{"attn.norm", "attn.out"}, feed_forward_names{"ffn.norm", "ffn.out"};

struct PreNorm {
  RmsNorm<Channel> norm;

  // stream (Token, Channel), changed in place; sub_layer: (Token, Channel) -> (Token, Channel).
  template <class SubLayer>
  void operator()(const auto& ctx, const SubLayerNames& names, View<float, Token, Channel> stream,
                  SubLayer&& sub_layer) const {
    const Arena::Scope scope(ctx.arena);
    auto x = rms_norm(ctx, norm, stream);                                       // (Token, Channel)
    ctx.show(names.norm, x);
    auto y = sub_layer(read_only(x));                                           // (Token, Channel)
    ctx.show(names.out, y);
    add(ctx, stream, y);
  }

  void each_part(auto&& part) { part("norm", norm); }
};

}  // namespace etalon
