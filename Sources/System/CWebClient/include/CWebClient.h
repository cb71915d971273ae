#pragma once

#include <stddef.h>

/// A file of the web client.
typedef struct {
    /// Below `Sources/System/CWebClient/web`: `index.html`, `ui/tile.js`.
    const char *_Nonnull path;
    const char *_Nonnull content_type;
    const unsigned char *_Nonnull bytes;
    size_t length;
} confab_web_file;

extern const confab_web_file confab_web_files[];
extern const size_t confab_web_file_count;

/// The file at `index`, which is below `confab_web_file_count`; Swift does not import arrays of unknown length.
static inline confab_web_file confab_web_file_at(size_t index) { return confab_web_files[index]; }
