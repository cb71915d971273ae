#pragma once

#include <srtp2/srtp.h>

/// How much longer than the packet libsrtp's buffers must be.
static const int confab_srtp_max_trailer = SRTP_MAX_TRAILER_LEN;
