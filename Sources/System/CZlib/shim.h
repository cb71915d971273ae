#pragma once
#include <zlib.h>

// `deflateInit2` is a macro, which Swift does not see.
static inline int confab_deflate_init(z_stream *stream, int level, int strategy) {
    return deflateInit2(stream, level, Z_DEFLATED, 15, 8, strategy);
}
