// Somebody else's program: what it prints must be the same however it came to the headers.
#include <cstdio>
#include <etalon/etalon.hpp>

int main() {
  float row[] = {1.0f, 2.0f, 3.0f};
  etalon::softmax(row, 3);
  std::printf("%s %a %a %a\n", etalon::version, row[0], row[1], row[2]);
}
