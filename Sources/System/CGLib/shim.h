#pragma once
#include <glib.h>

// Here because its watcher is a source of GLib, and as CLinux asks its headers for other definitions of the same types.
#include "netlink.h"

// A source whose only job is to wake its context at a ready time; the loop then runs its own timers.

static inline gboolean confab_alarm_dispatch(GSource *source, GSourceFunc callback, gpointer data) {
    (void)callback;
    (void)data;
    g_source_set_ready_time(source, -1);
    return G_SOURCE_CONTINUE;
}

static inline GSource *confab_alarm_new(GMainContext *context) {
    static GSourceFuncs functions = {.dispatch = confab_alarm_dispatch};
    GSource *source = g_source_new(&functions, sizeof(GSource));
    g_source_attach(source, context);
    return source;
}

// Calls `dispatch(data)` on the context whenever the descriptor can be read.

struct confab_watch {
    GSource source;
    void (*dispatch)(gpointer data);
    gpointer data;
};

static inline gboolean confab_watch_dispatch(GSource *source, GSourceFunc callback, gpointer data) {
    (void)callback;
    (void)data;
    struct confab_watch *watch = (struct confab_watch *)source;
    watch->dispatch(watch->data);
    return G_SOURCE_CONTINUE;
}

static inline GSource *confab_watch_new(GMainContext *context, int fd, void (*dispatch)(gpointer), gpointer data) {
    static GSourceFuncs functions = {.dispatch = confab_watch_dispatch};
    GSource *source = g_source_new(&functions, sizeof(struct confab_watch));
    struct confab_watch *watch = (struct confab_watch *)source;
    watch->dispatch = dispatch;
    watch->data = data;
    g_source_add_unix_fd(source, fd, G_IO_IN);
    g_source_attach(source, context);
    return source;
}
