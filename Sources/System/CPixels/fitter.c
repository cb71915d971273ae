#include "fitter.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
int confab_pixels_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
int confab_pixels_has_avx2(void) { return 0; }
#endif

static int is_avx2_unwanted;

void confab_pixels_use_avx2(int wanted) { is_avx2_unwanted = !wanted; }

static const struct kernels *kernels(void) {
#if defined(__x86_64__)
    if (confab_pixels_has_avx2() && !is_avx2_unwanted) return &confab_kernels_avx2;
#endif
    return &confab_kernels_any;
}

struct confab_cell_fitter *confab_cell_fitter_create(void) { return calloc(1, sizeof(struct confab_cell_fitter)); }

static void release(struct confab_cell_fitter *f) {
    free(f->memory);
    memset(f, 0, sizeof *f);
}

void confab_cell_fitter_free(struct confab_cell_fitter *f) {
    if (f == NULL) return;
    release(f);
    free(f);
}

// Area weights of `source` samples for `target` ones: each source sample counts by how much of it lies within.
static void fill_taps(struct taps *taps, int source, int target) {
    for (int i = 0; i < target; i++) {
        struct taps *t = &taps[i];
        double from = (double)i * source / target, to = (double)(i + 1) * source / target;
        int first = (int)from, last = (int)to;
        if (last > source - 1) last = source - 1;
        if (last > first && (double)last >= to) last--;
        int count = last - first + 1;
        t->first = first;
        t->step = (count + MOST_TAPS - 1) / MOST_TAPS;
        t->count = (count + t->step - 1) / t->step;
        double shares[MOST_TAPS], sum = 0;
        for (int k = 0; k < t->count; k++) {
            double left = first + k * t->step, right = left + 1;
            double share = (right < to ? right : to) - (left > from ? left : from);
            shares[k] = share > 0 ? share : 0;
            sum += shares[k];
        }
        // Rounded so that the weights make 256 together.
        double done = 0;
        int given = 0;
        for (int k = 0; k < t->count; k++) {
            done += sum > 0 ? shares[k] / sum * 256 : 256.0 / t->count;
            int weight = (int)(done + 0.5) - given;
            t->weights[k] = (uint16_t)weight;
            given += weight;
        }
    }
}

static size_t padded(size_t size) { return (size + 63) & ~(size_t)63; }

// Hands out the parts of one piece of memory; without one it only counts.
static void *part(uint8_t *memory, size_t *used, size_t size) {
    void *p = memory == NULL ? NULL : memory + *used;
    *used += padded(size);
    return p;
}

static void lay_out(struct confab_cell_fitter *f, uint8_t *memory, size_t *used) {
    const struct confab_fit_shape *shape = &f->shape;
    size_t width = padded((size_t)shape->width), largest = 0, tallest = 0;
    for (int i = 0; i < shape->grids; i++) {
        struct grid *g = &f->grids[i];
        size_t rows = (size_t)shape->rows * (size_t)g->down, columns = (size_t)shape->columns * (size_t)g->across;
        g->luma_rows = part(memory, used, rows * sizeof(struct taps));
        g->chroma_rows = part(memory, used, rows * sizeof(struct taps));
        g->luma_columns = part(memory, used, columns * sizeof(struct taps));
        g->chroma_columns = part(memory, used, columns * sizeof(struct taps));
        g->luma = part(memory, used, grid_plane(f, g));
        g->rgb = part(memory, used, 3 * grid_plane(f, g));
        if (grid_plane(f, g) > largest) largest = grid_plane(f, g);
        if (grid_column(f, g) > tallest) tallest = grid_column(f, g);
    }
    f->tile_stride = width;
    f->tile = part(memory, used, LANES * width);
    f->turned = part(memory, used, width * tallest);
    f->chroma = part(memory, used, 2 * largest);
    size_t cells = (size_t)shape->columns * f->stride;
    f->excess = part(memory, used, cells * sizeof(uint16_t));
    f->results = part(memory, used, cells * 8);
}

static void fill_grid(const struct confab_fit_shape *shape, const struct grid *g) {
    fill_taps(g->luma_rows, shape->height, shape->rows * g->down);
    fill_taps(g->luma_columns, shape->width, shape->columns * g->across);
    fill_taps(g->chroma_rows, (shape->height + 1) / 2, shape->rows * g->down);
    fill_taps(g->chroma_columns, (shape->width + 1) / 2, shape->columns * g->across);
}

static int makes_sense(const struct confab_fit_shape *s) {
    if (s->width < 1 || s->height < 1 || s->width > 16384 || s->height > 16384) return 0;
    if (s->columns < 1 || s->rows < 1 || s->columns > 4096 || s->rows > 4096) return 0;
    if (s->grids == 2) return s->across == 2 && s->down[0] == 3 && s->down[1] == 4;
    if (s->grids != 1) return 0;
    return s->across == 1 ? s->down[0] == 1 || s->down[0] == 2 : s->across == 2 && s->down[0] >= 2 && s->down[0] <= 4;
}

int confab_cell_fitter_prepare(struct confab_cell_fitter *f, const struct confab_fit_shape *shape) {
    if (f->memory != NULL && memcmp(&f->shape, shape, sizeof *shape) == 0) return 0;
    release(f);
    if (!makes_sense(shape)) return -1;
    f->shape = *shape;
    f->stride = ((size_t)shape->rows + LANES - 1) / LANES * LANES;
    for (int i = 0; i < shape->grids; i++) {
        f->grids[i].across = shape->across;
        f->grids[i].down = shape->down[i];
        f->grids[i].samples = shape->across * shape->down[i];
    }
    size_t size = 0;
    lay_out(f, NULL, &size);
    if ((f->memory = aligned_alloc(64, padded(size))) == NULL) {
        release(f);
        return -1;
    }
    memset(f->memory, 0, size);
    size = 0;
    lay_out(f, f->memory, &size);
    for (int i = 0; i < shape->grids; i++) fill_grid(shape, &f->grids[i]);
    return 0;
}

void confab_cell_fitter_scale(struct confab_cell_fitter *f, const uint8_t *y, const uint8_t *u, const uint8_t *v, struct confab_effects effects) {
    for (int i = 0; i < f->shape.grids; i++) kernels()->scale(f, &f->grids[i], y, u, v, effects);
}

void confab_cell_fitter_fit(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) {
    if (f->memory != NULL) kernels()->fit(f, shown, threshold);
}

struct confab_cells confab_cell_fitter_cells(const struct confab_cell_fitter *f) {
    size_t cells = (size_t)f->shape.columns * f->stride;
    return (struct confab_cells){
        .excess = f->excess, .kind = f->results, .mask = f->results + cells, .foreground = f->results + 2 * cells,
        .background = f->results + 5 * cells, .samples = f->grids[0].rgb, .stride = f->stride, .cells = cells,
        .sample_plane = grid_plane(f, &f->grids[0])};
}
