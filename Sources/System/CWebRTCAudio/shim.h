#pragma once
// libwebrtc-audio-processing is C++; CVoiceProcessing calls it. This module only finds its headers and links it.
