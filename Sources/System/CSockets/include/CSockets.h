#pragma once

// Sockets of the media server, and waiting for them: many datagrams with one system call, TCP, epoll. Swift sees neither
// mmsghdr's unions nor control messages, and the system's headers for these clash with those of other modules, so all of
// it stays behind these functions. Descriptors are non-blocking and close on exec.

#include <stddef.h>
#include <stdint.h>

/// 16 bytes, IPv4 mapped into IPv6; the port is in the host's byte order.
typedef struct {
    uint8_t ip[16];
    uint16_t port;
} confab_endpoint;

/// Binds a UDP socket. The descriptor, or a negated errno. `bound` tells the port.
int confab_udp_open(const confab_endpoint *local, int receive_bytes, int send_bytes, confab_endpoint *bound);

/// Listens for TCP connections. The descriptor, or a negated errno.
int confab_tcp_listen(const confab_endpoint *local);

/// The next connection, or a negated errno.
int confab_tcp_accept(int listener, confab_endpoint *peer);

/// Bytes read, 0 at the end, or a negated errno.
int confab_tcp_read(int socket, void *bytes, size_t count);

/// Bytes written, or a negated errno. Never raises SIGPIPE.
int confab_tcp_write(int socket, const void *bytes, size_t count);

void confab_close_socket(int socket);

/// Text to endpoint: 0 where it is an IPv4 or IPv6 address.
int confab_parse_address(const char *text, confab_endpoint *endpoint);

/// Room for `count` datagrams of up to `size` bytes that come with one call.
typedef struct confab_receive_batch confab_receive_batch;

confab_receive_batch *confab_receive_batch_new(int count, int size);
void confab_receive_batch_free(confab_receive_batch *batch);
/// How many came, or a negated errno.
int confab_receive(confab_receive_batch *batch, int socket);
void *confab_received_bytes(confab_receive_batch *batch, int index);
/// Longer datagrams than there is room for have the length 0.
int confab_received_length(const confab_receive_batch *batch, int index);
void confab_received_from(const confab_receive_batch *batch, int index, confab_endpoint *peer);

/// Up to `count` datagrams that go with one call.
typedef struct confab_send_batch confab_send_batch;

confab_send_batch *confab_send_batch_new(int count);
void confab_send_batch_free(confab_send_batch *batch);
/// Where the datagram in a slot lies.
void confab_send_batch_fill(confab_send_batch *batch, int slot, void *bytes, int length);
/// Makes message `index` of `count` consecutive entries of `slots`, which go to one peer. More than one need `segment`,
/// the length of each but the last, which may be shorter (UDP_SEGMENT). `v4` tells the family of the socket.
void confab_send_batch_set(
    confab_send_batch *batch, int index, const uint16_t *slots, int count, int segment, const confab_endpoint *peer,
    int v4);
/// How many of `first ..< first + count` were taken, or a negated errno that concerns the first.
int confab_send(confab_send_batch *batch, int socket, int first, int count);

// Local callers

/// A caller's socket that no child inherits, or -1.
int confab_accept(int listener);
/// The user that called, or the highest number there is.
unsigned confab_peer_user(int socket);

// Waiting

typedef struct {
    int descriptor;
    /// An error or a hang-up counts as both.
    int readable, writable;
} confab_ready;

/// The descriptor of an epoll instance and that of an eventfd which it watches, or a negated errno.
int confab_poller_open(int *wake_up);
void confab_poller_wake(int wake_up);
/// Forgets that it was woken.
void confab_poller_calm(int wake_up);
void confab_poller_add(int poller, int descriptor);
void confab_poller_change(int poller, int descriptor, int writable);
void confab_poller_remove(int poller, int descriptor);
/// How many of up to 64 are ready; 0 when `milliseconds` have passed (-1: never).
int confab_poller_wait(int poller, confab_ready *ready, int milliseconds);
