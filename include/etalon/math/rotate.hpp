#pragma once
// The rotation of one pair by an angle: what a rotary embedding does to two channels.
//
//   (u, v) -> (u cos - v sin, v cos + u sin)                                 Su et al. 2021 (RoFormer), eq. 34
#include <etalon/math/real.hpp>

namespace etalon {

struct Pair { float first, second; };

ETALON_HD inline Pair rotate(float u, float v, float cosine, float sine) {
  return {fma(u, cosine, -(v * sine)), fma(u, sine, v * cosine)};
}

}  // namespace etalon
