/* SPDX-License-Identifier: MIT */
#include "endpoint/route.h"

#include <string.h>

#include "endpoint/relay.h"

static bool same_path(const quic_path_t *a, const quic_path_t *b) {
  return address_equal(&a->remote, &b->remote) && address_equal(&a->local, &b->local);
}

const quic_path_t *route_of(const conn_t *conn, const quic_path_t *path) {
  return !quic_conn_is_server(conn->quic) && same_path(path, &conn->seen) ? &conn->used : path;
}

quic_path_t route_now(const conn_t *conn) {
  quic_path_t path;
  quic_conn_path(conn->quic, &path);
  return *route_of(conn, &path);
}

bool route_is_relayed(const conn_t *conn) {
  uint16_t relay;
  uint64_t number;
  quic_path_t path = route_now(conn);
  return relay_address_read(&path.remote, &relay, &number);
}

bool route_wants_direct(const conn_t *conn) {
  return quic_conn_state(conn->quic) == QUIC_OPEN && route_is_relayed(conn);
}

candidate_t *route_find(const conn_t *conn, const address_t *remote) {
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (address_equal(&conn->candidates[i].path.remote, remote)) return &conn->candidates[i];
  return NULL;
}

/* The program may send by another relay than ours, one that it has heard the peer over; answers come by that one then. */
candidate_t *route_candidate(const conn_t *conn, const address_t *remote) {
  candidate_t *candidate = route_find(conn, remote);
  uint16_t relay;
  uint64_t number;
  if (candidate != NULL || !relay_address_read(remote, &relay, &number)) return candidate;
  const relay_peer_t *peer = map_get(&conn->ep->relay_peers.by_number, number);
  if (peer == NULL || memcmp(peer->node_id, quic_conn_peer(conn->quic), IROH_KEY_BYTES) != 0) return NULL;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (conn->candidates[i].relay != NULL) return &conn->candidates[i];
  return NULL;
}
