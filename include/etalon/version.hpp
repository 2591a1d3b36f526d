#pragma once
// The release these headers belong to; meson.build refuses to be set up where it says another one.
// A release may change names and files. What it may not change unseen is a bit: see the contract (docs/arithmetic.md).

namespace etalon {

inline constexpr char version[] = "0.1.0";

}  // namespace etalon
