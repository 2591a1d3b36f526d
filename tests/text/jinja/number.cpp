// Numbers as Python prints, reads and divides them.
#include <etalon/text/jinja/number.hpp>

#include <limits>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("floats print as Python prints them") {
  CHECK(to_text(1.0) == "1.0");
  CHECK(to_text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(to_text(1e16) == "1e+16");
  CHECK(to_text(1e15) == "1000000000000000.0");
  CHECK(to_text(0.0001) == "0.0001");
  CHECK(to_text(0.00001) == "1e-05");
  CHECK(to_text(-0.0) == "-0.0");
  CHECK(to_text(1.5e300) == "1.5e+300");
  CHECK(to_text(std::numeric_limits<double>::infinity()) == "inf");
}

TEST_CASE("every printed float reads back to the same number") {
  for (double value = 1e-300; value < 1e300; value *= 7.3) CHECK(parse_float(to_text(value)) == value);
}

TEST_CASE("division rounds down and the rest has the divisor's sign") {
  for (int a = -7; a <= 7; ++a) {
    for (int b : {-3, -1, 2, 5}) {
      const Integer quotient = floor_divide(Integer(a), Integer(b)), rest = floor_modulo(Integer(a), Integer(b));
      CHECK((quotient * b + rest == a));
      CHECK((rest == 0 || (rest < 0) == (b < 0)));
    }
  }
  CHECK((floor_divide(Integer(-7), Integer(2)) == -4));  // C++'s own / gives -3
}

TEST_CASE("integers that do not fit are refused, never wrapped") {
  CHECK((power(2, 126) > 0));
  CHECK_THROWS_AS(power(2, 127), Failure);
  CHECK_THROWS_AS(multiply(power(2, 100), power(2, 100)), Failure);
  CHECK_THROWS_AS(floor_divide(Integer(1), Integer(0)), Failure);
  CHECK(to_text(power(10, 30)) == "1000000000000000000000000000000");
}

TEST_CASE("texts are numbers where Python says so") {
  CHECK((parse_integer(" -1_000 ") == -1000));
  CHECK((parse_integer("0x1f", 16) == 31));
  CHECK((parse_integer("ff", 16) == 255));
  for (const char* text : {"", "1__0", "_1", "1.5", "x", "0x1f", "- 1"}) CHECK_FALSE(parse_integer(text).has_value());
  CHECK(parse_float(" 1e3 ") == 1000.0);
  CHECK(parse_float("-inf") == -std::numeric_limits<double>::infinity());
  for (const char* text : {"", "0x10", "1e", "e5", "1_", "infinit"}) CHECK_FALSE(parse_float(text).has_value());
}
