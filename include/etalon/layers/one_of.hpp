#pragma once
// A part that is one of several kinds, chosen when the model is built: dense or sparse, low-rank or direct, attention
// or recurrence.
#include <concepts>
#include <utility>
#include <variant>

namespace etalon {

template <class... Kinds> struct OneOf {
  std::variant<Kinds...> kind;

  template <class... Arguments> auto operator()(Arguments&&... arguments) const {
    return std::visit([&](const auto& part) { return part(std::forward<Arguments>(arguments)...); }, kind);
  }
  void each_part(auto&& part) {
    std::visit([&](auto& chosen) { chosen.each_part(part); }, kind);
  }
};

// The state of whichever mixer the layer has.
template <class... States> struct OneOfStates {
  std::variant<States...> kind;

  int length() const { return std::visit([](const auto& state) { return state.length(); }, kind); }
  void reserve(int positions) {
    std::visit([&](auto& state) { state.reserve(positions); }, kind);
  }
  bool truncate(int positions) {
    return std::visit([&](auto& state) { return state.truncate(positions); }, kind);
  }
};

// A mixer that is one of several: each layer has its own kind, with its own state.
template <class... Mixers> struct OneOfMixers {
  using State = OneOfStates<typename Mixers::State...>;

  std::variant<Mixers...> kind;

  State new_state() const {
    return visit_with_index([](const auto& mixer, auto index) {
      State state;
      state.kind.template emplace<index.value>(mixer.new_state());
      return state;
    });
  }

  // As the mixer itself; state(s) is the whole OneOfStates of segment s.
  auto operator()(const auto& ctx, const auto& step, auto&& state, auto x) const {
    return visit_with_index([&](const auto& mixer, auto index) {
      return mixer(ctx, step, [&](std::size_t s) -> auto& { return std::get<index.value>(state(s).kind); }, x);
    });
  }

  void each_part(auto&& part) {
    std::visit([&](auto& mixer) { mixer.each_part(part); }, kind);
  }

 private:
  // Calls f(mixer, its index as a type): two mixers may share a type of state, so states go by index.
  template <std::size_t Index = 0, class F> auto visit_with_index(F&& f) const {
    if constexpr (Index + 1 < sizeof...(Mixers)) {
      if (kind.index() != Index) return visit_with_index<Index + 1>(std::forward<F>(f));
    }
    return f(std::get<Index>(kind), std::integral_constant<std::size_t, Index>{});
  }
};

}  // namespace etalon
