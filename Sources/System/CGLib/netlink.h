#pragma once
#include <glib/gstdio.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

// A socket on which the kernel tells of changes to interfaces, addresses and routes (rtnetlink(7)); -1 where it will not.
static inline int confab_open_network_news(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -1;
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
    };
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    g_close(fd, NULL);
    return -1;
}

static const int confab_link_changed = 1, confab_address_changed = 2, confab_default_route_changed = 4;

// Whether an interface with these flags (netdevice(7)) leads anywhere outside of this machine.
static inline int confab_leads_outside(unsigned flags) {
    return (flags & (IFF_UP | IFF_RUNNING | IFF_LOOPBACK)) == (IFF_UP | IFF_RUNNING);
}

// Reads all that the kernel has told, and answers what it was about.
static inline int confab_read_network_news(int fd) {
    _Alignas(struct nlmsghdr) char buffer[8192];
    int news = 0;
    for (;;) {
        ssize_t count = recv(fd, buffer, sizeof buffer, 0);
        if (count <= 0) return news;
        int left = (int)count;
        for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
            switch (message->nlmsg_type) {
            case RTM_NEWLINK: case RTM_DELLINK: news |= confab_link_changed; break;
            case RTM_NEWADDR: case RTM_DELADDR: news |= confab_address_changed; break;
            case RTM_NEWROUTE: case RTM_DELROUTE: {
                const struct rtmsg *route = (const struct rtmsg *)NLMSG_DATA(message);
                if (route->rtm_dst_len == 0 && route->rtm_table == RT_TABLE_MAIN) news |= confab_default_route_changed;
                break;
            }
            }
        }
    }
}
