/* SPDX-License-Identifier: MIT
 * A path on which the peer is heard and nothing but keep-alives gets through to it, so that no timeout would ever end the
 * connection: it moves to the relay, or ends. docs/path-mtu.md. */
#include "endpoint/internal.h"

#define NS_PER_MS UINT64_C(1000000)
/* Only the dialler can move. The side that accepted calls it by the relay, for so long. */
#define CALL_EVERY (1000 * NS_PER_MS)
#define CALL_FOR (5000 * NS_PER_MS)

static bool has_relay(const conn_t *conn) {
  return !paths_wants_direct(conn) && (quic_conn_is_server(conn->quic) ? conn->peer != NULL : conn->knows_relay);
}

void stall_check(conn_t *conn, uint64_t now) {
  if (!quic_conn_is_stalled(conn->quic, now)) {
    conn->stalled_since = 0;
    return;
  }
  if (conn->stalled_since != 0 && now < conn->stall_check_at) return;
  if (conn->stalled_since == 0) conn->stalled_since = now;
  conn->stall_check_at = now + CALL_EVERY;
  if (!has_relay(conn) || now - conn->stalled_since >= CALL_FOR)
    quic_conn_give_up(conn->quic, now);
  else if (quic_conn_is_server(conn->quic))
    peer_start(conn->ep, conn->peer, now);
  else
    paths_fall_back(conn, now);
}

uint64_t stall_deadline(const conn_t *conn) { return conn->stalled_since != 0 ? conn->stall_check_at : QUIC_NEVER; }
