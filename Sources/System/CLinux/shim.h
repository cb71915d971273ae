#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>

static inline void confab_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

// Condition variables wait by the monotonic clock, so that setting the wall clock never stalls a mailbox.
static inline void confab_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

// Quietly does nothing where the process may not ask for real-time priority.
static inline void confab_prefer_realtime(int priority) {
    struct sched_param parameters = {.sched_priority = priority};
    pthread_setschedparam(pthread_self(), SCHED_RR | SCHED_RESET_ON_FORK, &parameters);
}

static inline int confab_get_window_size(int fd, unsigned short out[4]) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
    out[0] = size.ws_col;
    out[1] = size.ws_row;
    out[2] = size.ws_xpixel;
    out[3] = size.ws_ypixel;
    return 0;
}

// A pipe whose ends no child inherits by accident. Including <unistd.h> here would make Glibc's `environ` ambiguous.
extern int pipe2(int ends[2], int flags);
static inline int confab_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// A file without a name, gone when nobody has it open. <sys/mman.h> declares it for _GNU_SOURCE only.
extern int memfd_create(const char *name, unsigned flags);
static inline int confab_memory_file(const char *name) { return memfd_create(name, 1u /* MFD_CLOEXEC */); }
