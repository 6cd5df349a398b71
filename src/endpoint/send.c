/* SPDX-License-Identifier: MIT
 * Packets out: equal packets of a connection leave in one system call. */
#include "endpoint/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/relay.h"
#include "endpoint/route.h"
#include "endpoint/sockets.h"
#include "endpoint/stall.h"
#include "endpoint/targets.h"
#include "endpoint/trouble.h"
#include "endpoint/turn.h"

/* Packets of one size on one path, at the front of the endpoint's send buffer. */
typedef struct {
  quic_path_t path;
  uint8_t ecn;
  size_t len, segment, count;
} batch_t;

static void count_sent(iroh_endpoint_t *ep, const batch_t *batch) {
  ep->metrics.datagrams_sent += batch->count;
  ep->metrics.bytes_sent += batch->len;
}

static void keep_pending(socket_t *socket, const batch_t *batch, const address_t *remote, const address_t *local,
                         const uint8_t *data) {
  pending_batch_t *pending = &socket->pending;
  if (pending->len != 0) return; /* lost, as the network loses datagrams */
  if (pending->data == NULL) pending->data = malloc(SEND_BUFFER_SIZE);
  if (pending->data == NULL) return;
  memcpy(pending->data, data, batch->len);
  pending->len = batch->len;
  pending->segment = batch->segment;
  pending->ecn = batch->ecn;
  pending->remote = *remote;
  pending->local = *local;
}

/* The system refused a datagram. */
static void note_refusal(conn_t *conn, const socket_t *socket, const address_t *remote) {
  int error = socket->udp.error;
  trouble_of_send(conn->ep, &socket->udp, remote);
  trouble_note(conn, error, "sendmsg", remote);
  candidate_t *candidate = conn->dial != NULL && trouble_is_lasting(error) ? route_candidate(conn, remote) : NULL;
  if (candidate != NULL) candidate->unreachable = true;
}

/* Of the path in use only: one that is tried gets no larger ones anyway. */
static void note_too_large(conn_t *conn, const batch_t *batch) {
  quic_path_t path;
  quic_conn_path(conn->quic, &path);
  if (address_equal(&path.remote, &batch->path.remote) && address_equal(&path.local, &batch->path.local))
    quic_conn_too_large(conn->quic, batch->segment);
}

/* False: the socket takes no more for now. */
static bool send_to(conn_t *conn, const batch_t *batch, const quic_path_t *route, const uint8_t *data,
                    bool from_local) {
  static const address_t any = {.len = 0};
  iroh_endpoint_t *ep = conn->ep;
  uint16_t relay;
  uint64_t number;
  if (relay_address_read(&route->remote, &relay, &number)) {
    const relay_peer_t *peer = map_get(&ep->relay_peers.by_number, number);
    if (peer != NULL)
      relay_peers_send(&ep->relay_peers, relay, peer->node_id, batch->ecn, data, batch->len, batch->segment);
    return true;
  }
  socket_t *socket = sockets_live(ep, route);
  if (socket == NULL || !targets_allow(conn, &route->remote, (unsigned)batch->count)) return true;
  const address_t *local = from_local ? &route->local : &any;
  udp_result_t result = UDP_BLOCKED;
  if (socket->pending.len == 0)
    result = udp_send(&socket->udp, &route->remote, local, batch->ecn, data, batch->len, batch->segment);
  if (result == UDP_FAILED) note_refusal(conn, socket, &route->remote);
  if (result == UDP_TOO_LARGE) ep->metrics.send_errors++;
  if (result == UDP_TOO_LARGE && conn->dial == NULL) note_too_large(conn, batch);
  if (result == UDP_SENT) count_sent(ep, batch);
  if (result == UDP_BLOCKED) keep_pending(socket, batch, &route->remote, local, data);
  return result != UDP_BLOCKED;
}

/* The one way of what a dial sends before the peer has proved itself. */
static bool send_unproved(conn_t *conn, uint64_t to, const batch_t *batch, const uint8_t *data) {
  bool sent = true;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (to >> i & 1) sent = send_to(conn, batch, &conn->candidates[i].path, data, false) && sent;
  return sent;
}

static bool send_batch(conn_t *conn, const uint64_t *to, const batch_t *batch, const uint8_t *data) {
  if (to != NULL) return send_unproved(conn, *to, batch, data);
  if (stall_is_mute(conn)) return true;
  /* Those who dialled us expect answers from the address they dialled. Where we dial, the kernel knows best. */
  return send_to(conn, batch, route_of(conn, &batch->path), data, quic_conn_is_server(conn->quic));
}

static bool same_batch(const batch_t *batch, const quic_path_t *path, uint8_t ecn, size_t n) {
  return n <= batch->segment && ecn == batch->ecn && batch->count < UDP_SEGMENTS_MAX &&
         batch->len + n <= UDP_BATCH_BYTES && path->socket == batch->path.socket &&
         address_equal(&path->remote, &batch->path.remote) && address_equal(&path->local, &batch->path.local);
}

/* Writes until the connection has no more, the burst is over, or the socket is full. False: the latter. */
static bool write_burst(conn_t *conn, quic_conn_t *quic, const uint64_t *to, uint64_t now, size_t *written) {
  uint8_t *buf = conn->ep->tx;
  batch_t batch = {.len = 0};
  while (*written < SEND_BURST_MAX) {
    quic_path_t path;
    uint8_t ecn;
    size_t n = quic_conn_write(quic, buf + batch.len, QUIC_MAX_UDP_PAYLOAD, &path, &ecn, now);
    if (n == 0) break;
    *written += n;
    if (batch.len > 0 && !same_batch(&batch, &path, ecn, n)) {
      bool sent = send_batch(conn, to, &batch, buf);
      memmove(buf, buf + batch.len, n);
      batch.len = 0;
      if (!sent) {
        batch = (batch_t){.path = path, .ecn = ecn, .len = n, .segment = n, .count = 1};
        send_batch(conn, to, &batch, buf);
        return false;
      }
    }
    if (batch.len == 0) batch = (batch_t){.path = path, .ecn = ecn, .segment = n};
    batch.len += n;
    batch.count++;
    if (n < batch.segment) {
      if (!send_batch(conn, to, &batch, buf)) return false;
      batch.len = batch.count = 0;
    }
  }
  return batch.len == 0 || send_batch(conn, to, &batch, buf);
}

bool send_attempt(conn_t *conn, quic_conn_t *quic, uint64_t to, uint64_t now, size_t *written) {
  return write_burst(conn, quic, &to, now, written);
}

bool send_packets(conn_t *conn, uint64_t now, size_t *written) {
  return write_burst(conn, conn->quic, NULL, now, written);
}

void send_pending(socket_t *socket) {
  iroh_endpoint_t *ep = socket->ep;
  pending_batch_t *pending = &socket->pending;
  if (pending->len > 0) {
    size_t len = pending->len;
    udp_result_t result =
        udp_send(&socket->udp, &pending->remote, &pending->local, pending->ecn, pending->data, len, pending->segment);
    if (result == UDP_BLOCKED) return;
    if (result == UDP_FAILED) trouble_of_send(ep, &socket->udp, &pending->remote);
    pending->len = 0;
    if (result == UDP_SENT) {
      ep->metrics.datagrams_sent += (len + pending->segment - 1) / pending->segment;
      ep->metrics.bytes_sent += len;
    }
  }
  turn_wake_blocked(ep);
}
