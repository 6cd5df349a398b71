/* SPDX-License-Identifier: MIT
 * Connections to peers, and what happens on them. */
#ifndef IROH_SWARM_LINKS_H
#define IROH_SWARM_LINKS_H

#include "swarm/state.h"

/* swarm_t's `peer_due` */
void swarm_peer_due(void *peer, uint64_t now);
/* The connection is over, or freed: its streams are gone with it. */
void swarm_link_free(swarm_link_t *link);
/* service_t's functions of that name. */
void swarm_link_stream(conn_t *conn, quic_stream_t *stream, unsigned events);
void swarm_link_streams_allowed(conn_t *conn);
void swarm_link_closed(conn_t *conn, bool gone);

#endif
