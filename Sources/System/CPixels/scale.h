// Scaling: first in height, sixteen rows that lie one below another in a grid's column, then turned so that rows of cells
// are lanes, then in width, which by then is adding columns. Included once for each instruction set.

// The weighted sum of some rows of `width` bytes.
INLINE void weigh_rows(const uint8_t *source, size_t source_stride, const struct taps *taps, uint8_t *out, int width) {
    source += (size_t)taps->first * source_stride;
    size_t step = (size_t)taps->step * source_stride;
    int x = 0;
    while (x < width) {
        if (x + LANES > width) {
            if (width < LANES) {
                for (; x < width; x++) {
                    unsigned sum = 128;
                    for (int t = 0; t < taps->count; t++) sum += taps->weights[t] * source[(size_t)t * step + (size_t)x];
                    out[x] = (uint8_t)(sum >> 8);
                }
                return;
            }
            x = width - LANES;
        }
        u16x16 sum = all(128);
        for (int t = 0; t < taps->count; t++) sum += widen(load(source + (size_t)t * step + x)) * taps->weights[t];
        store(out + x, CONVERT(sum >> 8, u8x16));
        x += LANES;
    }
}

#define UNPACK_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UNPACK_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

// Turns 16 rows of 16 bytes into 16 columns.
INLINE void turn_block(const uint8_t *in, size_t in_stride, uint8_t *out, size_t out_stride) {
    u8x16 a[16], b[16];
    for (int i = 0; i < 16; i++) a[i] = load(in + (size_t)i * in_stride);
#pragma clang loop unroll(full)
    for (int pass = 0; pass < 4; pass++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) {
            b[2 * i] = UNPACK_LOW(a[i], a[i + 8]);
            b[2 * i + 1] = UNPACK_HIGH(a[i], a[i + 8]);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) a[i] = b[i];
    }
    for (int i = 0; i < 16; i++) store(out + (size_t)i * out_stride, a[i]);
}

// Scales a plane to the grid: `out` gets [columns * across][down][stride].
static void scale_plane(
    struct confab_cell_fitter *f, const struct grid *g, const uint8_t *source, int width, const struct taps *rows,
    const struct taps *columns, uint8_t *out
) {
    size_t column_size = grid_column(f, g);
    for (int b = 0; b < g->down; b++) {
        for (int first = 0; first < f->shape.rows; first += LANES) {
            int count = f->shape.rows - first < LANES ? f->shape.rows - first : LANES;
            for (int r = 0; r < count; r++) {
                weigh_rows(source, (size_t)width, &rows[(first + r) * g->down + b], f->tile + (size_t)r * f->tile_stride, width);
            }
            for (int x = 0; x < width; x += LANES) {
                turn_block(f->tile + x, f->tile_stride, f->turned + (size_t)x * column_size + (size_t)b * f->stride + first, column_size);
            }
        }
    }
    int total = f->shape.columns * g->across;
    for (int j = 0; j < total; j++) {
        const struct taps *taps = &columns[f->shape.is_mirrored ? total - 1 - j : j];
        weigh_rows(f->turned, column_size, taps, out + (size_t)j * column_size, (int)column_size);
    }
}

// Brightness with some of the difference to its four neighbours added.
INLINE i16x16 sharpened(const uint8_t *at, const uint8_t *left, const uint8_t *right, const uint8_t *above, const uint8_t *below, int amount) {
    i16x16 here = (i16x16)widen(load(at));
    i16x16 around = (i16x16)(widen(load(left)) + widen(load(right)) + widen(load(above)) + widen(load(below)));
    i16x16 added = multiply_high(here * 4 - around, (i16x16){} + (int16_t)(amount * 64));  // a quarter of it, times amount / 256
    i16x16 sum = here + added;
    return __builtin_elementwise_min(__builtin_elementwise_max(sum, (i16x16){}), (i16x16){} + 255);
}

// Studio-range YUV to RGB (ITU-R BT.601), in 64ths.
INLINE void to_rgb(i16x16 luma, const uint8_t *u, const uint8_t *v, uint8_t *rgb, size_t plane) {
    i16x16 y = luma - 16;
    y = y * 74 + (y >> 1) + 32;
    i16x16 cb = (i16x16)widen(load(u)) - 128, cr = (i16x16)widen(load(v)) - 128;
    i16x16 out[3] = {
        __builtin_elementwise_add_sat(y, cr * 102), y - cb * 25 - cr * 52, __builtin_elementwise_add_sat(y, cb * 129)};
    for (int c = 0; c < 3; c++) {
        i16x16 value = __builtin_elementwise_min(__builtin_elementwise_max(out[c] >> 6, (i16x16){}), (i16x16){} + 255);
        store(rgb + (size_t)c * plane, CONVERT(value, u8x16));
    }
}

// What ordered dithering adds to sixteen rows of samples of one kind, the first of a group of sixteen cells: thresholds of
// a 4 x 4 Bayer matrix about zero, times `amplitude`.
INLINE i16x16 dithering(int column, int down, int part, int amplitude) {
    static const int8_t thresholds[4][4] = {{-15, 1, -11, 5}, {9, -7, 13, -3}, {-9, 7, -13, 3}, {15, -1, 11, -5}};
    i16x16 v = {};
    for (int r = 0; r < LANES; r++) v[r] = (int16_t)(thresholds[(r * down + part) & 3][column & 3] * amplitude / 32);
    return v;
}

static void convert_grid(struct confab_cell_fitter *f, struct grid *g, struct confab_effects effects) {
    int sharpening = effects.sharpening;
    size_t column_size = grid_column(f, g), plane = grid_plane(f, g), stride = f->stride;
    int last = f->shape.columns * g->across - 1;
    for (int j = 0; j <= last; j++) {
        uint8_t *column = g->luma + (size_t)j * column_size;
        const uint8_t *left = j > 0 ? column - column_size : column, *right = j < last ? column + column_size : column;
        for (int b = 0; b < g->down; b++) {
            i16x16 dither = effects.dithering > 0 ? dithering(j, g->down, b, effects.dithering) : (i16x16){};
            for (size_t r = 0; r < stride; r += LANES) {
                size_t at = (size_t)b * stride + r;
                i16x16 luma = (i16x16)widen(load(column + at));
                if (sharpening > 0) {
                    // At the picture's own edge the row itself stands for the one beyond.
                    size_t above = b > 0 ? at - stride : r > 0 ? (size_t)(g->down - 1) * stride + r - 1 : at;
                    size_t below = b < g->down - 1 ? at + stride : r + LANES < stride ? r + 1 : at;
                    luma = sharpened(column + at, left + at, right + at, column + above, column + below, sharpening);
                }
                size_t index = (size_t)j * column_size + at;
                luma = __builtin_elementwise_min(__builtin_elementwise_max(luma + dither, (i16x16){}), (i16x16){} + 255);
                to_rgb(luma, f->chroma + index, f->chroma + plane + index, g->rgb + index, plane);
            }
        }
    }
}

static void scale_grid(struct confab_cell_fitter *f, struct grid *g, const uint8_t *y, const uint8_t *u, const uint8_t *v, struct confab_effects effects) {
    int chroma_width = (f->shape.width + 1) / 2;
    scale_plane(f, g, y, f->shape.width, g->luma_rows, g->luma_columns, g->luma);
    scale_plane(f, g, u, chroma_width, g->chroma_rows, g->chroma_columns, f->chroma);
    scale_plane(f, g, v, chroma_width, g->chroma_rows, g->chroma_columns, f->chroma + grid_plane(f, g));
    convert_grid(f, g, effects);
}
