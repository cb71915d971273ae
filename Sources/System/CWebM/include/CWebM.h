#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A WebM file read frame by frame with libwebm's parser.
typedef struct cwebm_file cwebm_file;

typedef struct {
    uint64_t number;
    bool is_video, is_audio;
    /// As the file names it: `V_VP8`, `A_OPUS`. Ends in a zero byte.
    char codec[32];
    /// UTF-8, cut where it is too long; ends in a zero byte.
    char name[128];
    uint32_t width, height;
    double sample_rate;
    uint32_t channels;
    /// Nanoseconds; 0 where the file does not tell.
    uint64_t frame_duration, codec_delay;
} cwebm_track;

typedef struct {
    uint64_t track;
    /// Nanoseconds from the beginning of the file.
    int64_t time;
    /// What the container says; VP8 and Opus tell it themselves.
    bool is_key;
    const uint8_t *bytes;
    size_t count;
} cwebm_frame;

typedef enum {
    CWEBM_FRAME,
    CWEBM_END,
    /// The bytes make no sense, or a part is larger than any real file's.
    CWEBM_BROKEN,
} cwebm_result;

/// Reads from `descriptor`, which stays the caller's, after the `count` bytes at `head` that came from it already.
cwebm_file *cwebm_open(int descriptor, const uint8_t *head, size_t count);
void cwebm_close(cwebm_file *file);

/// Reads as far as the first frame; then the tracks are known.
size_t cwebm_track_count(cwebm_file *file);
/// False where `index` is not below the count.
bool cwebm_get_track(cwebm_file *file, size_t index, cwebm_track *track);

/// A place where reading can begin, or a key frame that is found there.
typedef struct {
    /// 0 for the beginning of a cluster, else the track of a key frame of pictures.
    uint64_t track;
    /// Nanoseconds from the beginning of the file.
    int64_t time;
    /// Of the cluster, from the beginning of the file in bytes.
    uint64_t position;
} cwebm_place;

/// Reads the whole of a regular file, frames skipped, for its places in their order. `duration` gets the file's own word
/// or the time of its last frame, whichever is later, in nanoseconds. The places are the caller's to free; null where
/// there are none.
cwebm_place *cwebm_index(int descriptor, size_t *count, int64_t *duration);

/// Goes on at a cluster's position.
void cwebm_seek(cwebm_file *file, uint64_t position);

/// The next frame of any track in the order of the file. Its bytes are valid until the next call.
cwebm_result cwebm_next(cwebm_file *file, cwebm_frame *frame);

#ifdef __cplusplus
}
#endif
