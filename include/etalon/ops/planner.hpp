#pragma once
// A backend that computes nothing: a step on it takes the memory that the step would take, and touches none of it.
//
//   Arena counting(Arena::Kind::counting);   … decoder.hidden(ctx, step, states) …   counting.peak()
//
// It rests on two rules that every operation keeps: loops over numbers stand inside for_rows, and sizes follow from
// the step and the model, never from numbers. Where they do follow from numbers (which tokens an expert sees), the
// operation has an overload that supposes the usual.
#include <etalon/ops/backend.hpp>

namespace etalon {

struct Planner : Reference {
  static constexpr const char* name = "planner";
  int together = 0;   // tokens_together of the backend that the step is planned for
};

template <class Rows> void for_rows(const Planner&, int, std::int64_t, Rows&&) {}
inline int tokens_together(const Planner& planner) { return planner.together; }
inline void keep(const Planner&, Kept&, const float*, std::size_t) {}

}  // namespace etalon
