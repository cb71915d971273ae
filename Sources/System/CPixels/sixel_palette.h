#pragma once
#include <stddef.h>
#include <stdint.h>

#define MOST_COLOURS 256
#define SHADES (1 << 15)  // 5 bits a channel

// The colours of a picture: chosen for one, kept for those after it as long as they suit, so that still areas stay still.
struct palette {
    int count, wanted;
    uint8_t colours[MOST_COLOURS][4];
    // The nearest colour of each shade; MOST_COLOURS where it was not asked for yet.
    uint16_t nearest[SHADES];
    uint32_t histogram[SHADES];
    uint16_t used[SHADES];  // the shades of the histogram that are there
    int used_count;
    double error;  // mean squared, when the colours were chosen
};

// Chooses colours for the picture where those there do not suit it.
void palette_adopt(struct palette *palette, const uint8_t *rgb, size_t pixels, int wanted);

// The number of each pixel's colour.
void palette_map(struct palette *palette, const uint8_t *rgb, int width, int height, int tolerance, uint16_t *indices);
