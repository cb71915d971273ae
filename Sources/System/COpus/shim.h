#pragma once

#include <opus/opus.h>

/// `opus_encoder_ctl` for the requests that take a number.
static inline int confab_opus_set(OpusEncoder *encoder, int request, opus_int32 value) {
    return opus_encoder_ctl(encoder, request, value);
}

static inline int confab_opus_reset(OpusDecoder *decoder) { return opus_decoder_ctl(decoder, OPUS_RESET_STATE); }
