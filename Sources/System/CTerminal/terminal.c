#define _GNU_SOURCE
#include "CTerminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

// What each of the two byte strings may grow to.
#define LONGEST 1024
// How long giving the screen back may wait for a terminal that takes nothing, in milliseconds.
#define PATIENCE 300

static struct termios found, raw;
static int input = -1, output = -1, wake = -1;
static char setup[LONGEST], restore[LONGEST];
static size_t setup_size, restore_size;
// Whether the terminal is in our modes.
static atomic_bool is_ours;
static atomic_int events;

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS, SIGQUIT, SIGHUP, SIGINT, SIGTERM};
#define FATAL_COUNT (sizeof fatal / sizeof fatal[0])
static struct sigaction before_fatal[FATAL_COUNT], before_winch, before_stop, before_continue;
static char handler_stack[32768];

// All below is safe in a signal handler.

static void write_all(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t n = write(output, bytes, count);
        if (n > 0) {
            bytes += n;
            count -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd pfd = {.fd = output, .events = POLLOUT};
            if (poll(&pfd, 1, PATIENCE) <= 0) return;
        } else if (n >= 0 || errno != EINTR) {
            return;
        }
    }
}

static void give_back(void) {
    if (!atomic_exchange(&is_ours, 0)) return;
    write_all(restore, restore_size);
    tcsetattr(input, TCSANOW, &found);
}

static void take(void) {
    if (atomic_exchange(&is_ours, 1)) return;
    tcsetattr(input, TCSANOW, &raw);
    write_all(setup, setup_size);
}

static void tell(int event) {
    int saved = errno;
    atomic_fetch_or(&events, event);
    confab_terminal_wake();
    errno = saved;
}

static void on_winch(int number) { (void)number; tell(CONFAB_TERMINAL_RESIZED); }

static void on_stop(int number) {
    (void)number;
    int saved = errno;
    give_back();
    kill(getpid(), SIGSTOP);
    errno = saved;
}

static void on_continue(int number) {
    (void)number;
    int saved = errno;
    take();
    errno = saved;
    tell(CONFAB_TERMINAL_RESIZED | CONFAB_TERMINAL_RESUMED);
}

// Puts the former action back and lets the signal strike again: on return for a fault, whose instruction runs anew, by
// raise for the rest.
static void on_fatal(int number, siginfo_t *info, void *context) {
    (void)context;
    give_back();
    for (size_t i = 0; i < FATAL_COUNT; i++) {
        if (fatal[i] == number) sigaction(number, &before_fatal[i], NULL);
    }
    int is_fault = number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE;
    if (!is_fault || info->si_code <= 0) raise(number);
}

void confab_terminal_wake(void) {
    uint64_t one = 1;
    if (wake >= 0) (void)!write(wake, &one, sizeof one);
}

// Below is ordinary code.

static void catch_signals(void) {
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack}, old;
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE)) sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_COUNT; i++) {
        sigaction(fatal[i], NULL, &before_fatal[i]);
        // What is ignored, as by nohup, stays so.
        if (before_fatal[i].sa_handler != SIG_IGN) sigaction(fatal[i], &action, NULL);
    }
    struct sigaction plain = {.sa_flags = SA_RESTART};
    sigfillset(&plain.sa_mask);
    sigdelset(&plain.sa_mask, SIGCONT);
    plain.sa_handler = on_winch;
    sigaction(SIGWINCH, &plain, &before_winch);
    plain.sa_handler = on_stop;
    sigaction(SIGTSTP, &plain, &before_stop);
    plain.sa_handler = on_continue;
    sigaction(SIGCONT, &plain, &before_continue);
}

static void release_signals(void) {
    for (size_t i = 0; i < FATAL_COUNT; i++) sigaction(fatal[i], &before_fatal[i], NULL);
    sigaction(SIGWINCH, &before_winch, NULL);
    sigaction(SIGTSTP, &before_stop, NULL);
    sigaction(SIGCONT, &before_continue, NULL);
}

int confab_terminal_open(int in, int out, const void *first, size_t first_size, const void *last, size_t last_size) {
    if (wake >= 0 || first_size > LONGEST || last_size > LONGEST) {
        errno = EBUSY;
        return -1;
    }
    if (tcgetattr(in, &found) != 0) return -1;
    raw = found;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if ((wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0) return -1;
    input = in;
    output = out;
    memcpy(setup, first, setup_size = first_size);
    memcpy(restore, last, restore_size = last_size);
    atomic_store(&events, 0);
    static int is_registered;
    if (!is_registered++) atexit(confab_terminal_close);
    catch_signals();
    take();
    return wake;
}

void confab_terminal_extend(const void *first, size_t first_size, const void *last, size_t last_size) {
    if (wake < 0 || setup_size + first_size > LONGEST || restore_size + last_size > LONGEST) return;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    memcpy(setup + setup_size, first, first_size);
    setup_size += first_size;
    memmove(restore + last_size, restore, restore_size);
    memcpy(restore, last, last_size);
    restore_size += last_size;
    if (atomic_load(&is_ours)) write_all(first, first_size);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void confab_terminal_close(void) {
    if (wake < 0) return;
    give_back();
    release_signals();
    close(wake);
    wake = -1;
}

int confab_terminal_events(void) {
    uint64_t count;
    (void)!read(wake, &count, sizeof count);
    return atomic_exchange(&events, 0);
}

long confab_terminal_write(const void *bytes, size_t count) {
    return atomic_load(&is_ours) ? write(output, bytes, count) : 0;
}
