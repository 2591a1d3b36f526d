// The Cpu backend's kernels, for all sources that leave them out (etalon/cpu/kernels_apart.hpp).
#define ETALON_KERNELS_HERE
#include <etalon/cpu/kernels_apart.hpp>
