#pragma once

// usrsctp without threads over AF_CONN: packets come and go through calls and callbacks, timers through
// usrsctp_handle_timers.

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <usrsctp.h>

// The one lock around the library

static inline pthread_mutex_t *confab_lock_new(void) {
    pthread_mutex_t *lock = (pthread_mutex_t *)malloc(sizeof *lock);
    if (lock && pthread_mutex_init(lock, NULL) != 0) { free(lock); return NULL; }
    return lock;
}

static inline void confab_lock(pthread_mutex_t *lock) { pthread_mutex_lock(lock); }
static inline void confab_unlock(pthread_mutex_t *lock) { pthread_mutex_unlock(lock); }

// The stack

typedef int (*confab_sctp_output)(void *address, void *bytes, size_t count, uint8_t tos, uint8_t set_df);

/// Starts the library without threads and switches off what WebRTC does not use (RFC 8831 §5).
static inline void confab_sctp_start(confab_sctp_output output) {
    usrsctp_init_nothreads(0, output, NULL);
    usrsctp_sysctl_set_sctp_blackhole(2);  // no ABORT for packets of unknown associations
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
}

// One association

typedef int (*confab_sctp_received)(
    struct socket *socket, union sctp_sockstore address, void *bytes, size_t count, struct sctp_rcvinfo info, int flags,
    void *context);

struct confab_sctp_options {
    int buffer_size;
    uint16_t outgoing_streams;
    uint16_t incoming_streams;
    uint32_t initial_rto_ms;
    uint32_t min_rto_ms;
    uint32_t max_rto_ms;
};

static inline int confab_sctp_subscribe(struct socket *socket, uint16_t type) {
    struct sctp_event event = {.se_assoc_id = SCTP_ALL_ASSOC, .se_type = type, .se_on = 1};
    return usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
}

static inline int confab_sctp_set_flag(struct socket *socket, int option, uint32_t value) {
    return usrsctp_setsockopt(socket, IPPROTO_SCTP, option, &value, sizeof value);
}

/// Options that must be there before the association starts. 0 on success.
static inline int confab_sctp_configure(struct socket *socket, const struct confab_sctp_options *options) {
    struct linger abort_on_close = {.l_onoff = 1, .l_linger = 0};
    struct sctp_initmsg init = {
        .sinit_num_ostreams = options->outgoing_streams, .sinit_max_instreams = options->incoming_streams};
    struct sctp_rtoinfo rto = {
        .srto_initial = options->initial_rto_ms, .srto_min = options->min_rto_ms, .srto_max = options->max_rto_ms};
    struct sctp_assoc_value reset = {.assoc_id = SCTP_ALL_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
    int size = options->buffer_size;
    return usrsctp_set_non_blocking(socket, 1)
        || usrsctp_setsockopt(socket, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof abort_on_close)
        || usrsctp_setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size)
        || usrsctp_setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size)
        || usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init)
        || usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto)
        || usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &reset, sizeof reset)
        || confab_sctp_set_flag(socket, SCTP_NODELAY, 1)
        || confab_sctp_set_flag(socket, SCTP_FRAGMENT_INTERLEAVE, 0)
        || confab_sctp_subscribe(socket, SCTP_ASSOC_CHANGE)
        || confab_sctp_subscribe(socket, SCTP_PARTIAL_DELIVERY_EVENT)
        || confab_sctp_subscribe(socket, SCTP_STREAM_RESET_EVENT);
}

static inline struct sockaddr_conn confab_sctp_address(void *identity, uint16_t port) {
    struct sockaddr_conn address;
    memset(&address, 0, sizeof address);
    address.sconn_family = AF_CONN;
    address.sconn_port = htons(port);
    address.sconn_addr = identity;
    return address;
}

/// A configured socket bound to `identity` and `port`, or NULL.
static inline struct socket *confab_sctp_open(
    void *identity, uint16_t port, confab_sctp_received received, const struct confab_sctp_options *options) {
    struct socket *socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, received, NULL, 0, identity);
    if (!socket) return NULL;
    struct sockaddr_conn address = confab_sctp_address(identity, port);
    if (confab_sctp_configure(socket, options) != 0
        || usrsctp_bind(socket, (struct sockaddr *)&address, sizeof address) != 0) {
        usrsctp_close(socket);
        return NULL;
    }
    return socket;
}

/// Starts the association (does not wait for it), with a fixed path MTU: there is no ICMP inside DTLS. 0 on success.
static inline int confab_sctp_connect(struct socket *socket, void *identity, uint16_t port, uint32_t mtu) {
    struct sockaddr_conn address = confab_sctp_address(identity, port);
    if (usrsctp_connect(socket, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) return -1;
    struct sctp_paddrparams path;
    memset(&path, 0, sizeof path);
    memcpy(&path.spp_address, &address, sizeof address);
    path.spp_flags = SPP_PMTUD_DISABLE;
    path.spp_pathmtu = mtu;
    return usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

enum confab_sctp_sent { CONFAB_SCTP_SENT, CONFAB_SCTP_BLOCKED, CONFAB_SCTP_REFUSED };

/// `retransmissions` below zero means as many as it takes (RFC 3758, RFC 7496 §3.2).
static inline enum confab_sctp_sent confab_sctp_send(
    struct socket *socket, const void *bytes, size_t count, uint16_t stream, uint32_t ppid, int ordered,
    int retransmissions) {
    struct sctp_sendv_spa info;
    memset(&info, 0, sizeof info);
    info.sendv_flags = SCTP_SEND_SNDINFO_VALID;
    info.sendv_sndinfo.snd_sid = stream;
    info.sendv_sndinfo.snd_ppid = htonl(ppid);
    info.sendv_sndinfo.snd_flags = ordered ? 0 : SCTP_UNORDERED;
    if (retransmissions >= 0) {
        info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
        info.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
        info.sendv_prinfo.pr_value = (uint32_t)retransmissions;
    }
    ssize_t sent = usrsctp_sendv(socket, bytes, count, NULL, 0, &info, sizeof info, SCTP_SENDV_SPA, 0);
    if (sent >= 0) return CONFAB_SCTP_SENT;
    return errno == EWOULDBLOCK || errno == ENOBUFS ? CONFAB_SCTP_BLOCKED : CONFAB_SCTP_REFUSED;
}

/// Ends the outgoing stream. A request that is under way already, or a peer that cannot do it, makes this do nothing.
static inline void confab_sctp_reset_stream(struct socket *socket, uint16_t stream) {
    union {
        struct sctp_reset_streams request;
        char bytes[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)];
    } storage;
    memset(&storage, 0, sizeof storage);
    storage.request.srs_flags = SCTP_STREAM_RESET_OUTGOING;
    storage.request.srs_number_streams = 1;
    storage.request.srs_stream_list[0] = stream;
    usrsctp_setsockopt(
        socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, &storage, sizeof(struct sctp_reset_streams) + sizeof(uint16_t));
}

static inline uint32_t confab_ntohl(uint32_t value) { return ntohl(value); }
static inline void confab_free(void *memory) { free(memory); }
