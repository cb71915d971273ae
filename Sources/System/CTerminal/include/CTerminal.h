#pragma once
#include <stddef.h>

// The part of the terminal's care that has to work inside a signal handler: the modes as found, and the bytes that bring
// the screen back. One terminal a process.

#define CONFAB_TERMINAL_RESIZED 1
#define CONFAB_TERMINAL_RESUMED 2

// Remembers the modes of `input`, makes them raw and writes `setup` to `output`; from now on `restore` is written, and
// the modes are put back, on a crash, a fatal signal and SIGTSTP. Gives a descriptor that is readable when
// `confab_terminal_events` has something to tell, or -1 with errno.
int confab_terminal_open(int input, int output, const void *setup, size_t setup_size, const void *restore, size_t restore_size);

// Adds to what `confab_terminal_open` was given: written now, again after a stop, and undone first.
void confab_terminal_extend(const void *setup, size_t setup_size, const void *restore, size_t restore_size);

// Puts everything back, once however often it is called, and takes the signal handlers away.
void confab_terminal_close(void);

// What happened since the last call, as CONFAB_TERMINAL_ bits.
int confab_terminal_events(void);

// Makes the descriptor of `confab_terminal_open` readable.
void confab_terminal_wake(void);

// write(2) to `output` while the terminal is ours; 0 once it has been given back.
long confab_terminal_write(const void *bytes, size_t count);
