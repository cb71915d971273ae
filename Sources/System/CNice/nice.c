#include "CNice.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static struct confab_nice functions;
static int loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    // Not RTLD_NOW: most of what those libraries refer to is never called.
    void *library = dlopen("libnice.so.10", RTLD_LAZY | RTLD_LOCAL);
    if (!library) return;
    loaded = 1;
#define CONFAB_NICE_LOAD(name)                                                 \
    functions.name = (__typeof__(nice_##name) *)dlsym(library, "nice_" #name); \
    if (!functions.name) loaded = 0;
    CONFAB_NICE_FUNCTIONS(CONFAB_NICE_LOAD)
}

const struct confab_nice *confab_nice_load(void) {
    pthread_once(&once, load);
    return loaded ? &functions : NULL;
}

static void closed(GObject *agent, GAsyncResult *result, gpointer data) {
    (void)result;
    (void)data;
    g_object_unref(agent);
}

void confab_nice_close(NiceAgent *agent) { functions.agent_close_async(agent, closed, NULL); }
