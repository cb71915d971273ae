#include "include/sixel.h"

#include <stdlib.h>
#include <string.h>

#include "sixel_palette.h"

#define BAND 6

// Where in a band one colour is: a byte a column with a bit a row.
struct lane {
    uint8_t *columns;
    int first, last;  // last < first: nowhere
};

struct confab_sixel {
    struct palette palette;
    struct lane lanes[MOST_COLOURS];
    uint8_t *lane_memory;
    int lane_width;
    uint16_t *indices;  // of the picture before it is magnified
    size_t index_room;
    uint8_t *out;
    size_t count, room;
};

struct confab_sixel *confab_sixel_create(void) { return calloc(1, sizeof(struct confab_sixel)); }

void confab_sixel_free(struct confab_sixel *s) {
    if (s == NULL) return;
    free(s->lane_memory);
    free(s->indices);
    free(s->out);
    free(s);
}

static int make_room(struct confab_sixel *s, int width, size_t pixels) {
    if (width > s->lane_width) {
        free(s->lane_memory);
        s->lane_width = 0;
        if ((s->lane_memory = calloc(MOST_COLOURS, (size_t)width)) == NULL) return -1;
        s->lane_width = width;
        for (int i = 0; i < MOST_COLOURS; i++) s->lanes[i] = (struct lane){s->lane_memory + (size_t)i * (size_t)width, width, -1};
    }
    if (pixels > s->index_room) {
        free(s->indices);
        s->index_room = 0;
        if ((s->indices = malloc(pixels * sizeof *s->indices)) == NULL) return -1;
        s->index_room = pixels;
    }
    return 0;
}

// Bytes

static int reserve(struct confab_sixel *s, size_t more) {
    if (s->count + more <= s->room) return 0;
    size_t room = (s->count + more) * 2;
    uint8_t *out = realloc(s->out, room);
    if (out == NULL) return -1;
    s->out = out;
    s->room = room;
    return 0;
}

static inline void put(struct confab_sixel *s, char byte) { s->out[s->count++] = (uint8_t)byte; }

static void put_text(struct confab_sixel *s, const char *text) {
    while (*text) put(s, *text++);
}

static inline void put_number(struct confab_sixel *s, int number) {
    char digits[12];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10); while ((number /= 10) > 0);
    while (count > 0) put(s, digits[--count]);
}

static inline void put_run(struct confab_sixel *s, int length, uint8_t bits) {
    if (length > 3) {
        put(s, '!');
        put_number(s, length);
        put(s, (char)('?' + bits));
    } else {
        for (int i = 0; i < length; i++) put(s, (char)('?' + bits));
    }
}

// P1 7 and the raster attributes both say that pixels are square; P2 1 that what is not drawn stays as it is.
static void put_header(struct confab_sixel *s, int width, int height) {
    put_text(s, "\033P7;1;0q\"1;1;");
    put_number(s, width);
    put(s, ';');
    put_number(s, height);
    for (int i = 0; i < s->palette.count; i++) {
        const uint8_t *colour = s->palette.colours[i];
        put(s, '#');
        put_number(s, i);
        put_text(s, ";2");
        for (int c = 0; c < 3; c++) {
            put(s, ';');
            put_number(s, (colour[c] * 100 + 127) / 255);
        }
    }
}

// Bands

// The columns of a lane from `at` on, which is where the position is; gives the position behind it, and empties it.
static int put_lane(struct confab_sixel *s, int colour, int at) {
    struct lane *lane = &s->lanes[colour];
    put(s, '#');
    put_number(s, colour);
    if (lane->first > at) put_run(s, lane->first - at, 0);
    int x = lane->first;
    while (x <= lane->last) {
        int end = x + 1;
        uint8_t bits = lane->columns[x];
        while (end <= lane->last && lane->columns[end] == bits) end++;
        put_run(s, end - x, bits);
        x = end;
    }
    memset(lane->columns + lane->first, 0, (size_t)(lane->last - lane->first + 1));
    at = lane->last + 1;
    lane->first = s->lane_width;
    lane->last = -1;
    return at;
}

// Writes all lanes that are in use: those that follow each other without overlapping in one pass.
static int put_band(struct confab_sixel *s, int *used, int used_count, int width) {
    int passes = 0;
    while (used_count > 0) {
        // What a lane takes at most: a byte a column, its number, and the way to it.
        if (reserve(s, (size_t)width + 64) != 0) return -1;
        if (passes++ > 0) put(s, '$');
        int at = 0;
        for (;;) {
            int next = -1;
            for (int i = 0; i < used_count; i++) {
                if (s->lanes[used[i]].first >= at && (next < 0 || s->lanes[used[i]].first < s->lanes[used[next]].first)) next = i;
            }
            if (next < 0) break;
            if (reserve(s, (size_t)width + 64) != 0) return -1;
            at = put_lane(s, used[next], at);
            used[next] = used[--used_count];
        }
    }
    return 0;
}

static int encode_band(struct confab_sixel *s, const struct confab_sixel_picture *p, int top, const int *columns) {
    int width = p->columns * p->cell_width, height = p->rows * p->cell_height;
    int used[MOST_COLOURS], used_count = 0;
    for (int b = 0; b < BAND && top + b < height; b++) {
        int y = top + b;
        const uint16_t *row = s->indices + (size_t)((long)y * p->height / height) * (size_t)p->width;
        const uint8_t *cells = p->cells == NULL ? NULL : p->cells + (size_t)(y / p->cell_height) * (size_t)p->columns;
        for (int c = 0; c < p->columns; c++) {
            if (cells != NULL && cells[c] == 0) continue;
            for (int x = c * p->cell_width; x < (c + 1) * p->cell_width; x++) {
                struct lane *lane = &s->lanes[row[columns[x]]];
                if (lane->last < lane->first) used[used_count++] = (int)(lane - s->lanes);
                lane->columns[x] |= (uint8_t)(1 << b);
                if (x < lane->first) lane->first = x;
                if (x > lane->last) lane->last = x;
            }
        }
    }
    return put_band(s, used, used_count, width);
}

static int makes_sense(const struct confab_sixel_picture *p) {
    if (p->width < 1 || p->height < 1 || p->width > 16384 || p->height > 16384) return 0;
    if (p->columns < 1 || p->rows < 1 || p->cell_width < 1 || p->cell_height < 1) return 0;
    if (p->columns > 4096 || p->rows > 4096 || p->cell_width > 256 || p->cell_height > 256) return 0;
    return p->columns * p->cell_width <= 16384 && p->rows * p->cell_height <= 16384 && p->colours >= 2 && p->colours <= MOST_COLOURS;
}

const uint8_t *confab_sixel_encode(struct confab_sixel *s, const struct confab_sixel_picture *p, size_t *count) {
    if (!makes_sense(p)) return NULL;
    int width = p->columns * p->cell_width, height = p->rows * p->cell_height;
    if (make_room(s, width, (size_t)p->width * (size_t)p->height) != 0) return NULL;
    palette_adopt(&s->palette, p->rgb, (size_t)p->width * (size_t)p->height, p->colours);
    palette_map(&s->palette, p->rgb, p->width, p->height, p->tolerance, s->indices);
    s->count = 0;
    if (reserve(s, 64 + MOST_COLOURS * 24) != 0) return NULL;
    put_header(s, width, height);
    int *columns = malloc((size_t)width * sizeof *columns);
    if (columns == NULL) return NULL;
    for (int x = 0; x < width; x++) columns[x] = (int)((long)x * p->width / width);
    int failed = 0;
    for (int top = 0; top < height && !failed; top += BAND) {
        failed = reserve(s, 8) != 0 || encode_band(s, p, top, columns) != 0;
        if (!failed && top + BAND < height && reserve(s, 1) == 0) put(s, '-');
    }
    free(columns);
    if (failed || reserve(s, 2) != 0) return NULL;
    put_text(s, "\033\\");
    *count = s->count;
    return s->out;
}
