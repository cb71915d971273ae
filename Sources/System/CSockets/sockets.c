#define _GNU_SOURCE
#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static int is_v4(const confab_endpoint *endpoint) { return memcmp(endpoint->ip, mapped_prefix, 12) == 0; }

static socklen_t to_sockaddr(const confab_endpoint *endpoint, int as_v4, struct sockaddr_storage *out) {
    if (as_v4) {
        struct sockaddr_in *address = (struct sockaddr_in *)out;
        address->sin_family = AF_INET;
        address->sin_port = htons(endpoint->port);
        memcpy(&address->sin_addr, endpoint->ip + 12, 4);
        return sizeof *address;
    }
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)out;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(endpoint->port);
    address->sin6_flowinfo = 0;
    address->sin6_scope_id = 0;
    memcpy(&address->sin6_addr, endpoint->ip, 16);
    return sizeof *address;
}

static void from_sockaddr(const struct sockaddr_storage *in, confab_endpoint *endpoint) {
    if (in->ss_family == AF_INET) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)in;
        memcpy(endpoint->ip, mapped_prefix, 12);
        memcpy(endpoint->ip + 12, &address->sin_addr, 4);
        endpoint->port = ntohs(address->sin_port);
    } else {
        const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)in;
        memcpy(endpoint->ip, &address->sin6_addr, 16);
        endpoint->port = ntohs(address->sin6_port);
    }
}

static int open_bound(const confab_endpoint *local, int type, struct sockaddr_storage *address, socklen_t *length) {
    int v4 = is_v4(local), one = 1;
    memset(address, 0, sizeof *address);
    *length = to_sockaddr(local, v4, address);
    int fd = socket(v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (!v4) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)address, *length) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int confab_udp_open(const confab_endpoint *local, int receive_bytes, int send_bytes, confab_endpoint *bound) {
    struct sockaddr_storage address;
    socklen_t length;
    int fd = open_bound(local, SOCK_DGRAM, &address, &length);
    if (fd < 0) return fd;
    // The forced forms need a privilege; without it the system's limit holds.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_bytes, sizeof send_bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
    length = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &length);
    from_sockaddr(&address, bound);
    return fd;
}

int confab_tcp_listen(const confab_endpoint *local) {
    struct sockaddr_storage address;
    socklen_t length;
    int fd = open_bound(local, SOCK_STREAM, &address, &length);
    if (fd < 0) return fd;
    if (listen(fd, 128) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int confab_tcp_accept(int listener, confab_endpoint *peer) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return -errno;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    from_sockaddr(&address, peer);
    return fd;
}

int confab_tcp_read(int socket, void *bytes, size_t count) {
    ssize_t read = recv(socket, bytes, count, 0);
    return read < 0 ? -errno : (int)read;
}

int confab_tcp_write(int socket, const void *bytes, size_t count) {
    ssize_t written = send(socket, bytes, count, MSG_NOSIGNAL);
    return written < 0 ? -errno : (int)written;
}

void confab_close_socket(int socket) { close(socket); }

int confab_parse_address(const char *text, confab_endpoint *endpoint) {
    if (inet_pton(AF_INET6, text, endpoint->ip) == 1) return 0;
    memcpy(endpoint->ip, mapped_prefix, 12);
    return inet_pton(AF_INET, text, endpoint->ip + 12) == 1 ? 0 : -1;
}

// Receiving

struct confab_receive_batch {
    int count, size;
    struct mmsghdr *headers;
    struct iovec *vectors;
    struct sockaddr_storage *peers;
    uint8_t *bytes;
};

confab_receive_batch *confab_receive_batch_new(int count, int size) {
    confab_receive_batch *batch = calloc(1, sizeof *batch);
    batch->count = count;
    batch->size = size;
    batch->headers = calloc(count, sizeof *batch->headers);
    batch->vectors = calloc(count, sizeof *batch->vectors);
    batch->peers = calloc(count, sizeof *batch->peers);
    batch->bytes = malloc((size_t)count * size);
    for (int i = 0; i < count; i++) {
        batch->vectors[i] = (struct iovec){batch->bytes + (size_t)i * size, size};
        batch->headers[i].msg_hdr.msg_iov = &batch->vectors[i];
        batch->headers[i].msg_hdr.msg_iovlen = 1;
        batch->headers[i].msg_hdr.msg_name = &batch->peers[i];
    }
    return batch;
}

void confab_receive_batch_free(confab_receive_batch *batch) {
    free(batch->headers);
    free(batch->vectors);
    free(batch->peers);
    free(batch->bytes);
    free(batch);
}

int confab_receive(confab_receive_batch *batch, int socket) {
    for (int i = 0; i < batch->count; i++) {
        batch->headers[i].msg_hdr.msg_namelen = sizeof batch->peers[i];
        batch->headers[i].msg_hdr.msg_flags = 0;
    }
    int received = recvmmsg(socket, batch->headers, batch->count, 0, NULL);
    return received < 0 ? -errno : received;
}

void *confab_received_bytes(confab_receive_batch *batch, int index) {
    return batch->bytes + (size_t)index * batch->size;
}

int confab_received_length(const confab_receive_batch *batch, int index) {
    return batch->headers[index].msg_hdr.msg_flags & MSG_TRUNC ? 0 : (int)batch->headers[index].msg_len;
}

void confab_received_from(const confab_receive_batch *batch, int index, confab_endpoint *peer) {
    from_sockaddr(&batch->peers[index], peer);
}

// Sending

struct confab_send_batch {
    struct mmsghdr *headers;
    /// The datagrams by slot, and by their place in the messages.
    struct iovec *slots, *vectors;
    struct sockaddr_storage *peers;
    union control {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } *controls;
    int used;
};

confab_send_batch *confab_send_batch_new(int count) {
    confab_send_batch *batch = calloc(1, sizeof *batch);
    batch->headers = calloc(count, sizeof *batch->headers);
    batch->slots = calloc(count, sizeof *batch->slots);
    batch->vectors = calloc(count, sizeof *batch->vectors);
    batch->peers = calloc(count, sizeof *batch->peers);
    batch->controls = calloc(count, sizeof *batch->controls);
    return batch;
}

void confab_send_batch_free(confab_send_batch *batch) {
    free(batch->headers);
    free(batch->slots);
    free(batch->vectors);
    free(batch->peers);
    free(batch->controls);
    free(batch);
}

void confab_send_batch_fill(confab_send_batch *batch, int slot, void *bytes, int length) {
    batch->slots[slot] = (struct iovec){bytes, length};
}

void confab_send_batch_set(
    confab_send_batch *batch, int index, const uint16_t *slots, int count, int segment, const confab_endpoint *peer,
    int v4) {
    if (index == 0) batch->used = 0;
    struct msghdr *header = &batch->headers[index].msg_hdr;
    header->msg_name = &batch->peers[index];
    header->msg_namelen = to_sockaddr(peer, v4, &batch->peers[index]);
    header->msg_iov = batch->vectors + batch->used;
    header->msg_iovlen = count;
    for (int i = 0; i < count; i++) batch->vectors[batch->used++] = batch->slots[slots[i]];
    if (count == 1) {
        header->msg_control = NULL;
        header->msg_controllen = 0;
        return;
    }
    header->msg_control = batch->controls[index].bytes;
    header->msg_controllen = sizeof batch->controls[index].bytes;
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    uint16_t size = (uint16_t)segment;
    memcpy(CMSG_DATA(control), &size, sizeof size);
}

int confab_send(confab_send_batch *batch, int socket, int first, int count) {
    int sent = sendmmsg(socket, batch->headers + first, count, 0);
    return sent < 0 ? -errno : sent;
}

// Local callers

int confab_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

unsigned confab_peer_user(int socket) {
    struct ucred peer = {0, ~0u, ~0u};
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : ~0u;
}

// Waiting

int confab_poller_open(int *wake_up) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) return -errno;
    *wake_up = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (*wake_up < 0) {
        int error = errno;
        close(poller);
        return -error;
    }
    confab_poller_add(poller, *wake_up);
    return poller;
}

void confab_poller_wake(int wake_up) { eventfd_write(wake_up, 1); }

void confab_poller_calm(int wake_up) {
    eventfd_t count;
    eventfd_read(wake_up, &count);
}

static void control(int poller, int operation, int descriptor, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = descriptor};
    epoll_ctl(poller, operation, descriptor, &event);
}

void confab_poller_add(int poller, int descriptor) { control(poller, EPOLL_CTL_ADD, descriptor, EPOLLIN); }

void confab_poller_change(int poller, int descriptor, int writable) {
    control(poller, EPOLL_CTL_MOD, descriptor, EPOLLIN | (writable ? EPOLLOUT : 0));
}

void confab_poller_remove(int poller, int descriptor) { control(poller, EPOLL_CTL_DEL, descriptor, 0); }

int confab_poller_wait(int poller, confab_ready *ready, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(poller, events, 64, milliseconds);
    for (int i = 0; i < count; i++) {
        int failed = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
        ready[i] = (confab_ready){
            events[i].data.fd, failed || (events[i].events & EPOLLIN), failed || (events[i].events & EPOLLOUT)};
    }
    return count < 0 ? 0 : count;
}
