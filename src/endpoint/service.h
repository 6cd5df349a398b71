/* SPDX-License-Identifier: MIT
 * A service on an endpoint: it takes connections over from the program, and has a part in each turn of the loop. Gossip
 * (src/swarm/) is the only one. The endpoint knows nothing of it but this table. */
#ifndef IROH_ENDPOINT_SERVICE_H
#define IROH_ENDPOINT_SERVICE_H

#include "endpoint/state.h"

struct service {
  /* Does what is due now; says when something is due next, QUIC_NEVER for never; and whether it has work for a turn. */
  void (*tick)(void *self, uint64_t now);
  uint64_t (*deadline)(const void *self);
  bool (*has_work)(const void *self);
  /* The loop was away for so long at a deadline. */
  void (*overslept)(void *self, uint64_t absence, uint64_t now);
  /* Called before events are gathered: continues with what waited for the program to take the last batch. */
  void (*resume)(void *self);
  /* Gives the next event for the program; false: there is none. What it points to stays valid until told(). */
  bool (*next_event)(void *self, iroh_event_t *out);
  void (*told)(void *self);
  /* Something happened on one of its connections: events of a stream, or the peer allows more streams. */
  void (*stream)(conn_t *conn, quic_stream_t *stream, unsigned events);
  void (*streams_allowed)(conn_t *conn);
  /* One of its connections is over. `gone`: the connection is freed now, and nothing more can be read from it. */
  void (*closed)(conn_t *conn, bool gone);
  /* The endpoint closes: the service reports nothing more. Later its memory is freed. */
  void (*end)(void *self);
  void (*free)(void *self);
};

/* Gives the endpoint its service; `self` goes with every call until `free`. */
void service_attach(iroh_endpoint_t *ep, const service_t *service, void *self);

/* Each calls the function of the table if there is a service. A connection passed here belongs to it (conn_t.link). */
void service_tick(iroh_endpoint_t *ep, uint64_t now);
uint64_t service_deadline(const iroh_endpoint_t *ep);
bool service_has_work(const iroh_endpoint_t *ep);
void service_overslept(iroh_endpoint_t *ep, uint64_t absence, uint64_t now);
void service_resume(iroh_endpoint_t *ep);
bool service_next_event(iroh_endpoint_t *ep, iroh_event_t *out);
void service_told(iroh_endpoint_t *ep);
void service_stream(conn_t *conn, quic_stream_t *stream, unsigned events);
void service_streams_allowed(conn_t *conn);
void service_closed(conn_t *conn, bool gone);
void service_end(iroh_endpoint_t *ep);
void service_free(iroh_endpoint_t *ep);

#endif
