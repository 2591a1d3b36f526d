// Tests of include/etalon/cpu/isa.hpp.
#include <etalon/cpu/isa.hpp>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("every machine runs scalar code, and the best set is one it has") {
  CHECK(has_isa(Isa::scalar));
  CHECK(has_isa(best_isa()));
  for (const Isa isa : all_isas)
    if (has_isa(isa)) CHECK(isa <= best_isa());
}

TEST_CASE("a machine with a set has those before it") {
  if (has_isa(Isa::avx512)) CHECK(has_isa(Isa::avx2));
  if (has_isa(Isa::avx512_bf16)) CHECK(has_isa(Isa::avx512));
  if (has_isa(Isa::amx)) CHECK(has_isa(Isa::avx512_bf16));
}

TEST_CASE("names differ") {
  std::set<std::string> names;
  for (const Isa isa : all_isas) names.insert(name_of(isa));
  CHECK(names.size() == std::size(all_isas));
}

// Against what the operating system says of the processor, where it does.
TEST_CASE("sets are those that /proc/cpuinfo lists") {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && line.rfind("flags", 0) != 0) {}
  std::istringstream words(line);
  const std::set<std::string> flags{std::istream_iterator<std::string>(words), {}};
  if (!flags.contains("sse2")) return;
  bool avx2 = true, avx512 = true;
  for (const char* name : {"avx2", "fma", "f16c"}) avx2 = avx2 && flags.contains(name);
  for (const char* name : {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vbmi", "avx512_vnni"})
    avx512 = avx512 && flags.contains(name);
  CHECK(has_isa(Isa::avx2) == avx2);
  CHECK(has_isa(Isa::avx512) == (avx2 && avx512));
  if (avx2 && avx512) CHECK(has_isa(Isa::avx512_bf16) == flags.contains("avx512_bf16"));
  for (const char* name : {"amx_tile", "amx_bf16", "amx_int8"})
    if (!flags.contains(name)) CHECK_FALSE(has_isa(Isa::amx));
}
