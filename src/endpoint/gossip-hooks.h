/* SPDX-License-Identifier: MIT
 * What the endpoint asks of its swarms. */
#ifndef IROH_ENDPOINT_GOSSIP_HOOKS_H
#define IROH_ENDPOINT_GOSSIP_HOOKS_H

#include "endpoint/state.h"

/* gossip.c: the swarms of the endpoint, if it has any. */
int endpoint_gossip_init(iroh_endpoint_t *ep);
void endpoint_gossip_deinit(iroh_endpoint_t *ep);
/* The endpoint closes: without another word from the swarms. */
void endpoint_gossip_end(iroh_endpoint_t *ep);
void endpoint_gossip_tick(iroh_endpoint_t *ep, uint64_t now);
/* gossip-links.c: what happened on a connection of a swarm's. */
void endpoint_gossip_stream(conn_t *conn, quic_stream_t *stream, unsigned events);
void endpoint_gossip_streams_allowed(conn_t *conn);
/* The connection is over. `gone`: the endpoint ends, too, and nobody is told. */
void endpoint_gossip_closed(conn_t *conn, bool gone);
/* gossip-read.c: what was left unread goes on. */
void endpoint_gossip_resume(iroh_endpoint_t *ep);
/* gossip-events.c: fills a pushed event for each that waits, and forgets them after they were told. */
void endpoint_gossip_collect(iroh_endpoint_t *ep, iroh_event_t *(*push)(iroh_endpoint_t *ep));
void endpoint_gossip_told(iroh_endpoint_t *ep);

#endif
