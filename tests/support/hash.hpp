#pragma once
// The hash of the self-test, under the tests' own namespace.
#include <etalon/selftest/hash.hpp>

namespace etalon::test {

using etalon::Hash;

}  // namespace etalon::test
