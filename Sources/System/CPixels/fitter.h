#pragma once
#include "CPixels.h"

// What the kernels share with the code that calls them.

// The most source samples weighed into one; of longer runs some are left out evenly.
#define MOST_TAPS 64
#define LANES 16

// Source samples of one scaled sample: `count` of them, `step` apart, with weights that make 256 together.
struct taps {
    int first, count, step;
    uint16_t weights[MOST_TAPS];
};

struct grid {
    int across, down, samples;
    struct taps *luma_rows, *chroma_rows;        // rows * down, cell after cell
    struct taps *luma_columns, *chroma_columns;  // columns * across
    uint8_t *luma;  // scaled brightness, [columns * across][down][stride]
    uint8_t *rgb;   // three planes of the same shape
};

struct confab_cell_fitter {
    struct confab_fit_shape shape;
    size_t stride;  // rows of cells, rounded up to LANES
    struct grid grids[2];
    uint8_t *tile;       // LANES rows of a plane, scaled in height only
    size_t tile_stride;
    uint8_t *turned;     // a plane scaled in height, columns after another: [width][down][stride]
    uint8_t *chroma;     // two planes shaped like grid.luma
    uint16_t *excess;
    uint8_t *results;    // kind, mask, foreground, background: 8 planes
    void *memory;
};

static inline size_t grid_column(const struct confab_cell_fitter *f, const struct grid *g) { return (size_t)g->down * f->stride; }
static inline size_t grid_plane(const struct confab_cell_fitter *f, const struct grid *g) {
    return (size_t)f->shape.columns * (size_t)g->across * grid_column(f, g) + LANES;
}

struct kernels {
    void (*scale)(struct confab_cell_fitter *, struct grid *, const uint8_t *, const uint8_t *, const uint8_t *, struct confab_effects);
    void (*fit)(struct confab_cell_fitter *, const struct confab_shown *, float);
};

extern const struct kernels confab_kernels_any, confab_kernels_avx2;
