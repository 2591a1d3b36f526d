#pragma once
// Catch2 with its benchmarks, version 2 (one header, which makes main() too) or 3. For one source of a program.
#if __has_include(<catch2/benchmark/catch_benchmark.hpp>)
#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/catch_test_macros.hpp>
#else
#define CATCH_CONFIG_MAIN
#define CATCH_CONFIG_ENABLE_BENCHMARKING
#include <catch2/catch.hpp>
#endif
