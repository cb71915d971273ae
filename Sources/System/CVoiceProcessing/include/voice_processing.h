#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Echo cancellation, noise suppression and gain control of one microphone, by libwebrtc-audio-processing.
typedef struct cvoice_processor cvoice_processor;

typedef struct {
    bool cancels_echo, controls_gain;
} cvoice_options;

enum {
    /// Sound is 48 kHz, one channel, in frames of 10 ms.
    CVOICE_RATE = 48000,
    CVOICE_FRAME = 480,
};

/// NULL where the library refuses.
cvoice_processor *cvoice_open(cvoice_options options);
void cvoice_close(cvoice_processor *processor);

/// False where the library refuses. Off at first.
bool cvoice_suppress_noise(cvoice_processor *processor, bool on);

/// How hard what the canceller leaves of an echo is suppressed; hard at first. False where the library refuses.
bool cvoice_suppress_echo(cvoice_processor *processor, bool hard);

/// What goes to the speaker. False where the library refuses.
bool cvoice_take_far(cvoice_processor *processor, const int16_t *frame);

/// Cleans what came from the microphone, in place. `delay` is how long ago the library was given, at most, the far frame
/// whose echo this is, in milliseconds. False where the library refuses; the frame is then as it was.
bool cvoice_clean_near(cvoice_processor *processor, int16_t *frame, int delay, bool *has_voice);

#ifdef __cplusplus
}
#endif
