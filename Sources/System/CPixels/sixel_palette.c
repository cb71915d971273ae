#include "sixel_palette.h"

#include <stdlib.h>
#include <string.h>

static inline unsigned shade_of(const uint8_t *rgb) { return (unsigned)(rgb[0] >> 3) << 10 | (unsigned)(rgb[1] >> 3) << 5 | rgb[2] >> 3; }

// Five bits spread over the whole range, so that black and white stay themselves.
static inline int channel_of(unsigned shade, int c) { return (int)(shade >> (10 - 5 * c) & 31) * 255 / 31; }

static inline int squared(int v) { return v * v; }

static inline int distance(const uint8_t *a, const uint8_t *b) { return squared(a[0] - b[0]) + squared(a[1] - b[1]) + squared(a[2] - b[2]); }

static void count_shades(struct palette *p, const uint8_t *rgb, size_t pixels) {
    for (int i = 0; i < p->used_count; i++) p->histogram[p->used[i]] = 0;
    p->used_count = 0;
    for (size_t i = 0; i < pixels; i++) {
        unsigned shade = shade_of(rgb + 3 * i);
        if (p->histogram[shade]++ == 0) p->used[p->used_count++] = (uint16_t)shade;
    }
}

static unsigned nearest(struct palette *p, unsigned shade) {
    if (p->nearest[shade] < MOST_COLOURS) return p->nearest[shade];
    uint8_t wanted[3] = {(uint8_t)channel_of(shade, 0), (uint8_t)channel_of(shade, 1), (uint8_t)channel_of(shade, 2)};
    int best = 0, least = 1 << 30;
    for (int i = 0; i < p->count; i++) {
        int error = distance(wanted, p->colours[i]);
        if (error < least) {
            least = error;
            best = i;
        }
    }
    return p->nearest[shade] = (uint16_t)best;
}

// The mean squared error of the shades counted.
static double error_of(struct palette *p) {
    double sum = 0, count = 0;
    for (int i = 0; i < p->used_count; i++) {
        unsigned shade = p->used[i];
        uint8_t wanted[3] = {(uint8_t)channel_of(shade, 0), (uint8_t)channel_of(shade, 1), (uint8_t)channel_of(shade, 2)};
        sum += (double)p->histogram[shade] * distance(wanted, p->colours[nearest(p, shade)]);
        count += p->histogram[shade];
    }
    return count > 0 ? sum / count : 0;
}

// Choosing: shades are divided in two, again and again, always those that differ most, at their mean along the channel that
// differs most (as X. Wu's and P. Heckbert's methods do).

struct box {
    int first, count;  // in `used`
    double weight, mean[3], spread[3], error;
};

static void measure(const struct palette *p, struct box *box) {
    double weight = 0, sum[3] = {0}, squares[3] = {0};
    for (int i = box->first; i < box->first + box->count; i++) {
        double number = p->histogram[p->used[i]];
        weight += number;
        for (int c = 0; c < 3; c++) {
            double value = channel_of(p->used[i], c);
            sum[c] += number * value;
            squares[c] += number * value * value;
        }
    }
    box->weight = weight;
    box->error = 0;
    for (int c = 0; c < 3; c++) {
        box->mean[c] = sum[c] / weight;
        box->spread[c] = squares[c] - sum[c] * sum[c] / weight;
        box->error += box->spread[c];
    }
    if (box->count < 2) box->error = 0;
}

// Puts those below the mean first; gives how many they are.
static int divide(struct palette *p, const struct box *box, int c) {
    int low = box->first, high = box->first + box->count - 1;
    while (low <= high) {
        if (channel_of(p->used[low], c) <= box->mean[c]) {
            low++;
        } else {
            uint16_t other = p->used[high];
            p->used[high--] = p->used[low];
            p->used[low] = other;
        }
    }
    return low - box->first;
}

static void choose(struct palette *p, int wanted) {
    struct box boxes[MOST_COLOURS];
    int count = 1;
    boxes[0] = (struct box){.first = 0, .count = p->used_count};
    measure(p, &boxes[0]);
    while (count < wanted) {
        int worst = 0;
        for (int i = 1; i < count; i++) {
            if (boxes[i].error > boxes[worst].error) worst = i;
        }
        struct box *box = &boxes[worst];
        if (box->error <= 0) break;
        int c = box->spread[1] >= box->spread[0] ? 1 : 0;
        if (box->spread[2] > box->spread[c]) c = 2;
        int below = divide(p, box, c);
        if (below == 0 || below == box->count) break;
        boxes[count] = (struct box){.first = box->first + below, .count = box->count - below};
        box->count = below;
        measure(p, box);
        measure(p, &boxes[count++]);
    }
    p->count = count;
    for (int i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++) p->colours[i][c] = (uint8_t)(boxes[i].mean[c] + 0.5);
    }
}

static void forget_nearest(struct palette *p) {
    for (int i = 0; i < SHADES; i++) p->nearest[i] = MOST_COLOURS;
}

// Moves each colour to the mean of the shades that are nearest to it, and to where the terminal, which counts in hundredths,
// can have it.
static void settle(struct palette *p) {
    double sums[MOST_COLOURS][4];
    memset(sums, 0, sizeof sums);
    for (int i = 0; i < p->used_count; i++) {
        unsigned shade = p->used[i];
        double *sum = sums[nearest(p, shade)], number = p->histogram[shade];
        for (int c = 0; c < 3; c++) sum[c] += number * channel_of(shade, c);
        sum[3] += number;
    }
    for (int i = 0; i < p->count; i++) {
        for (int c = 0; c < 3; c++) {
            int value = sums[i][3] > 0 ? (int)(sums[i][c] / sums[i][3] + 0.5) : p->colours[i][c];
            int hundredths = (value * 100 + 127) / 255;
            p->colours[i][c] = (uint8_t)((hundredths * 255 + 50) / 100);
        }
    }
    forget_nearest(p);
}

void palette_adopt(struct palette *p, const uint8_t *rgb, size_t pixels, int wanted) {
    count_shades(p, rgb, pixels);
    if (p->count > 0 && p->wanted == wanted && error_of(p) <= p->error * 1.2 + 4) return;
    p->wanted = wanted;
    choose(p, wanted);
    forget_nearest(p);
    settle(p);
    p->error = error_of(p);
}

// With few colours only dithering shows what lies between them: a 4 x 4 Bayer matrix about zero, in sixteenths.
#define FEW_COLOURS 64
static const int8_t thresholds[4][4] = {{-15, 1, -11, 5}, {9, -7, 13, -3}, {-9, 7, -13, 3}, {15, -1, 11, -5}};

static inline uint8_t clamped(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

static void map_dithered(struct palette *p, const uint8_t *rgb, int width, int height, uint16_t *indices) {
    // About as far as colours lie apart.
    int amplitude = 0;
    while (amplitude < 64 && squared(amplitude) < p->error) amplitude++;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, rgb += 3) {
            int added = thresholds[y & 3][x & 3] * amplitude / 16;
            uint8_t changed[3] = {clamped(rgb[0] + added), clamped(rgb[1] + added), clamped(rgb[2] + added)};
            *indices++ = (uint16_t)nearest(p, shade_of(changed));
        }
    }
}

void palette_map(struct palette *p, const uint8_t *rgb, int width, int height, int tolerance, uint16_t *indices) {
    if (p->wanted <= FEW_COLOURS && p->error > 4) {
        map_dithered(p, rgb, width, height, indices);
        return;
    }
    for (int y = 0; y < height; y++) {
        unsigned before = MOST_COLOURS;
        for (int x = 0; x < width; x++, rgb += 3) {
            unsigned index = nearest(p, shade_of(rgb));
            if (tolerance > 0 && before < MOST_COLOURS && index != before
                && distance(rgb, p->colours[before]) <= distance(rgb, p->colours[index]) + tolerance) index = before;
            *indices++ = (uint16_t)(before = index);
        }
    }
}
