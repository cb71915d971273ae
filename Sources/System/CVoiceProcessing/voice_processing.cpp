#include "voice_processing.h"

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#include <cstring>
#include <memory>
#include <new>

struct cvoice_processor {
    std::unique_ptr<webrtc::AudioProcessing> processing;
    webrtc::AudioFrame far, near;
    bool cancels_echo;
};

namespace {

void prepare(webrtc::AudioFrame &frame) {
    frame.sample_rate_hz_ = CVOICE_RATE;
    frame.num_channels_ = 1;
    frame.samples_per_channel_ = CVOICE_FRAME;
}

// More than low suppression takes the near talker with the echo in double talk.
int suppress_echo(webrtc::AudioProcessing &processing, bool hard) {
    const auto level = hard ? webrtc::EchoCancellation::kHighSuppression : webrtc::EchoCancellation::kLowSuppression;
    return processing.echo_cancellation()->set_suppression_level(level);
}

bool set_up(webrtc::AudioProcessing &processing, const cvoice_options &options) {
    const webrtc::ProcessingConfig format = {{{CVOICE_RATE, 1, false}, {CVOICE_RATE, 1, false},
                                              {CVOICE_RATE, 1, false}, {CVOICE_RATE, 1, false}}};
    int status = processing.Initialize(format);
    status |= suppress_echo(processing, true);
    status |= processing.echo_cancellation()->Enable(options.cancels_echo);
    // 6 dB: more is heard in a voice.
    status |= processing.noise_suppression()->set_level(webrtc::NoiseSuppression::kLow);
    status |= processing.gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
    status |= processing.gain_control()->enable_limiter(true);
    status |= processing.gain_control()->Enable(options.controls_gain);
    status |= processing.voice_detection()->set_likelihood(webrtc::VoiceDetection::kLowLikelihood);
    status |= processing.voice_detection()->Enable(true);
    return status == webrtc::AudioProcessing::kNoError;
}

}  // namespace

cvoice_processor *cvoice_open(cvoice_options options) {
    webrtc::Config config;
    // A filter of 48 ms, which lives longer with delays that are not told exactly.
    config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
    config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(false));
    std::unique_ptr<cvoice_processor> made(new (std::nothrow) cvoice_processor);
    if (!made) return nullptr;
    made->processing.reset(webrtc::AudioProcessing::Create(config));
    made->cancels_echo = options.cancels_echo;
    if (!made->processing || !set_up(*made->processing, options)) return nullptr;
    prepare(made->far);
    prepare(made->near);
    return made.release();
}

void cvoice_close(cvoice_processor *processor) { delete processor; }

bool cvoice_suppress_noise(cvoice_processor *processor, bool on) {
    return processor->processing->noise_suppression()->Enable(on) == webrtc::AudioProcessing::kNoError;
}

bool cvoice_suppress_echo(cvoice_processor *processor, bool hard) {
    return suppress_echo(*processor->processing, hard) == webrtc::AudioProcessing::kNoError;
}

bool cvoice_take_far(cvoice_processor *processor, const int16_t *frame) {
    std::memcpy(processor->far.data_, frame, CVOICE_FRAME * sizeof(int16_t));
    return processor->processing->ProcessReverseStream(&processor->far) == webrtc::AudioProcessing::kNoError;
}

bool cvoice_clean_near(cvoice_processor *processor, int16_t *frame, int delay, bool *has_voice) {
    std::memcpy(processor->near.data_, frame, CVOICE_FRAME * sizeof(int16_t));
    processor->near.vad_activity_ = webrtc::AudioFrame::kVadUnknown;
    if (processor->cancels_echo) processor->processing->set_stream_delay_ms(delay);
    if (processor->processing->ProcessStream(&processor->near) != webrtc::AudioProcessing::kNoError) return false;
    std::memcpy(frame, processor->near.data_, CVOICE_FRAME * sizeof(int16_t));
    *has_voice = processor->processing->voice_detection()->stream_has_voice();
    return true;
}
