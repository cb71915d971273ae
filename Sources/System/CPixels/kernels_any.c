#include "fitter.h"
#include "vectors.h"

#include "operations.h"
#include "scale.h"
#include "fit.h"

const struct kernels confab_kernels_any = {scale_grid, fit_grids};
