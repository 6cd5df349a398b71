/* SPDX-License-Identifier: MIT */
#include "net/netlink.h"

#include "base/system-error.h"
#include "iroh.h"

#if defined(__linux__)
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE 16384
/* Receives a turn takes at most. */
#define ROUNDS_PER_TURN 16
/* Of one turn, among NETLINK_ADDRESSES and NETLINK_ROUTES: some was lost. */
#define NETLINK_OVERRUN 4u
#define GROUPS (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)

/* IPv6 addresses that are not known to be unique yet (RFC 4862) come once more when they are. */
static bool is_tentative(const uint8_t *body, size_t len) {
  struct ifaddrmsg address;
  if (len < sizeof address) return true;
  memcpy(&address, body, sizeof address);
  return (address.ifa_flags & IFA_F_TENTATIVE) != 0;
}

static bool is_default_route(const uint8_t *body, size_t len) {
  struct rtmsg route;
  if (len < sizeof route) return false;
  memcpy(&route, body, sizeof route);
  return route.rtm_dst_len == 0 && route.rtm_type == RTN_UNICAST;
}

static unsigned read_message(unsigned type, const uint8_t *body, size_t len) {
  switch (type) {
  case RTM_NEWADDR:
    return is_tentative(body, len) ? 0 : NETLINK_ADDRESSES;
  case RTM_DELADDR:
  case RTM_NEWLINK:
  case RTM_DELLINK:
    return NETLINK_ADDRESSES;
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    return is_default_route(body, len) ? NETLINK_ROUTES : 0;
  default:
    return 0;
  }
}

unsigned netlink_read(const uint8_t *data, size_t len) {
  unsigned what = 0;
  struct nlmsghdr header;
  while (len >= sizeof header) {
    memcpy(&header, data, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > len) break;
    what |= read_message(header.nlmsg_type, data + sizeof header, header.nlmsg_len - sizeof header);
    size_t step = NLMSG_ALIGN((size_t)header.nlmsg_len);
    if (step >= len) break;
    data += step;
    len -= step;
  }
  return what;
}

/* One receive: 1; 0: there is nothing more; or the errno, negative. */
static int receive(netlink_t *self, unsigned *what) {
  uint8_t buffer[BUFFER_SIZE];
  struct sockaddr_nl from;
  socklen_t from_len = sizeof from;
  ssize_t n = recvfrom(self->fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &from_len);
  if (n < 0 && errno == ENOBUFS && (*what & NETLINK_OVERRUN) == 0) {
    /* So much happened that some was lost. The kernel says so once. */
    *what |= NETLINK_ADDRESSES | NETLINK_ROUTES | NETLINK_OVERRUN;
    return 1;
  }
  if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
  if (n == 0) return 0;
  /* Other programs may write to us; the kernel is 0. */
  if (from_len == sizeof from && from.nl_pid == 0) *what |= netlink_read(buffer, (size_t)n);
  return 1;
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  netlink_t *self = poll->data;
  unsigned what = 0;
  (void)events;
  /* libuv reports what was lost (ENOBUFS) so, and stops polling. */
  if (status < 0) (void)uv_poll_start(poll, UV_READABLE, on_poll);
  int rv = 1;
  for (int round = 0; round < ROUNDS_PER_TURN && rv > 0; round++) rv = receive(self, &what);
  what &= NETLINK_ADDRESSES | NETLINK_ROUTES;
  if (what != 0) self->callbacks->changed(self, what);
  if (rv >= 0) return;
  (void)uv_poll_stop(poll);
  self->callbacks->failed(self, -rv);
}

int netlink_open(netlink_t *netlink, uv_loop_t *loop, const netlink_callbacks_t *callbacks, void *owner) {
  struct sockaddr_nl groups = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
  netlink->owner = owner;
  netlink->callbacks = callbacks;
  netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (netlink->fd < 0) return system_refused(IROH_ERR_SYSTEM, errno, "socket(AF_NETLINK)", NULL);
  int rv = 0;
  if (bind(netlink->fd, (struct sockaddr *)&groups, sizeof groups) != 0)
    rv = system_refused(IROH_ERR_SYSTEM, errno, "bind(AF_NETLINK)", NULL);
  int uv = rv == 0 ? uv_poll_init(loop, &netlink->poll, netlink->fd) : 0;
  if (uv != 0) rv = system_refused(IROH_ERR_SYSTEM, uv, "uv_poll_init", NULL);
  if (rv != 0) {
    close(netlink->fd);
    return rv;
  }
  netlink->poll.data = netlink;
  uv_unref((uv_handle_t *)&netlink->poll);
  /* It cannot fail on a handle that was just made. */
  (void)uv_poll_start(&netlink->poll, UV_READABLE, on_poll);
  return 0;
}

static void on_closed(uv_handle_t *handle) {
  netlink_t *self = handle->data;
  close(self->fd);
  self->callbacks->closed(self);
}

void netlink_close(netlink_t *netlink) { uv_close((uv_handle_t *)&netlink->poll, on_closed); }

#else

unsigned netlink_read(const uint8_t *data, size_t len) {
  (void)data, (void)len;
  return 0;
}

int netlink_open(netlink_t *netlink, uv_loop_t *loop, const netlink_callbacks_t *callbacks, void *owner) {
  (void)netlink, (void)loop, (void)callbacks, (void)owner;
  return IROH_ERR_UNSUPPORTED;
}

void netlink_close(netlink_t *netlink) { (void)netlink; }

#endif
