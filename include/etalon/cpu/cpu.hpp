#pragma once
// The Cpu backend: the reference's numbers, on several threads and with vector instructions.
//
// It derives from Reference (cpu/backend.hpp), so an operation that has no overload for it is the reference's; those
// that have are below. A program that uses Cpu includes this file, so that it sees them all.
#include <etalon/cpu/attend.hpp>
#include <etalon/cpu/attend_pieces.hpp>
#include <etalon/cpu/backend.hpp>
#include <etalon/cpu/elementwise.hpp>
#include <etalon/cpu/keep.hpp>
#include <etalon/cpu/kernels_apart.hpp>
#include <etalon/cpu/linear.hpp>
#include <etalon/cpu/linear_each.hpp>
#include <etalon/cpu/transposed.hpp>
