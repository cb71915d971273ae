// busycard: sound cards that another program holds, for tests. Preloaded, no PCM can be opened while there is a file at
// the path in BUSYCARD.
//
//   cc -shared -fPIC -O2 -o busycard.so busycard.c -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int snd_pcm_open(void **pcm, const char *name, int stream, int mode) {
    const char *file = getenv("BUSYCARD");
    if (file && access(file, F_OK) == 0) return -EBUSY;
    int (*next)(void **, const char *, int, int) = (int (*)(void **, const char *, int, int))dlsym(RTLD_NEXT, "snd_pcm_open");
    return next(pcm, name, stream, mode);
}
