/* SPDX-License-Identifier: MIT
 * A UDP socket on a libuv loop: batches in (recvmmsg, UDP_GRO), batches out (sendmsg, UDP_SEGMENT), ECN marks, and the
 * local address a datagram came to. Where the kernel has none of it, one call a datagram. Knows nothing of QUIC. */
#ifndef IROH_NET_UDP_H
#define IROH_NET_UDP_H

#include <uv.h>

#include "base/address.h"

/* What one receive takes at most, and one send. */
#define UDP_BATCH_MESSAGES 8
#define UDP_MESSAGE_MAX 65536
#define UDP_SEGMENTS_MAX 64
#define UDP_BATCH_BYTES 65000

/* One message from one peer: one datagram, or several of `segment` bytes each (the last may be shorter). */
typedef struct {
  const uint8_t *data;
  size_t len, segment;
  address_t remote, local;
  uint8_t ecn;
} udp_message_t;

typedef struct udp_socket udp_socket_t;

typedef struct {
  /* There is something to receive. */
  void (*readable)(udp_socket_t *socket);
  /* A send that would have blocked may be tried again. */
  void (*writable)(udp_socket_t *socket);
  /* A host on the way says that what was sent to `remote` has not arrived (ICMP), as the errno that the kernel makes of
   * it. Anybody can send such a message. */
  void (*unreachable)(udp_socket_t *socket, const address_t *remote, int error);
  /* The socket is shut and may be freed. */
  void (*closed)(udp_socket_t *socket);
} udp_callbacks_t;

struct udp_socket {
  /* read-only */
  void *owner;
  address_t bound;
  uint64_t recv_calls, send_calls;
  int error; /* why udp_send gave UDP_FAILED, or udp_recv nothing: an errno; 0: there is nothing to receive */
  /* private */
  const udp_callbacks_t *callbacks;
  uv_poll_t poll;
  int fd;
  bool plain, gso, want_write, deaf, closing;
};

/* Memory for udp_recv, shared by the sockets of an endpoint. */
typedef struct udp_buffers udp_buffers_t;
udp_buffers_t *udp_buffers_new(void);
void udp_buffers_free(udp_buffers_t *buffers);

/* Binds and starts to listen for readability; no child process inherits it. On failure nothing is left open, the socket may
 * be freed, and base/system-error.h has what the system said. */
int udp_open(udp_socket_t *socket, uv_loop_t *loop, const address_t *bind, bool plain, const udp_callbacks_t *callbacks,
             void *owner);
/* `closed` follows. */
void udp_close(udp_socket_t *socket);
void udp_ref(udp_socket_t *socket, bool ref);
/* Whether `readable` is called: not for a while, when receiving fails. */
void udp_listen(udp_socket_t *socket, bool listen);
/* Fills up to UDP_BATCH_MESSAGES messages, valid until the next call with these buffers; 0 when there are none, or when the
 * system refuses to give them (`error`). */
size_t udp_recv(udp_socket_t *socket, udp_buffers_t *buffers, udp_message_t *out);

typedef enum { UDP_SENT, UDP_BLOCKED, UDP_FAILED, UDP_TOO_LARGE } udp_result_t;
/* Sends `len` bytes as datagrams of `segment` bytes (the last may be shorter). UDP_BLOCKED: keep them, `writable`
 * follows. UDP_FAILED: they are lost, as the network loses datagrams. UDP_TOO_LARGE: the same, since the interface takes
 * no datagrams of this size. `local`: the address to send from, if set. */
udp_result_t udp_send(udp_socket_t *socket, const address_t *remote, const address_t *local, uint8_t ecn,
                      const uint8_t *data, size_t len, size_t segment);
/* The address this host would send from towards `remote`, with the port of the socket. */
address_t udp_source_address(const udp_socket_t *socket, const address_t *remote);

#endif
