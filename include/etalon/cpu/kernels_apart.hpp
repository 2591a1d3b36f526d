#pragma once
// The Cpu backend for programs of several sources: its kernels compiled in one of them.
//
// They are a third of what the compiler has to do for a model. A source that defines ETALON_KERNELS_APART leaves them
// to another one, which includes this file and defines ETALON_KERNELS_HERE. Without either, each source has its own.
#include <span>

#include <etalon/cpu/attend.hpp>
#include <etalon/cpu/attend_pieces.hpp>
#include <etalon/cpu/linear.hpp>
#include <etalon/cpu/linear_each.hpp>

#if defined(ETALON_KERNELS_HERE)
#define ETALON_KERNELS template
#elif defined(ETALON_KERNELS_APART)
#define ETALON_KERNELS extern template
#endif
#if defined(ETALON_KERNELS)
namespace etalon {
ETALON_KERNELS void multiply_floats<Cpu>(const Cpu&, const Storage&, const Product&);
ETALON_KERNELS void multiply_int8<Cpu>(const Cpu&, const Storage&, const Product&);
ETALON_KERNELS void multiply_each<Cpu>(const Cpu&, std::span<const StoredProduct>);
ETALON_KERNELS void attend_rows<Cpu>(const Cpu&, const AttendRows&);
ETALON_KERNELS void attend_entry_rows<Cpu>(const Cpu&, const EntriesRows&);
ETALON_KERNELS void attend_piece<Cpu>(const Cpu&, TiledHeads&, const AttendRows&, int);
}  // namespace etalon
#undef ETALON_KERNELS
#endif
