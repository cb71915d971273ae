#pragma once

#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

static inline vpx_codec_err_t confab_vp8_encoder_defaults(vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_config_default(vpx_codec_vp8_cx(), configuration, 0);
}

static inline vpx_codec_err_t confab_vp8_encoder_init(vpx_codec_ctx_t *codec, const vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_init(codec, vpx_codec_vp8_cx(), configuration, 0);
}

static inline vpx_codec_err_t confab_vp8_decoder_init(vpx_codec_ctx_t *codec) {
    vpx_codec_dec_cfg_t configuration = {.threads = 1};
    return vpx_codec_dec_init(codec, vpx_codec_vp8_dx(), &configuration, 0);
}

/// `vpx_codec_control` for the controls that take a number.
static inline vpx_codec_err_t confab_vpx_set(vpx_codec_ctx_t *codec, int control, int value) {
    return vpx_codec_control_(codec, control, value);
}

/// `vpx_codec_control` for the controls that give a number.
static inline vpx_codec_err_t confab_vpx_get(vpx_codec_ctx_t *codec, int control, int *value) {
    return vpx_codec_control_(codec, control, value);
}

/// Describes packed I420 planes whose rows have no padding (vpx_img_wrap rounds odd widths up).
static inline void confab_vpx_describe(vpx_image_t *image, unsigned char *bytes, unsigned width, unsigned height) {
    unsigned chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
    memset(image, 0, sizeof *image);
    image->fmt = VPX_IMG_FMT_I420;
    image->bit_depth = 8;
    image->bps = 12;
    image->w = image->d_w = width;
    image->h = image->d_h = height;
    image->x_chroma_shift = image->y_chroma_shift = 1;
    image->planes[VPX_PLANE_Y] = bytes;
    image->planes[VPX_PLANE_U] = bytes + (size_t)width * height;
    image->planes[VPX_PLANE_V] = bytes + (size_t)width * height + (size_t)chroma_width * chroma_height;
    image->stride[VPX_PLANE_Y] = (int)width;
    image->stride[VPX_PLANE_U] = image->stride[VPX_PLANE_V] = (int)chroma_width;
}

/// The flags of a frame that refers to and updates the last frame only.
static const unsigned long confab_vp8_base_layer =
    VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;
/// The flags of a frame that refers to the last frame only and updates nothing.
static const unsigned long confab_vp8_upper_layer = VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_LAST
    | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY;
