// Tests of include/etalon/version.hpp; that meson.build says the same is checked when the build is set up.
#include <etalon/version.hpp>

#include <algorithm>
#include <string_view>

#include <doctest/doctest.h>

TEST_CASE("the version is three numbers with dots between") {
  const std::string_view version = etalon::version;
  CHECK(std::ranges::count(version, '.') == 2);
  CHECK(version.find_first_not_of("0123456789.") == version.npos);
  CHECK(version.find("..") == version.npos);
}
