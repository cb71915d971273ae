#pragma once
#include <stddef.h>
#include <stdint.h>

// Pictures as sixels (DEC STD 070 §8): the colours that suit the picture best, and its bands of six rows, one pass for each
// colour or several that do not overlap.

struct confab_sixel;

struct confab_sixel *confab_sixel_create(void);
void confab_sixel_free(struct confab_sixel *sixel);

struct confab_sixel_picture {
    const uint8_t *rgb;   // red, green and blue of each pixel, without padding
    int width, height;    // of `rgb`
    int columns, rows;    // of the area in cells
    int cell_width, cell_height;
    const uint8_t *cells; // row by row, 0 where nothing is drawn, so that what is there stays; NULL draws all
    int colours;          // at most, 2 to 256
    // How much more squared difference (sum of the channels) than the nearest colour's the colour of the pixel to the left
    // may have to be used again: longer runs, fewer bytes.
    int tolerance;
};

// Encodes the picture, magnified to columns * cell_width by rows * cell_height pixels. Gives the bytes, from the introducing
// DCS to ST, valid until the next call, or NULL without memory or for sizes that make no sense.
const uint8_t *confab_sixel_encode(struct confab_sixel *sixel, const struct confab_sixel_picture *picture, size_t *count);
