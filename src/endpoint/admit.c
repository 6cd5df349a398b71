/* SPDX-License-Identifier: MIT */
#include "endpoint/admit.h"

void admit_progress(conn_t *conn) {
  handshakes_t *handshakes = &conn->ep->handshakes;
  if (conn->place == NULL) return;
  if (quic_conn_state(conn->quic) == QUIC_OPEN) {
    admit_release_place(conn);
  } else if (quic_conn_answered(conn->quic)) {
    handshakes_answered(handshakes, conn->place);
  }
}

void admit_release_place(conn_t *conn) {
  if (conn->place != NULL) handshakes_release(&conn->ep->handshakes, conn->place, uv_hrtime());
  conn->place = NULL;
}

static uintptr_t count_of(const iroh_endpoint_t *ep, const uint8_t *node_id) {
  return (uintptr_t)bytes_map_get(&ep->accepted, node_id, IROH_KEY_BYTES);
}

bool admit_conn(conn_t *conn, uint64_t now) {
  iroh_endpoint_t *ep = conn->ep;
  const uint8_t *peer = quic_conn_peer(conn->quic);
  if (!quic_conn_is_server(conn->quic)) return true;
  uintptr_t count = count_of(ep, peer);
  if (count >= ep->config.max_connections_per_peer ||
      bytes_map_put(&ep->accepted, peer, IROH_KEY_BYTES, (void *)(count + 1)) != 0) {
    quic_conn_deny(conn->quic, "too many connections", now);
    return false;
  }
  conn->counted = true;
  return true;
}

void admit_uncount(conn_t *conn) {
  if (!conn->counted) return;
  conn->counted = false;
  bytes_map_t *accepted = &conn->ep->accepted;
  const uint8_t *peer = quic_conn_peer(conn->quic);
  uintptr_t count = count_of(conn->ep, peer);
  if (count > 1)
    (void)bytes_map_put(accepted, peer, IROH_KEY_BYTES, (void *)(count - 1)); /* replacing never fails */
  else
    bytes_map_remove(accepted, peer, IROH_KEY_BYTES);
}
