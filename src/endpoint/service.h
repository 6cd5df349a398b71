/* SPDX-License-Identifier: MIT
 * A service on an endpoint: it takes connections over from the program, and has a part in each turn of the loop. There is
 * one, gossip (src/swarm/), and the endpoint knows no more of it than this table. */
#ifndef IROH_ENDPOINT_SERVICE_H
#define IROH_ENDPOINT_SERVICE_H

#include "endpoint/state.h"

struct service {
  /* What is due at a deadline of its; when the next one is, QUIC_NEVER for never; and whether there is anything to do. */
  void (*tick)(void *self, uint64_t now);
  uint64_t (*deadline)(const void *self);
  bool (*has_work)(const void *self);
  /* The loop was away for so long at a deadline. */
  void (*overslept)(void *self, uint64_t absence, uint64_t now);
  /* Before events are gathered: it goes on with what has waited for the program to be told. */
  void (*resume)(void *self);
  /* The next event to be told; false: none. What it points to stays until all of them were told. */
  bool (*next_event)(void *self, iroh_event_t *out);
  void (*told)(void *self);
  /* What happened on a connection of its: events of a stream, or its peer allows more of them. */
  void (*stream)(conn_t *conn, quic_stream_t *stream, unsigned events);
  void (*streams_allowed)(conn_t *conn);
  /* The connection is over. `gone`: so is the endpoint, and nobody is told. */
  void (*closed)(conn_t *conn, bool gone);
  /* The endpoint closes: nothing more is to come of it. And then it is freed. */
  void (*end)(void *self);
  void (*free)(void *self);
};

/* `self` is the service's, until its `free` is called. */
void service_attach(iroh_endpoint_t *ep, const service_t *service, void *self);

/* Each calls the table's function, if there is a service. Those of a connection: it is the service's (conn_t.link). */
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
