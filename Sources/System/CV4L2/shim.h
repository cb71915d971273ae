#pragma once
#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <sys/mman.h>

// Functions with variable arguments and macros with casts are not imported: these are their fixed forms.

/// The descriptor, or the negative error number. Never blocks.
static inline int cv4l2_open(const char *path) {
    int fd = v4l2_open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/// 0, or the error number: errno itself does not survive until the caller can read it. Repeats what a signal interrupted.
static inline int cv4l2_ioctl(int fd, unsigned long request, void *argument) {
    int result;
    do {
        result = v4l2_ioctl(fd, request, argument);
    } while (result == -1 && errno == EINTR);
    return result == -1 ? errno : 0;
}

/// NULL where the buffer cannot be mapped.
static inline void *cv4l2_map(int fd, size_t length, int64_t offset) {
    void *bytes = v4l2_mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/// libv4l2 prints errors on standard error unless it has a file for them.
static inline void cv4l2_silence(void) {
    if (!v4l2_log_file) v4l2_log_file = fopen("/dev/null", "we");
}

static const unsigned long CV4L2_QUERYCAP = VIDIOC_QUERYCAP;
static const unsigned long CV4L2_ENUM_FMT = VIDIOC_ENUM_FMT;
static const unsigned long CV4L2_ENUM_FRAMESIZES = VIDIOC_ENUM_FRAMESIZES;
static const unsigned long CV4L2_ENUM_FRAMEINTERVALS = VIDIOC_ENUM_FRAMEINTERVALS;
static const unsigned long CV4L2_S_FMT = VIDIOC_S_FMT;
static const unsigned long CV4L2_S_PARM = VIDIOC_S_PARM;
static const unsigned long CV4L2_REQBUFS = VIDIOC_REQBUFS;
static const unsigned long CV4L2_QUERYBUF = VIDIOC_QUERYBUF;
static const unsigned long CV4L2_QBUF = VIDIOC_QBUF;
static const unsigned long CV4L2_DQBUF = VIDIOC_DQBUF;
static const unsigned long CV4L2_STREAMON = VIDIOC_STREAMON;
static const unsigned long CV4L2_STREAMOFF = VIDIOC_STREAMOFF;

static const unsigned int CV4L2_YUV420 = V4L2_PIX_FMT_YUV420;
static const unsigned int CV4L2_CAPTURE = V4L2_CAP_VIDEO_CAPTURE;
static const unsigned int CV4L2_STREAMING = V4L2_CAP_STREAMING;
static const unsigned int CV4L2_DEVICE_CAPS = V4L2_CAP_DEVICE_CAPS;
static const unsigned int CV4L2_FRAME_BROKEN = V4L2_BUF_FLAG_ERROR;
static const unsigned int CV4L2_TIME_MASK = V4L2_BUF_FLAG_TIMESTAMP_MASK;
static const unsigned int CV4L2_TIME_MONOTONIC = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
static const unsigned int CV4L2_EMULATED = V4L2_FMT_FLAG_EMULATED;
