// The start-up check alone, which compiles in a second: what tests/bits/compilers.py asks first about a flag.
#include <cstdio>

#include <etalon/math/self_test.hpp>

int main() {
  const char* fault = etalon::arithmetic_fault();
  if (fault) return std::printf("refused: %s\n", fault), 1;
  std::printf("starts\n");
}
