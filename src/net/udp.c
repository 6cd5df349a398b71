/* SPDX-License-Identifier: MIT */
#include "net/udp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/errqueue.h>
#include <netinet/udp.h>
#endif

#include "base/system-error.h"
#include "iroh.h"

#if defined(__linux__)
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#endif

#define SOCKET_BUFFER (4 * 1024 * 1024)
#define CONTROL_SIZE 256
#define ECN_MASK 3

struct udp_buffers {
  uint8_t data[UDP_BATCH_MESSAGES][UDP_MESSAGE_MAX];
};

udp_buffers_t *udp_buffers_new(void) { return malloc(sizeof(udp_buffers_t)); }
void udp_buffers_free(udp_buffers_t *buffers) { free(buffers); }

/* ---- opening ------------------------------------------------------------------------------------- */

/* A child process must not inherit it: the port would stay taken as long as the child lives. */
static int new_socket(int family) {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  return socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  int fd = socket(family, SOCK_DGRAM, 0);
  if (fd >= 0) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
#endif
}

static void set_option(int fd, int level, int name, int value) {
  /* Every option here makes things better where it exists and is not missed where it does not. */
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void set_options(udp_socket_t *socket) {
  int fd = socket->fd;
  bool v6 = socket->bound.sa.sa_family == AF_INET6;
  set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
  if (v6) {
    set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  } else {
#if defined(IP_PKTINFO)
    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
#endif
    set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
  }
#if defined(__linux__)
  /* No fragments: path MTU discovery needs them to fail (RFC 8899). Nor does the kernel judge by what it has heard of a
   * path, which it believes for ten minutes, and which anybody may have said: only by the interface. */
  if (v6) {
    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  } else {
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    set_option(fd, IPPROTO_IP, IP_RECVERR, 1);
  }
  if (!socket->plain) {
    set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
    int value = 0;
    socket->gso = setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, sizeof value) == 0;
  }
#endif
}

static int code_of(int error) {
  switch (error) {
  case EADDRINUSE:
  case EADDRNOTAVAIL:
    return IROH_ERR_ADDRESS_IN_USE;
  case EAFNOSUPPORT:
    return IROH_ERR_UNSUPPORTED;
  default:
    return IROH_ERR_SYSTEM;
  }
}

static void on_poll(uv_poll_t *poll, int status, int events);

static int poll_start(udp_socket_t *socket) {
  int events = (socket->deaf ? 0 : UV_READABLE) | (socket->want_write ? UV_WRITABLE : 0);
  return uv_poll_start(&socket->poll, events, on_poll);
}

void udp_listen(udp_socket_t *socket, bool listen) {
  if (socket->closing) return;
  socket->deaf = !listen;
  poll_start(socket);
}

int udp_open(udp_socket_t *socket_, uv_loop_t *loop, const address_t *bind_to, bool plain,
             const udp_callbacks_t *callbacks, void *owner) {
  udp_socket_t *self = socket_;
  memset(self, 0, sizeof *self);
  self->callbacks = callbacks;
  self->owner = owner;
  self->plain = plain;
  self->bound = *bind_to;
  const char *call = NULL; /* the one that failed */
  int error = 0;
  self->fd = new_socket(bind_to->sa.sa_family);
  if (self->fd < 0) return system_refused(code_of(errno), errno, "socket", bind_to);
  if (bind_to->sa.sa_family == AF_INET6) set_option(self->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_options(self);
  if (bind(self->fd, &bind_to->sa, bind_to->len) != 0) {
    call = "bind";
    error = errno;
    goto fail;
  }
  self->bound.len = sizeof self->bound.in6;
  if (getsockname(self->fd, &self->bound.sa, &self->bound.len) != 0) {
    call = "getsockname";
    error = errno;
    goto fail;
  }
  error = uv_poll_init(loop, &self->poll, self->fd);
  if (error != 0) {
    call = "uv_poll_init";
    goto fail;
  }
  self->poll.data = self;
  /* It cannot fail on a handle that was just made. */
  (void)poll_start(self);
  return 0;
fail:
  close(self->fd);
  self->fd = -1;
  return system_refused(code_of(error), error, call, bind_to);
}

static void on_closed(uv_handle_t *handle) {
  udp_socket_t *self = handle->data;
  close(self->fd);
  self->fd = -1;
  self->callbacks->closed(self);
}

void udp_close(udp_socket_t *self) {
  if (self->closing) return;
  self->closing = true;
  uv_poll_stop(&self->poll);
  uv_close((uv_handle_t *)&self->poll, on_closed);
}

void udp_ref(udp_socket_t *self, bool ref) {
  if (ref)
    uv_ref((uv_handle_t *)&self->poll);
  else
    uv_unref((uv_handle_t *)&self->poll);
}

/* ---- the kernel's error queue -------------------------------------------------------------------- */

#if defined(__linux__)
/* What the kernel makes of ICMP and ICMPv6 messages that say: what was sent there has not arrived (icmp_err_convert and
 * icmpv6_err_convert of Linux). */
static bool is_unreachable(int error) {
  switch (error) {
  case ECONNREFUSED: /* port unreachable */
  case EHOSTUNREACH: /* host unreachable or prohibited; packet filtered; hop limit exceeded */
  case ENETUNREACH:  /* network unreachable, unknown or prohibited; no route */
  case EACCES:       /* ICMPv6: administratively prohibited */
  case EHOSTDOWN:    /* host unknown */
  case ENONET:       /* source host isolated */
  case ENOPROTOOPT:  /* protocol unreachable */
    return true;
  default:
    return false;
  }
}

static void drain_errors(udp_socket_t *self) {
  for (int i = 0; i < 64; i++) {
    char control[CONTROL_SIZE] __attribute__((aligned(8))), payload[1];
    address_t remote = {.len = sizeof remote.in6};
    struct iovec iov = {payload, sizeof payload};
    struct msghdr msg = {.msg_name = &remote.sa,
                         .msg_namelen = sizeof remote.in6,
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof control};
    if (recvmsg(self->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    remote.len = msg.msg_namelen;
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg != NULL; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
      bool is_error = (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR) ||
                      (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR);
      struct sock_extended_err error;
      if (!is_error) continue;
      memcpy(&error, CMSG_DATA(cmsg), sizeof error);
      bool by_host = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
      if (by_host && is_unreachable((int)error.ee_errno))
        self->callbacks->unreachable(self, &remote, (int)error.ee_errno);
    }
  }
}
#else
static void drain_errors(udp_socket_t *self) { (void)self; }
#endif

static void on_poll(uv_poll_t *poll, int status, int events) {
  udp_socket_t *self = poll->data;
  if (status < 0) {
    /* libuv reports a pending socket error so, and stops polling. */
    drain_errors(self);
    if (!self->closing) poll_start(self);
    events = UV_READABLE;
  }
  if (!self->closing && (events & UV_WRITABLE)) {
    self->want_write = false;
    poll_start(self);
    self->callbacks->writable(self);
  }
  if (!self->closing && (events & UV_READABLE)) self->callbacks->readable(self);
}

/* Whether a call that has failed is to be made again: it was interrupted, or it told the error of an earlier send (ICMP),
 * which the kernel tells once, and may have nothing to do with this one. */
static bool is_worth_repeating(bool *repeated) {
  if (errno == EINTR) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK || *repeated) return false;
  *repeated = true;
  return true;
}

static bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/* ---- receiving ----------------------------------------------------------------------------------- */

static void read_control(const udp_socket_t *self, struct msghdr *msg, udp_message_t *out) {
  out->local = self->bound;
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
    const unsigned char *data = CMSG_DATA(cmsg);
    if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_TOS) {
      out->ecn = data[0] & ECN_MASK;
    } else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_TCLASS) {
      int tclass;
      memcpy(&tclass, data, sizeof tclass);
      out->ecn = (uint8_t)(tclass & ECN_MASK);
#if defined(IP_PKTINFO)
    } else if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, data, sizeof info);
      out->local.in.sin_addr = info.ipi_addr;
#endif
    } else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, data, sizeof info);
      out->local.in6.sin6_addr = info.ipi6_addr;
#if defined(__linux__)
    } else if (cmsg->cmsg_level == IPPROTO_UDP && cmsg->cmsg_type == UDP_GRO) {
      int segment;
      memcpy(&segment, data, sizeof segment);
      if (segment > 0) out->segment = (size_t)segment;
#endif
    }
  }
}

static void finish_message(const udp_socket_t *self, struct msghdr *msg, const uint8_t *data, size_t len,
                           udp_message_t *out) {
  out->data = data;
  out->len = out->segment = len;
  out->ecn = 0;
  out->remote.len = msg->msg_namelen;
  read_control(self, msg, out);
}

static void prepare_message(struct msghdr *msg, struct iovec *iov, udp_message_t *out, void *control) {
  *msg = (struct msghdr){.msg_name = &out->remote.sa,
                         .msg_namelen = sizeof out->remote.in6,
                         .msg_iov = iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = CONTROL_SIZE};
}

size_t udp_recv(udp_socket_t *self, udp_buffers_t *buffers, udp_message_t *out) {
  char control[UDP_BATCH_MESSAGES][CONTROL_SIZE] __attribute__((aligned(8)));
  struct iovec iovs[UDP_BATCH_MESSAGES];
  for (size_t i = 0; i < UDP_BATCH_MESSAGES; i++) iovs[i] = (struct iovec){buffers->data[i], UDP_MESSAGE_MAX};
  bool repeated = false;
  self->error = 0;
  if (self->closing) return 0;

#if defined(__linux__)
  if (!self->plain) {
    struct mmsghdr msgs[UDP_BATCH_MESSAGES] = {0};
    for (size_t i = 0; i < UDP_BATCH_MESSAGES; i++) prepare_message(&msgs[i].msg_hdr, &iovs[i], &out[i], control[i]);
    int n;
    do {
      self->recv_calls++;
      n = recvmmsg(self->fd, msgs, UDP_BATCH_MESSAGES, MSG_DONTWAIT, NULL);
    } while (n < 0 && is_worth_repeating(&repeated));
    if (n < 0 && !would_block(errno)) self->error = errno;
    for (int i = 0; i < n; i++) finish_message(self, &msgs[i].msg_hdr, buffers->data[i], msgs[i].msg_len, &out[i]);
    return n > 0 ? (size_t)n : 0;
  }
#endif
  size_t count = 0;
  while (count < UDP_BATCH_MESSAGES) {
    struct msghdr msg;
    prepare_message(&msg, &iovs[count], &out[count], control[count]);
    self->recv_calls++;
    ssize_t n = recvmsg(self->fd, &msg, MSG_DONTWAIT);
    if (n < 0 && is_worth_repeating(&repeated)) continue;
    if (n < 0 && !would_block(errno)) self->error = errno;
    if (n < 0) break;
    finish_message(self, &msg, buffers->data[count], (size_t)n, &out[count]);
    count++;
  }
  return count;
}

/* ---- sending ------------------------------------------------------------------------------------- */

static void add_control(struct msghdr *msg, int level, int type, const void *data, size_t len) {
  struct cmsghdr *cmsg = (struct cmsghdr *)(void *)((char *)msg->msg_control + msg->msg_controllen);
  cmsg->cmsg_level = level;
  cmsg->cmsg_type = type;
  cmsg->cmsg_len = CMSG_LEN(len);
  memcpy(CMSG_DATA(cmsg), data, len);
  msg->msg_controllen += CMSG_SPACE(len);
}

static void write_control(struct msghdr *msg, const address_t *remote, const address_t *local, uint8_t ecn,
                          size_t segment) {
  int tos = ecn;
  if (remote->sa.sa_family == AF_INET) {
    if (ecn != 0) add_control(msg, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
#if defined(IP_PKTINFO)
    if (!address_is_wildcard(local)) {
      struct in_pktinfo info = {.ipi_spec_dst = local->in.sin_addr};
      add_control(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
#endif
  } else {
    if (ecn != 0) add_control(msg, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
    if (!address_is_wildcard(local)) {
      struct in6_pktinfo info = {.ipi6_addr = local->in6.sin6_addr};
      add_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
  }
#if defined(__linux__)
  if (segment != 0) {
    uint16_t size = (uint16_t)segment;
    add_control(msg, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
  }
#else
  (void)segment;
#endif
}

/* One system call; `segment` 0: one datagram. Returns 0 or an errno. */
static int send_once(udp_socket_t *self, const address_t *remote, const address_t *local, uint8_t ecn,
                     const uint8_t *data, size_t len, size_t segment) {
  char control[CONTROL_SIZE] __attribute__((aligned(8))) = {0};
  struct iovec iov = {(void *)(uintptr_t)data, len};
  struct msghdr msg = {.msg_name = (void *)(uintptr_t)&remote->sa,
                       .msg_namelen = remote->len,
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control};
  write_control(&msg, remote, local, ecn, segment);
  if (msg.msg_controllen == 0) msg.msg_control = NULL;
  bool repeated = false;
  do {
    self->send_calls++;
    if (sendmsg(self->fd, &msg, MSG_DONTWAIT) >= 0) return 0;
  } while (is_worth_repeating(&repeated));
  return errno;
}

static udp_result_t block(udp_socket_t *self) {
  self->want_write = true;
  poll_start(self);
  return UDP_BLOCKED;
}

udp_result_t udp_send(udp_socket_t *self, const address_t *remote, const address_t *local, uint8_t ecn,
                      const uint8_t *data, size_t len, size_t segment) {
  self->error = self->closing ? EBADF : EAFNOSUPPORT;
  if (self->closing || remote->sa.sa_family != self->bound.sa.sa_family) return UDP_FAILED;
  bool in_one = self->gso && len > segment;
  if (in_one) {
    int error = send_once(self, remote, local, ecn, data, len, segment);
    if (error == 0) return UDP_SENT;
    if (would_block(error)) return block(self);
    self->error = error;
    if (error != EIO && error != EINVAL && error != EMSGSIZE) return UDP_FAILED;
  }
  /* A device without checksum offload, or a segment larger than its MTU, which kernels before 6.13 call EINVAL, too: one
   * by one. */
  udp_result_t result = UDP_SENT;
  for (size_t offset = 0; offset < len; offset += segment) {
    size_t size = len - offset < segment ? len - offset : segment;
    int error = send_once(self, remote, local, ecn, data + offset, size, 0);
    /* Those already sent are sent again with the rest: QUIC drops duplicates. */
    if (would_block(error)) return block(self);
    if (error == 0) continue;
    self->error = error;
    if (error == EMSGSIZE) return UDP_TOO_LARGE;
    result = UDP_FAILED;
  }
  if (in_one && result == UDP_SENT) self->gso = false;
  return result;
}

address_t udp_source_address(const udp_socket_t *self, const address_t *remote) {
  address_t local = self->bound;
  if (!address_is_wildcard(&self->bound)) return local;
  int fd = new_socket(remote->sa.sa_family);
  if (fd < 0) return local;
  address_t found = {.len = 0};
  socklen_t len = sizeof found.in6;
  if (connect(fd, &remote->sa, remote->len) == 0 && getsockname(fd, &found.sa, &len) == 0) {
    found.len = len;
    if (found.sa.sa_family == AF_INET)
      found.in.sin_port = self->bound.in.sin_port;
    else
      found.in6.sin6_port = self->bound.in6.sin6_port;
    local = found;
  }
  close(fd);
  return local;
}
