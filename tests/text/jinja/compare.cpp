// Equality, order, hashes and truth of values.
#include <etalon/text/jinja/compare.hpp>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

const Value one = Value::integer(1), two = Value::integer(2), word = Value::text("a"), real = Value(1.0),
            yes = Value(true);

}  // namespace

TEST_CASE("numbers are equal by value across their types, and hash alike") {
  Budget budget;
  CHECK(equal(budget, one, real));
  CHECK(equal(budget, one, yes));
  CHECK(hash_of(one) == hash_of(real));
  CHECK(hash_of(one) == hash_of(yes));
  CHECK_FALSE(equal(budget, one, word));
}

TEST_CASE("large integers compare exactly with floats") {
  const Integer large = (Integer(1) << 60) + 1;  // not a float: rounding it would make the two equal
  CHECK(compare_numbers(Value::integer(large), Value(static_cast<double>(large))) == 1);
  CHECK(compare_numbers(Value(static_cast<double>(large)), Value::integer(large)) == -1);
  CHECK(compare_numbers(Value::integer(2), Value(2.5)) == -1);
  CHECK(compare_numbers(Value::integer(-2), Value(-2.5)) == 1);
}

TEST_CASE("lists compare item by item, and what has no order is refused") {
  Budget budget;
  CHECK(compare(budget, Value::list({one, two}), Value::list({one}), "<") == 1);
  CHECK(compare(budget, Value::list({one, word}), Value::list({two, one}), "<") == -1);
  CHECK_THROWS_AS(compare(budget, word, one, "<"), Failure);
  CHECK_THROWS_AS(compare(budget, Value(), one, "<"), Failure);
  CHECK_THROWS_AS(compare(budget, Value::list({one}), Value::tuple({one}), "<"), Failure);
}

TEST_CASE("a mapping keeps one entry a key, in the order of their first coming") {
  Budget budget;
  Mapping mapping;
  put(budget, mapping, word, one);
  put(budget, mapping, one, one);
  put(budget, mapping, yes, two);  // 1 and True are one key
  CHECK(mapping.entries.size() == 2);
  CHECK(equal(budget, *find(budget, mapping, real), two));
  CHECK_THROWS_AS(put(budget, mapping, Value::list({}), one), Failure);
}

TEST_CASE("truth is Python's") {
  for (const Value& value :
       {Value(), Value(false), Value(0.0), Value::text(""), Value::list({}), Value::undefined("x")}) {
    CHECK_FALSE(truth(value));
  }
  for (const Value& value : {yes, one, word, Value::list({Value()})}) CHECK(truth(value));
}
