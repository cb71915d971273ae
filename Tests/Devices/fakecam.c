// fakecam: a V4L2 camera in user space, for tests where no driver can be loaded.
//
// Preloaded, it answers for one path: a YUYV camera, streaming by mmap, for one opener at a time. Everything else goes
// to the kernel. libv4l2 reaches the kernel by syscall(), so that is interposed as well as the plain calls. The
// descriptor is a timerfd, which makes poll, select and epoll work unaided; the buffers are one memfd.
//
//   cc -shared -fPIC -O2 -o fakecam.so fakecam.c -ldl
//   LD_PRELOAD=$PWD/fakecam.so v4l2-ctl -d /dev/video9 --stream-mmap --stream-count=30
//
// FAKECAM             path of the camera                                        (/dev/video9)
// FAKECAM_SIZE        its only size                                             (320x240)
// FAKECAM_FPS         its only rate                                             (15)
// FAKECAM_FAIL_AFTER  after so many frames DQBUF answers ENODEV, as an unplugged camera does
// FAKECAM_GONE        a path: while there is a file, the camera is unplugged
// FAKECAM_BROKEN      every so many frames comes marked as broken
//
// The picture: an edge that moves two pixels a frame, bright and coloured to its left, a grey slope to its right.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BUFFERS = 8, MAJOR_VIDEO4LINUX = 81, MINOR = 9 };

static struct {
    int fd, mem, nonblock, streaming, width, height, fps, count, head, queued, fail_after, broken;
    uint32_t sequence, size;
    uint8_t *bytes;
    int queue[MAX_BUFFERS];
} cam = {.fd = -1, .mem = -1};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// The kernel itself, past every interposed function.
static long kernel(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static long fail(int error) {
    errno = error;
    return -1;
}

static int setting(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static int is_ours(const char *path) {
    const char *own = getenv("FAKECAM");
    return path && !strcmp(path, own ? own : "/dev/video9");
}

static int is_unplugged(void) {
    const char *file = getenv("FAKECAM_GONE");
    return file && !kernel(SYS_access, (long)file, F_OK, 0, 0, 0, 0);
}

static size_t pages(size_t count) { return (count + 4095) & ~(size_t)4095; }

// --- The camera ------------------------------------------------------------------------------------------------------

static long cam_open(int flags) {
    if (is_unplugged()) return fail(ENOENT);
    if (cam.fd >= 0) return fail(EBUSY);
    const char *size = getenv("FAKECAM_SIZE");
    cam.width = 320;
    cam.height = 240;
    if (size) sscanf(size, "%dx%d", &cam.width, &cam.height);
    cam.fps = setting("FAKECAM_FPS", 15);
    cam.fail_after = setting("FAKECAM_FAIL_AFTER", -1);
    cam.broken = setting("FAKECAM_BROKEN", 0);
    cam.nonblock = flags & O_NONBLOCK;
    cam.streaming = cam.count = cam.queued = cam.head = 0;
    cam.sequence = 0;
    cam.fd = timerfd_create(CLOCK_MONOTONIC, (flags & O_CLOEXEC ? TFD_CLOEXEC : 0) | TFD_NONBLOCK);
    return cam.fd;
}

static long cam_close(void) {
    long fd = cam.fd;
    if (cam.mem >= 0) {
        munmap(cam.bytes, pages(cam.size) * MAX_BUFFERS);
        kernel(SYS_close, cam.mem, 0, 0, 0, 0, 0);
        cam.mem = -1;
    }
    cam.fd = -1;
    return kernel(SYS_close, fd, 0, 0, 0, 0, 0);
}

static void get_format(struct v4l2_pix_format *format) {
    memset(format, 0, sizeof *format);
    format->width = (uint32_t)cam.width;
    format->height = (uint32_t)cam.height;
    format->pixelformat = V4L2_PIX_FMT_YUYV;
    format->field = V4L2_FIELD_NONE;
    format->bytesperline = format->width * 2;
    format->sizeimage = format->bytesperline * format->height;
    format->colorspace = V4L2_COLORSPACE_SRGB;
}

static void paint(uint8_t *to) {
    uint32_t edge = cam.sequence * 2 % (uint32_t)cam.width;
    for (int y = 0; y < cam.height; y++)
        for (uint32_t x = 0; x < (uint32_t)cam.width; x++, to += 2) {
            to[0] = x < edge ? 200 : (uint8_t)(40 + y * 60 / cam.height);
            to[1] = x < edge ? (x & 1 ? 160 : 100) : 128;
        }
}

static void describe(struct v4l2_buffer *buffer, int index) {
    uint32_t type = buffer->type;
    memset(buffer, 0, sizeof *buffer);
    buffer->index = (uint32_t)index;
    buffer->type = type;
    buffer->memory = V4L2_MEMORY_MMAP;
    buffer->field = V4L2_FIELD_NONE;
    buffer->length = cam.size;
    buffer->m.offset = (uint32_t)pages(cam.size) * (uint32_t)index;
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
}

static void run_timer(int on) {
    long ns = on ? 1000000000L / cam.fps : 0;
    struct itimerspec time = {{ns / 1000000000, ns % 1000000000}, {ns / 1000000000, ns % 1000000000}};
    timerfd_settime(cam.fd, 0, &time, NULL);
}

static long query_capabilities(struct v4l2_capability *c) {
    memset(c, 0, sizeof *c);
    strcpy((char *)c->driver, "fakecam");
    strcpy((char *)c->card, "Fake camera");
    strcpy((char *)c->bus_info, "platform:fakecam");
    c->version = 6 << 16;
    c->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    c->capabilities = c->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static long enumerate_format(struct v4l2_fmtdesc *f) {
    if (f->index || f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    f->flags = 0;
    f->pixelformat = V4L2_PIX_FMT_YUYV;
    strcpy((char *)f->description, "YUYV 4:2:2");
    return 0;
}

static long enumerate_size(struct v4l2_frmsizeenum *f) {
    if (f->index || f->pixel_format != V4L2_PIX_FMT_YUYV) return fail(EINVAL);
    f->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    f->discrete.width = (uint32_t)cam.width;
    f->discrete.height = (uint32_t)cam.height;
    return 0;
}

static long enumerate_interval(struct v4l2_frmivalenum *f) {
    int known = f->width == (uint32_t)cam.width && f->height == (uint32_t)cam.height;
    if (f->index || f->pixel_format != V4L2_PIX_FMT_YUYV || !known) return fail(EINVAL);
    f->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    f->discrete = (struct v4l2_fract){1, (uint32_t)cam.fps};
    return 0;
}

static long set_format(struct v4l2_format *f, int changes) {
    if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    if (changes && cam.streaming) return fail(EBUSY);
    get_format(&f->fmt.pix);
    return 0;
}

static long set_rate(struct v4l2_streamparm *p) {
    if (p->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    memset(&p->parm, 0, sizeof p->parm);
    p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    p->parm.capture.timeperframe = (struct v4l2_fract){1, (uint32_t)cam.fps};
    return 0;
}

static long enumerate_input(struct v4l2_input *i) {
    if (i->index) return fail(EINVAL);
    memset(i, 0, sizeof *i);
    strcpy((char *)i->name, "Camera");
    i->type = V4L2_INPUT_TYPE_CAMERA;
    return 0;
}

static long request_buffers(struct v4l2_requestbuffers *r) {
    if (r->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || r->memory != V4L2_MEMORY_MMAP) return fail(EINVAL);
    if (cam.streaming) return fail(EBUSY);
    if (r->count > MAX_BUFFERS) r->count = MAX_BUFFERS;
    struct v4l2_pix_format format;
    get_format(&format);
    cam.size = format.sizeimage;
    cam.count = (int)r->count;
    cam.queued = cam.head = 0;
    r->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
    if (cam.mem >= 0) return 0;
    size_t all = pages(cam.size) * MAX_BUFFERS;
    cam.mem = memfd_create("fakecam", MFD_CLOEXEC);
    if (cam.mem < 0 || ftruncate(cam.mem, (off_t)all)) return fail(ENOMEM);
    cam.bytes = (uint8_t *)kernel(SYS_mmap, 0, (long)all, PROT_READ | PROT_WRITE, MAP_SHARED, cam.mem, 0);
    return 0;
}

static long query_buffer(struct v4l2_buffer *b) {
    if (b->index >= (uint32_t)cam.count) return fail(EINVAL);
    describe(b, (int)b->index);
    return 0;
}

static long queue_buffer(struct v4l2_buffer *b) {
    if (b->index >= (uint32_t)cam.count || cam.queued == cam.count) return fail(EINVAL);
    cam.queue[(cam.head + cam.queued++) % MAX_BUFFERS] = (int)b->index;
    b->flags |= V4L2_BUF_FLAG_QUEUED;
    return 0;
}

static long stream(int on) {
    cam.streaming = on;
    if (!on) cam.queued = cam.head = 0;
    run_timer(on);
    return 0;
}

// 0 when it is time for the next frame.
static long await_frame(void) {
    for (;;) {
        uint64_t ticks;
        if (cam.fail_after >= 0 && cam.sequence >= (uint32_t)cam.fail_after) return fail(ENODEV);
        if (is_unplugged()) return fail(ENODEV);
        if (kernel(SYS_read, cam.fd, (long)&ticks, 8, 0, 0, 0) == 8) return 0;
        if (cam.nonblock) return fail(EAGAIN);
        struct pollfd request = {cam.fd, POLLIN, 0};
        pthread_mutex_unlock(&lock);
        poll(&request, 1, -1);
        pthread_mutex_lock(&lock);
        if (cam.fd < 0 || !cam.streaming || !cam.queued) return fail(EINVAL);
    }
}

static long dequeue_buffer(struct v4l2_buffer *b) {
    if (!cam.streaming || !cam.queued) return fail(EINVAL);
    if (await_frame()) return -1;
    int index = cam.queue[cam.head];
    cam.head = (cam.head + 1) % MAX_BUFFERS;
    cam.queued--;
    paint(cam.bytes + pages(cam.size) * (size_t)index);
    describe(b, index);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    b->timestamp.tv_sec = now.tv_sec;
    b->timestamp.tv_usec = now.tv_nsec / 1000;
    b->bytesused = cam.size;
    b->sequence = cam.sequence++;
    b->flags |= V4L2_BUF_FLAG_DONE;
    if (cam.broken && cam.sequence % (uint32_t)cam.broken == 0) b->flags |= V4L2_BUF_FLAG_ERROR;
    return 0;
}

static long cam_ioctl(unsigned long request, void *argument) {
    switch ((uint32_t)request) {
    case VIDIOC_QUERYCAP: return query_capabilities(argument);
    case VIDIOC_ENUM_FMT: return enumerate_format(argument);
    case VIDIOC_ENUM_FRAMESIZES: return enumerate_size(argument);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enumerate_interval(argument);
    case VIDIOC_S_FMT: return set_format(argument, 1);
    case VIDIOC_TRY_FMT:
    case VIDIOC_G_FMT: return set_format(argument, 0);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: return set_rate(argument);
    case VIDIOC_ENUMINPUT: return enumerate_input(argument);
    case VIDIOC_G_INPUT: return *(int *)argument = 0;
    case VIDIOC_S_INPUT: return *(int *)argument ? fail(EINVAL) : 0;
    case VIDIOC_G_PRIORITY: return *(enum v4l2_priority *)argument = V4L2_PRIORITY_DEFAULT, 0;
    case VIDIOC_REQBUFS: return request_buffers(argument);
    case VIDIOC_QUERYBUF: return query_buffer(argument);
    case VIDIOC_QBUF: return queue_buffer(argument);
    case VIDIOC_STREAMON: return stream(1);
    case VIDIOC_STREAMOFF: return stream(0);
    case VIDIOC_DQBUF: return dequeue_buffer(argument);
    default: return fail(ENOTTY);
    }
}

// --- The interposed functions ----------------------------------------------------------------------------------------

static long locked_open(int flags) {
    pthread_mutex_lock(&lock);
    long result = cam_open(flags);
    pthread_mutex_unlock(&lock);
    return result;
}

static long call(long n, long a, long b, long c, long d, long e, long f) {
    if (n == SYS_openat && is_ours((const char *)b)) return locked_open((int)c);
    if (n == SYS_open && is_ours((const char *)a)) return locked_open((int)b);
    if (cam.fd >= 0 && n == SYS_mmap && e == cam.fd) return cam.mem < 0 ? fail(EINVAL) : kernel(n, a, b, c, d, cam.mem, f);
    if (cam.fd >= 0 && a == cam.fd && (n == SYS_ioctl || n == SYS_close)) {
        pthread_mutex_lock(&lock);
        long result = n == SYS_ioctl ? cam_ioctl((unsigned long)b, (void *)c) : cam_close();
        pthread_mutex_unlock(&lock);
        return result;
    }
    return kernel(n, a, b, c, d, e, f);
}

#define REST(last)                                                                                                     \
    va_list list;                                                                                                      \
    va_start(list, last);                                                                                              \
    long rest = va_arg(list, long);                                                                                    \
    va_end(list)

long syscall(long n, ...) {
    va_list list;
    va_start(list, n);
    long a[6];
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    return call(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int ioctl(int fd, unsigned long request, ...) {
    REST(request);
    return (int)call(SYS_ioctl, fd, (long)request, rest, 0, 0, 0);
}

int open(const char *path, int flags, ...) {
    REST(flags);
    return (int)call(SYS_openat, AT_FDCWD, (long)path, flags, rest, 0, 0);
}

int open64(const char *path, int flags, ...) {
    REST(flags);
    return (int)call(SYS_openat, AT_FDCWD, (long)path, flags | O_LARGEFILE, rest, 0, 0);
}

int openat(int at, const char *path, int flags, ...) {
    REST(flags);
    return (int)call(SYS_openat, at, (long)path, flags, rest, 0, 0);
}

int openat64(int at, const char *path, int flags, ...) {
    REST(flags);
    return (int)call(SYS_openat, at, (long)path, flags | O_LARGEFILE, rest, 0, 0);
}

int __open_2(const char *path, int flags) { return (int)call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0); }
int __open64_2(const char *path, int flags) { return __open_2(path, flags | O_LARGEFILE); }
int close(int fd) { return (int)call(SYS_close, fd, 0, 0, 0, 0, 0); }

void *mmap(void *at, size_t count, int protection, int flags, int fd, off_t offset) {
    return (void *)call(SYS_mmap, (long)at, (long)count, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t count, int protection, int flags, int fd, off64_t offset) {
    return mmap(at, count, protection, flags, fd, offset);
}

// Programs that look at the path first see a character device of V4L2's major number.
static int look_like_a_camera(struct stat *status) {
    if (is_unplugged()) return (int)fail(ENOENT);
    memset(status, 0, sizeof *status);
    status->st_mode = S_IFCHR | 0660;
    status->st_rdev = makedev(MAJOR_VIDEO4LINUX, MINOR);
    status->st_nlink = 1;
    return 0;
}

int stat(const char *path, struct stat *status) {
    if (is_ours(path)) return look_like_a_camera(status);
    return (int)kernel(SYS_newfstatat, AT_FDCWD, (long)path, (long)status, 0, 0, 0);
}

int stat64(const char *path, struct stat64 *status) { return stat(path, (struct stat *)status); }

int fstat(int fd, struct stat *status) {
    if (cam.fd >= 0 && fd == cam.fd) return look_like_a_camera(status);
    return (int)kernel(SYS_fstat, fd, (long)status, 0, 0, 0, 0);
}

int fstat64(int fd, struct stat64 *status) { return fstat(fd, (struct stat *)status); }

int access(const char *path, int mode) {
    if (is_ours(path)) return is_unplugged() ? (int)fail(ENOENT) : 0;
    return (int)kernel(SYS_access, (long)path, mode, 0, 0, 0, 0);
}

// v4l2-ctl asks sysfs what kind of device the number belongs to.
FILE *fopen64(const char *path, const char *mode) {
    static FILE *(*next)(const char *, const char *);
    if (path && !strcmp(path, "/sys/dev/char/81:9/uevent")) {
        static const char text[] = "MAJOR=81\nMINOR=9\nDEVNAME=video9\n";
        int fd = memfd_create("uevent", MFD_CLOEXEC);
        if (fd < 0 || write(fd, text, sizeof text - 1) < 0) return NULL;
        lseek(fd, 0, SEEK_SET);
        return fdopen(fd, "r");
    }
    if (!next) next = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen64");
    return next(path, mode);
}

FILE *fopen(const char *path, const char *mode) { return fopen64(path, mode); }
