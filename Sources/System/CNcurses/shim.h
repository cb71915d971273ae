#pragma once
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <string.h>
#include <curses.h>
#include <locale.h>
#include <term.h>

// Reads the description of a terminal type; 0 where there is one. NULL means $TERM.
static inline int confab_terminfo(const char *type, int fd) {
    int problem = 0;
    return setupterm(type, fd, &problem) == 0 ? 0 : -1;
}

static inline int confab_terminfo_colours(void) { return tigetnum("colors"); }
static inline int confab_terminfo_rows(void) { return tigetnum("lines"); }
static inline int confab_terminfo_columns(void) { return tigetnum("cols"); }

// Whether the description says that colours are direct RGB.
static inline int confab_terminfo_is_direct(void) {
    return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || tigetflag("Tc") > 0;
}

// Whether the description says how to repeat a character by ECMA-48's REP.
static inline int confab_terminfo_has_repeat(void) {
    char *rep = tigetstr("rep");
    return rep != NULL && rep != (char *)-1 && strstr(rep, "\033[") != NULL && rep[strlen(rep) - 1] == 'b';
}

// Whether the cursor can be put anywhere, without which nothing can be drawn.
static inline int confab_terminfo_is_addressable(void) {
    char *cup = tigetstr("cup");
    return cup != NULL && cup != (char *)-1;
}
