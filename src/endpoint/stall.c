/* SPDX-License-Identifier: MIT
 * A path on which the peer is heard and nothing but keep-alives gets through to it, so that no timeout would ever end the
 * connection: it moves to the relay, or ends. docs/design/path-mtu.md. */
#include "endpoint/stall.h"

#include "endpoint/paths.h"
#include "endpoint/peer.h"
#include "endpoint/route.h"

#define NS_PER_MS UINT64_C(1000000)
#define CHECK_EVERY (1000 * NS_PER_MS)
/* A dialler tries to move for so long. */
#define MOVE_FOR (3000 * NS_PER_MS)
/* Only the dialler can move, and sees no fault. The side that accepted falls silent for so long, as a dead path does, so
 * that any dialler leaves it; one that it can call by a relay does so at once. Longer than between keep-alives. */
#define MUTE_FOR (8000 * NS_PER_MS)

static uint64_t patience(const conn_t *conn) {
  if (route_wants_direct(conn)) return 0;
  if (quic_conn_is_server(conn->quic)) return MUTE_FOR;
  return conn->knows_relay ? MOVE_FOR : 0;
}

void stall_check(conn_t *conn, uint64_t now) {
  if (!quic_conn_is_stalled(conn->quic, now)) {
    conn->stalled_since = 0;
    return;
  }
  if (conn->stalled_since != 0 && now < conn->stall_check_at) return;
  if (conn->stalled_since == 0) conn->stalled_since = now;
  conn->stall_check_at = now + CHECK_EVERY;
  if (now - conn->stalled_since >= patience(conn)) {
    conn->stalled_since = 0;
    quic_conn_give_up(conn->quic, now);
  } else if (!quic_conn_is_server(conn->quic)) {
    paths_fall_back(conn, now);
  } else if (conn->peer != NULL) {
    peer_start(conn->ep, conn->peer, now);
  }
}

uint64_t stall_deadline(const conn_t *conn) { return conn->stalled_since != 0 ? conn->stall_check_at : QUIC_NEVER; }

bool stall_is_mute(const conn_t *conn) {
  return conn->stalled_since != 0 && quic_conn_is_server(conn->quic) && quic_conn_state(conn->quic) == QUIC_OPEN;
}
