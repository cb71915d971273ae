// The fit of two colours to each cell. Included once for each instruction set.
//
// With m the mean of a cell's samples and d = x - m, a pattern whose foreground samples add up to S (of d) takes
// |S|² (1/n1 + 1/n2) off the squared error of a plain cell, n1 and n2 being the numbers of its samples. So the best of all
// patterns is found with one addition a channel for each (in Gray code's order), in 16 bits: d is scaled by `scale`, and
// 0.4 times the gain per sample is the score, which then never exceeds 19507.

struct gain_table {
    int samples, scale;
    // By the number of foreground samples: 0.4 / samples * (1/n1 + 1/n2) * 65536² / scale².
    uint16_t weights[8];
};

static const struct gain_table gains[] = {
    {1, 0, {0}},
    {2, 240, {0, 29826}},
    {4, 120, {0, 39768, 29826, 39768}},
    {6, 80, {0, 53687, 33554, 29826, 33554, 53687}},
    {8, 64, {0, 59919, 34953, 27963, 26214, 27963, 34953, 59919}},
};

// What is known of 16 cells in one grid.
struct fitted {
    i16x16 mask;
    f32x16 gain;             // in mean squared error
    f32x16 variance;         // mean squared difference of the samples to their mean
    i16x16 total[3], part[3], members;  // sums of all samples and of the foreground's, and how many these are
};

#define SCORE_TO_MSE (1 / 1.2f)

INLINE void load_samples(const struct confab_cell_fitter *f, const struct grid *g, int column, int row, int across, int down, i16x16 (*x)[3]) {
    size_t plane = grid_plane(f, g);
    for (int a = 0; a < across; a++) {
        const uint8_t *at = g->rgb + (size_t)(column * across + a) * grid_column(f, g) + row;
        for (int b = 0; b < down; b++) {
            for (int c = 0; c < 3; c++) x[b * across + a][c] = (i16x16)widen(load(at + (size_t)c * plane + (size_t)b * f->stride));
        }
    }
}

// scale * (x - mean), the mean being total / n.
INLINE i16x16 centred(i16x16 x, i16x16 total, int n) {
    switch (n) {
    case 8: return x * 64 - total * 8;
    case 6: return x * 80 - total * 13 - (i16x16)multiply_high_unsigned((u16x16)total, all(21846));
    case 4: return x * 120 - total * 30;
    case 2: return (i16x16)((u16x16)(x * 2 - total) * 120);
    default: return (i16x16){};
    }
}

// Sums and variance; needed to judge what is shown, too.
INLINE void sum_up(const i16x16 (*x)[3], int n, struct fitted *out) {
    i32x16 squares = {};
    f32x16 mean_squares = {};
    for (int c = 0; c < 3; c++) {
        i16x16 total = {};
        for (int i = 0; i < n; i++) {
            total += x[i][c];
            squares = add_squares(squares, x[i][c]);
        }
        out->total[c] = total;
        f32x16 sum = CONVERT(CONVERT(total, i32x16), f32x16);
        mean_squares += sum * sum;
    }
    out->variance = (CONVERT(squares, f32x16) - mean_squares * (1.0f / (float)n)) * (1.0f / (float)(3 * n));
}

// Tries every pattern.
INLINE void fit_best(const i16x16 (*x)[3], int n, const struct gain_table *table, struct fitted *out) {
    i16x16 d[8][3], sums[3] = {}, best = {}, mask = {};
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < 3; c++) d[i][c] = centred(x[i][c], out->total[c], n);
    }
    unsigned pattern = 0;
    int members = 0;
#pragma clang loop unroll(full)
    for (unsigned k = 1; k < 1u << (n - 1); k++) {
        int i = __builtin_ctz(k);
        pattern ^= 1u << i;
        int added = pattern >> i & 1;
        members += added ? 1 : -1;
        u16x16 energy = {};
        for (int c = 0; c < 3; c++) {
            sums[c] = added ? sums[c] + d[i][c] : sums[c] - d[i][c];
            energy += (u16x16)multiply_high(sums[c], sums[c]);
        }
        i16x16 score = (i16x16)multiply_high_unsigned(energy, all(table->weights[members]));
        i16x16 better = score > best;
        best = __builtin_elementwise_max(best, score);
        mask = choose(better, (i16x16){} + (int16_t)pattern, mask);
    }
    out->mask = mask;
    out->gain = CONVERT(CONVERT(best, i32x16), f32x16) * SCORE_TO_MSE;
    out->members = (i16x16){};
    for (int c = 0; c < 3; c++) out->part[c] = (i16x16){};
    for (int i = 0; i < n - 1; i++) {
        i16x16 isMember = (mask & (int16_t)(1 << i)) != 0;
        out->members -= isMember;
        for (int c = 0; c < 3; c++) out->part[c] += isMember & x[i][c];
    }
}

// What a cell is shown as.
struct shown {
    i16x16 kind, mask, foreground[3], background[3];
    f32x16 allowance;
};

INLINE struct shown load_shown(const struct confab_shown *shown, int column, int row) {
    const uint8_t *at = shown->planes + (size_t)column * shown->stride + row;
    struct shown s;
    s.kind = (i16x16)widen(load(at + CONFAB_SHOWN_KIND * shown->plane_size));
    s.mask = (i16x16)widen(load(at + CONFAB_SHOWN_MASK * shown->plane_size));
    for (int c = 0; c < 3; c++) {
        s.foreground[c] = (i16x16)widen(load(at + (size_t)(CONFAB_SHOWN_FOREGROUND + c) * shown->plane_size));
        s.background[c] = (i16x16)widen(load(at + (size_t)(CONFAB_SHOWN_BACKGROUND + c) * shown->plane_size));
    }
    s.allowance = CONVERT(CONVERT(widen(load(at + CONFAB_SHOWN_ALLOWANCE * shown->plane_size)), i32x16), f32x16);
    return s;
}

// The mean squared error of what is shown, taking for granted that it is of this grid.
INLINE f32x16 error_of_shown(const struct shown *shown, const i16x16 (*x)[3], int n) {
    i32x16 sum = {};
    for (int i = 0; i < n; i++) {
        i16x16 isMember = (shown->mask & (int16_t)(1 << i)) != 0;
        for (int c = 0; c < 3; c++) sum = add_squares(sum, x[i][c] - choose(isMember, shown->foreground[c], shown->background[c]));
    }
    return CONVERT(sum, f32x16) * (1.0f / (float)(3 * n));
}

INLINE int any(i16x16 v) { return __builtin_reduce_or(v) != 0; }

INLINE f32x16 choose_float(i16x16 condition, f32x16 yes, f32x16 no) {
    i32x16 wide = CONVERT(condition, i32x16);
    return (f32x16)((wide & (i32x16)yes) | (~wide & (i32x16)no));
}

INLINE i16x16 to_short(f32x16 v) { return CONVERT(CONVERT(v, i32x16), i16x16); }
INLINE f32x16 to_float(i16x16 v) { return CONVERT(CONVERT(v, i32x16), f32x16); }

// The mean colours of the two parts. Without a pattern both are the mean.
INLINE void store_colours(const struct confab_cell_fitter *f, const struct fitted *best, i16x16 samples, size_t index) {
    size_t plane = confab_cell_fitter_cells(f).cells;
    i16x16 plain = best->members == 0;
    f32x16 inside = 1.0f / to_float(choose(plain, samples, best->members));
    f32x16 outside = 1.0f / to_float(samples - best->members);
    for (int c = 0; c < 3; c++) {
        f32x16 part = to_float(choose(plain, best->total[c], best->part[c])), rest = to_float(best->total[c] - best->part[c]);
        store(f->results + (size_t)(2 + c) * plane + index, CONVERT(to_short(part * inside + 0.5f), u8x16));
        store(f->results + (size_t)(5 + c) * plane + index, CONVERT(to_short(rest * outside + 0.5f), u8x16));
    }
}

// Sixteen cells, one below another. Second grid's sizes are 0 where there is none.
INLINE void fit_cells(
    struct confab_cell_fitter *f, const struct confab_shown *shown, int column, int row, float threshold,
    int across, int down, int across2, int down2
) {
    const int n = across * down, n2 = across2 * down2;
    const struct gain_table *table = &gains[n / 2], *table2 = &gains[n2 / 2];
    size_t index = (size_t)column * f->stride + (size_t)row;
    i16x16 x[8][3], x2[8][3];
    struct fitted fit, fit2;
    struct shown is = load_shown(shown, column, row);
    load_samples(f, &f->grids[0], column, row, across, down, x);
    sum_up(x, n, &fit);
    // Of what is shown and what could be, only differences count, so the error within samples is left out; but between the
    // grids it differs, by as much as the variances of their samples do.
    i16x16 isFirst = is.kind == (int16_t)n, isKnown = isFirst;
    f32x16 error = error_of_shown(&is, x, n) - fit.variance, most = {};
    if (n2 > 0) {
        load_samples(f, &f->grids[1], column, row, across2, down2, x2);
        sum_up(x2, n2, &fit2);
        isKnown |= is.kind == (int16_t)n2;
        error = choose_float(isFirst, error, error_of_shown(&is, x2, n2) - fit2.variance);
        most = maximum(fit.variance, fit2.variance);
    } else {
        most = fit.variance;
    }
    error -= is.allowance;
    i32x16 isHopeless = error + most >= threshold;
    if (!any(CONVERT(isHopeless, i16x16) | ~isKnown)) {
        memset(f->excess + index, 0, sizeof(uint16_t) * LANES);
        return;
    }
    if (n > 1) {
        fit_best(x, n, table, &fit);
    } else {
        fit.mask = fit.members = (i16x16){};
        fit.gain = (f32x16){};
        for (int c = 0; c < 3; c++) fit.part[c] = (i16x16){};
    }
    i16x16 samples = (i16x16){} + (int16_t)n;
    if (n2 > 0) {
        fit_best(x2, n2, table2, &fit2);
        i16x16 isSecond = CONVERT(fit2.gain > fit.gain, i16x16);
        samples = choose(isSecond, (i16x16){} + (int16_t)n2, samples);
        // Sums of the two grids are of different numbers of samples.
        for (int c = 0; c < 3; c++) {
            fit.total[c] = choose(isSecond, fit2.total[c], fit.total[c]);
            fit.part[c] = choose(isSecond, fit2.part[c], fit.part[c]);
        }
        fit.members = choose(isSecond, fit2.members, fit.members);
        fit.mask = choose(isSecond, fit2.mask, fit.mask);
        fit.gain = maximum(fit.gain, fit2.gain);
    }
    f32x16 excess = error + fit.gain;
    f32x16 known = maximum(__builtin_elementwise_min(excess, (f32x16){} + 65534.0f), (f32x16){} + 1.0f);
    excess = choose_float(CONVERT(excess >= threshold, i16x16), known, (f32x16){});
    excess = choose_float(isKnown, excess, (f32x16){} + 65535.0f);
    u16x16 stored = CONVERT(CONVERT(excess, i32x16), u16x16);
    memcpy(f->excess + index, &stored, sizeof stored);
    size_t plane = confab_cell_fitter_cells(f).cells;
    store(f->results + index, CONVERT(samples, u8x16));
    store(f->results + plane + index, CONVERT(fit.mask, u8x16));
    store_colours(f, &fit, samples, index);
}

#define FIT_ALL(across, down, across2, down2)                                                                     \
    for (int column = 0; column < f->shape.columns; column++) {                                                   \
        for (int row = 0; row < f->shape.rows; row += LANES)                                                      \
            fit_cells(f, shown, column, row, threshold, across, down, across2, down2);                     \
    }

static void fit_1x1(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) { FIT_ALL(1, 1, 0, 0) }
static void fit_1x2(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) { FIT_ALL(1, 2, 0, 0) }
static void fit_2x2(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) { FIT_ALL(2, 2, 0, 0) }
static void fit_2x3(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) { FIT_ALL(2, 3, 0, 0) }
static void fit_2x4(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) { FIT_ALL(2, 4, 0, 0) }
static void fit_2x3_2x4(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) { FIT_ALL(2, 3, 2, 4) }

static void fit_grids(struct confab_cell_fitter *f, const struct confab_shown *shown, float threshold) {
    if (f->shape.grids == 2) {
        fit_2x3_2x4(f, shown, threshold);
        return;
    }
    switch (f->grids[0].samples) {
    case 1: fit_1x1(f, shown, threshold); break;
    case 2: fit_1x2(f, shown, threshold); break;
    case 4: fit_2x2(f, shown, threshold); break;
    case 6: fit_2x3(f, shown, threshold); break;
    default: fit_2x4(f, shown, threshold); break;
    }
}
