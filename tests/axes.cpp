// Tests of include/etalon/axes.hpp.
#include <etalon/axes.hpp>

#include <set>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

using namespace etalon;

template <class... Axes> static std::set<std::string> names() { return {Axes::name...}; }

TEST_CASE("every axis has a name of its own, as a trace shows it") {
  CHECK(names<Token, Position, Channel, Vocab, Head, KvHead, HeadDim, ValueDim, NopeDim, RopeDim, QueryLatent, KvLatent,
              Frequency, Hidden, Expert, Choice>().size() == 16);
  CHECK(std::string(KvHead::name) == "kv_head");
}

TEST_CASE("the order of joined axes is part of their type, and no axis takes space") {
  static_assert(!std::is_same_v<Joined<Head, HeadDim>, Joined<HeadDim, Head>>);
  static_assert(!std::is_same_v<Joined<Head, HeadDim>, Concat<Head, HeadDim>>);
  static_assert(std::is_empty_v<Token> && std::is_empty_v<Joined<Head, HeadDim>>);
  CHECK(std::string(Joined<Head, HeadDim>::name) == Joined<HeadDim, Head>::name);
}
