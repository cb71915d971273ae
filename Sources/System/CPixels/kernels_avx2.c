#include "fitter.h"
#include "vectors.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "operations.h"
#include "scale.h"
#include "fit.h"
#pragma clang attribute pop

const struct kernels confab_kernels_avx2 = {scale_grid, fit_grids};
#endif
