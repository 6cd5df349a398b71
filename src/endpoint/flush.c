/* SPDX-License-Identifier: MIT
 * Every changed connection writes what it has. */
#include "endpoint/flush.h"

#include "endpoint/conn.h"
#include "endpoint/dial.h"
#include "endpoint/paths.h"
#include "endpoint/route.h"
#include "endpoint/send.h"
#include "endpoint/sockets.h"
#include "endpoint/turn.h"

static void set_timer(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  uint64_t deadline = conn_deadline(conn);
  if (deadline == QUIC_NEVER)
    heap_remove(&ep->timers, &conn->timer);
  else if (heap_set(&ep->timers, &conn->timer, deadline) != 0)
    quic_conn_drop(conn->quic, IROH_ERR_NO_MEMORY);
}

static bool is_full(conn_t *conn, const quic_path_t *route) {
  const socket_t *socket = address_is_made_up(&route->remote) ? NULL : sockets_live(conn->ep, route);
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
  quic_path_t path = route_now(conn);
  return is_full(conn, &path);
}

static bool write_conn(conn_t *conn, uint64_t now, size_t *written) {
  if (conn->dial != NULL) return dial_write(conn, now, written);
  bool sent = send_packets(conn, now, written);
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
  } else if (written >= SEND_BURST_MAX) {
    list_push_back(&ep->dirty, &conn->dirty_node);
  }
  set_timer(conn);
  turn_mark_events(conn);
  if (quic_conn_state(conn->quic) == QUIC_GONE && conn->handle == 0) conn_free(conn);
}

void flush_all(iroh_endpoint_t *ep) {
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
}

void flush_early(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  if (ep->reading || list_is_linked(&conn->blocked_node)) return;
  list_remove(&conn->dirty_node);
  flush_conn(conn, uv_hrtime());
  const heap_node_t *first = heap_top(&ep->timers);
  if (first != NULL) turn_at(ep, first->key);
}
