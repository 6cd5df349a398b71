/* SPDX-License-Identifier: MIT
 * Packets out: every changed connection writes what it has, equal packets leave in one system call. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/dial.h"
#include "endpoint/internal.h"

/* What one connection may write before the others have their turn. */
#define BURST_MAX (1024 * 1024)

/* Packets of one size on one path, at the front of the endpoint's send buffer. */
typedef struct {
  quic_path_t path;
  uint8_t ecn;
  size_t len, segment, count;
} batch_t;

static void note_events(conn_t *conn) {
  if (conn->dial == NULL && !list_is_linked(&conn->eventful_node) && quic_conn_has_events(conn->quic))
    list_push_back(&conn->ep->eventful, &conn->eventful_node);
}

void endpoint_changed(conn_t *conn) {
  note_events(conn);
  if (!list_is_linked(&conn->dirty_node) && !list_is_linked(&conn->blocked_node))
    list_push_back(&conn->ep->dirty, &conn->dirty_node);
}

static void count_sent(iroh_endpoint_t *ep, const batch_t *batch) {
  ep->metrics.datagrams_sent += batch->count;
  ep->metrics.bytes_sent += batch->len;
}

static void keep_pending(socket_t *socket, const batch_t *batch, const address_t *remote, const address_t *local,
                         const uint8_t *data) {
  pending_batch_t *pending = &socket->pending;
  if (pending->len != 0) return; /* lost, as the network loses datagrams */
  if (pending->data == NULL) pending->data = malloc(TX_BUFFER_SIZE);
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
  candidate_t *candidate = conn->dial != NULL && trouble_is_lasting(error) ? paths_candidate_of(conn, remote) : NULL;
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
  socket_t *socket = endpoint_live_socket(ep, route);
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
static bool send_unproved(conn_t *conn, const attempt_t *attempt, const batch_t *batch, const uint8_t *data) {
  bool sent = true;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (dial_sends_to(conn, attempt, i)) sent = send_to(conn, batch, &conn->candidates[i].path, data, false) && sent;
  return sent;
}

/* `attempt`: of a dial; NULL: the connection's own. */
static bool send_batch(conn_t *conn, const attempt_t *attempt, const batch_t *batch, const uint8_t *data) {
  if (attempt != NULL) return send_unproved(conn, attempt, batch, data);
  if (stall_is_mute(conn)) return true;
  /* Those who dialled us expect answers from the address they dialled. Where we dial, the kernel knows best. */
  return send_to(conn, batch, conn_route(conn, &batch->path), data, quic_conn_is_server(conn->quic));
}

static bool same_batch(const batch_t *batch, const quic_path_t *path, uint8_t ecn, size_t n) {
  return n <= batch->segment && ecn == batch->ecn && batch->count < UDP_SEGMENTS_MAX &&
         batch->len + n <= UDP_BATCH_BYTES && path->socket == batch->path.socket &&
         address_equal(&path->remote, &batch->path.remote) && address_equal(&path->local, &batch->path.local);
}

/* Writes until the connection has no more, the burst is over, or the socket is full. False: the latter. */
static bool write_burst(conn_t *conn, const attempt_t *attempt, uint64_t now, size_t *written) {
  uint8_t *buf = conn->ep->tx;
  quic_conn_t *quic = attempt != NULL ? attempt->quic : conn->quic;
  batch_t batch = {.len = 0};
  while (*written < BURST_MAX) {
    quic_path_t path;
    uint8_t ecn;
    size_t n = quic_conn_write(quic, buf + batch.len, QUIC_MAX_UDP_PAYLOAD, &path, &ecn, now);
    if (n == 0) break;
    *written += n;
    if (batch.len > 0 && !same_batch(&batch, &path, ecn, n)) {
      bool sent = send_batch(conn, attempt, &batch, buf);
      memmove(buf, buf + batch.len, n);
      batch.len = 0;
      if (!sent) {
        batch = (batch_t){.path = path, .ecn = ecn, .len = n, .segment = n, .count = 1};
        send_batch(conn, attempt, &batch, buf);
        return false;
      }
    }
    if (batch.len == 0) batch = (batch_t){.path = path, .ecn = ecn, .segment = n};
    batch.len += n;
    batch.count++;
    if (n < batch.segment) {
      if (!send_batch(conn, attempt, &batch, buf)) return false;
      batch.len = batch.count = 0;
    }
  }
  return batch.len == 0 || send_batch(conn, attempt, &batch, buf);
}

bool endpoint_write_attempt(conn_t *conn, const attempt_t *attempt, uint64_t now, size_t *written) {
  return write_burst(conn, attempt, now, written);
}

static void set_timer(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  uint64_t deadline = conn_deadline(conn);
  if (deadline == QUIC_NEVER)
    heap_remove(&ep->timers, &conn->timer);
  else if (heap_set(&ep->timers, &conn->timer, deadline) != 0)
    quic_conn_drop(conn->quic, IROH_ERR_NO_MEMORY);
}

static bool is_full(conn_t *conn, const quic_path_t *route) {
  const socket_t *socket = address_is_made_up(&route->remote) ? NULL : endpoint_live_socket(conn->ep, route);
  return socket != NULL && socket->pending.len > 0;
}

/* Whether the connection's socket still holds a batch that it would not send: what is written now would be lost. */
static bool is_blocked(conn_t *conn) {
  if (list_empty(&conn->ep->blocked)) return false;
  if (conn->dial != NULL) {
    for (size_t i = 0; i < conn->candidate_count; i++)
      if (is_full(conn, &conn->candidates[i].path)) return true;
    return false;
  }
  quic_path_t path;
  quic_conn_path(conn->quic, &path);
  return is_full(conn, conn_route(conn, &path));
}

static bool write_conn(conn_t *conn, uint64_t now, size_t *written) {
  if (conn->dial != NULL) return dial_write(conn, now, written);
  bool sent = write_burst(conn, NULL, now, written);
  if (*written > 0) {
    quic_conn_wrote(conn->quic, now);
    paths_sent(conn, now);
  }
  return sent;
}

static void flush_conn(conn_t *conn, uint64_t now) {
  iroh_endpoint_t *ep = conn->ep;
  size_t written = 0;
  bool sent = !is_blocked(conn) && write_conn(conn, now, &written);
  if (!sent) {
    list_remove(&conn->dirty_node); /* where its dial may have put it */
    list_push_back(&ep->blocked, &conn->blocked_node);
  } else if (written >= BURST_MAX) {
    list_push_back(&ep->dirty, &conn->dirty_node);
  }
  set_timer(conn);
  note_events(conn);
  if (quic_conn_state(conn->quic) == QUIC_GONE && conn->handle == 0) conn_free(conn);
}

void endpoint_flush(iroh_endpoint_t *ep) {
  uint64_t now = uv_hrtime();
  /* Those put back for another burst wait for the next turn. */
  list_node_t *last = ep->dirty.head.prev;
  if (!list_empty(&ep->dirty)) {
    list_node_t *node;
    do {
      node = list_pop_front(&ep->dirty);
      flush_conn(container_of(node, conn_t, dirty_node), now);
    } while (node != last && !list_empty(&ep->dirty));
  }
  endpoint_arm(ep);
}

void endpoint_flush_early(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  if (ep->reading || list_is_linked(&conn->blocked_node)) return;
  list_remove(&conn->dirty_node);
  flush_conn(conn, uv_hrtime());
  endpoint_arm(ep);
}

void endpoint_wake_blocked(iroh_endpoint_t *ep) {
  list_node_t *node;
  while ((node = list_pop_front(&ep->blocked)) != NULL) endpoint_changed(container_of(node, conn_t, blocked_node));
}

void endpoint_writable(socket_t *socket) {
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
  endpoint_wake_blocked(ep);
}
