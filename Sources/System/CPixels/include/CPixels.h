#pragma once
#include <stddef.h>
#include <stdint.h>

#include "sixel.h"

// Pictures to character cells: scaling I420 to a grid finer than the cells, and for each cell the pattern of two colours
// that comes nearest to what lies in it. The kernels exist twice, for any processor and for AVX2, chosen at run time.
//
// A grid divides each cell into `across` x `down` samples: 1x2 for half blocks, 2x2 quadrants, 2x3 sextants, 2x4
// octants, 1x1 for blanks. A pattern is a mask of `across * down` bits, rows top-down, left sample first; set bits have the
// foreground colour. Per-cell results are stored column by column, `confab_cells_stride` entries to a column.

// What a cell shows, one plane of bytes after another. The kind is the number of samples of the grid the mask belongs to;
// 0 means that something else is there.
enum {
    CONFAB_SHOWN_KIND, CONFAB_SHOWN_MASK, CONFAB_SHOWN_FOREGROUND, CONFAB_SHOWN_BACKGROUND = CONFAB_SHOWN_FOREGROUND + 3,
    // What was known to be worse than the best when the cell was drawn, in mean squared error (255 and more: 255).
    CONFAB_SHOWN_ALLOWANCE = CONFAB_SHOWN_BACKGROUND + 3,
    CONFAB_SHOWN_PLANES
};

// The cells of the screen that a picture covers: plane p of the cell at (column, row) is at
// planes[p * plane_size + column * stride + row]. Reads go on for up to 15 bytes behind the last cell.
struct confab_shown {
    const uint8_t *planes;
    size_t plane_size, stride;
};

// The best pattern of each cell. Colours are three planes of red, green and blue, `cells` bytes each.
struct confab_cells {
    // How much worse (in mean squared error of a sample) what is shown is than the best pattern; 0 where less than was
    // asked for, else at least 1; where it is 0 the other fields say nothing. 65535 where something else is shown.
    const uint16_t *excess;
    const uint8_t *kind, *mask, *foreground, *background;
    // Red, green and blue of each sample of grid 0: plane after plane, in each the samples as [across][column][down][row].
    const uint8_t *samples;
    size_t stride, cells, sample_plane;
};

struct confab_cell_fitter;

struct confab_cell_fitter *confab_cell_fitter_create(void);
void confab_cell_fitter_free(struct confab_cell_fitter *fitter);

struct confab_fit_shape {
    int width, height;    // of the picture, in pixels
    int columns, rows;    // of the area in cells
    int grids;            // 1 or 2
    int across, down[2];  // of each grid
    int is_mirrored;
};

// Makes room and tables for pictures of that shape. 0, or -1 without memory or for sizes that make no sense.
int confab_cell_fitter_prepare(struct confab_cell_fitter *fitter, const struct confab_fit_shape *shape);

// What is done to a picture on the way: how much of the difference to the surrounding is added, in 1/256; and by how much
// brightness is changed at most by ordered dithering, up or down.
struct confab_effects {
    int sharpening, dithering;
};

// Scales a picture (three planes without padding between rows) to the grids.
void confab_cell_fitter_scale(struct confab_cell_fitter *fitter, const uint8_t *y, const uint8_t *u, const uint8_t *v, struct confab_effects effects);

// Compares what is shown with the picture, and fits patterns where it is worse than the best by `threshold` or more.
void confab_cell_fitter_fit(struct confab_cell_fitter *fitter, const struct confab_shown *shown, float threshold);

struct confab_cells confab_cell_fitter_cells(const struct confab_cell_fitter *fitter);

// Whether AVX2 is there, and a switch for tests and measurements: 0 uses the kernels for any processor.
int confab_pixels_has_avx2(void);
void confab_pixels_use_avx2(int wanted);
