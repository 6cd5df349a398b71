/* SPDX-License-Identifier: MIT
 * Facts about the path that a connection takes, and about the addresses of its peer. */
#ifndef IROH_ENDPOINT_ROUTE_H
#define IROH_ENDPOINT_ROUTE_H

#include "endpoint/state.h"

/* Where a packet that QUIC wants on `path` really goes. */
const quic_path_t *route_of(const conn_t *conn, const quic_path_t *path);
/* Where its packets go now. */
quic_path_t route_now(const conn_t *conn);
bool route_is_relayed(const conn_t *conn);
/* Whether the connection is open and relayed. */
bool route_wants_direct(const conn_t *conn);
/* The candidate with that address; and the candidate that a datagram from that address counts for. NULL: none. */
candidate_t *route_find(const conn_t *conn, const address_t *remote);
candidate_t *route_candidate(const conn_t *conn, const address_t *remote);

#endif
