// Tests of include/etalon/selftest/hash.hpp, against the vectors its authors published.
#include <etalon/selftest/hash.hpp>

#include <doctest/doctest.h>

using namespace etalon;

static std::string hash_of(std::string_view text) {
  Hash hash;
  hash.add(text);
  return hash.text();
}

TEST_CASE("published vectors of FNV-1a, 64 bits") {
  CHECK(hash_of("") == "cbf29ce484222325");
  CHECK(hash_of("a") == "af63dc4c8601ec8c");
  CHECK(hash_of("foobar") == "85944171f73967e8");
}

TEST_CASE("a float is hashed by its bits, low byte first: -0 and 0 differ") {
  Hash number, bytes, zero, minus_zero;
  number.add(std::span<const float>(std::initializer_list<float>{1.0f}.begin(), 1));
  bytes.add(std::string_view("\0\0\x80\x3f", 4));
  CHECK(number.text() == bytes.text());
  const float zeros[] = {0.0f, -0.0f};
  zero.add(std::span<const float>(zeros, 1));
  minus_zero.add(std::span<const float>(zeros + 1, 1));
  CHECK(zero.text() != minus_zero.text());
}
