#pragma once
#include <alsa/asoundlib.h>

// ALSA prints its complaints on standard error, in the middle of whatever is drawn there; callers read the returned
// codes instead. The handler takes variable arguments, so it must be C.
static inline void calsa_ignore(const char *file, int line, const char *function, int error, const char *format, ...) {
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

static inline void calsa_silence(void) { snd_lib_error_set_handler(calsa_ignore); }
