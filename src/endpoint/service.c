/* SPDX-License-Identifier: MIT */
#include "endpoint/service.h"

void service_attach(iroh_endpoint_t *ep, const service_t *service, void *self) {
  ep->service = service;
  ep->service_self = self;
}

void service_tick(iroh_endpoint_t *ep, uint64_t now) {
  if (ep->service != NULL) ep->service->tick(ep->service_self, now);
}

uint64_t service_deadline(const iroh_endpoint_t *ep) {
  return ep->service != NULL ? ep->service->deadline(ep->service_self) : QUIC_NEVER;
}

bool service_has_work(const iroh_endpoint_t *ep) {
  return ep->service != NULL && ep->service->has_work(ep->service_self);
}

void service_overslept(iroh_endpoint_t *ep, uint64_t absence, uint64_t now) {
  if (ep->service != NULL) ep->service->overslept(ep->service_self, absence, now);
}

void service_resume(iroh_endpoint_t *ep) {
  if (ep->service != NULL) ep->service->resume(ep->service_self);
}

bool service_next_event(iroh_endpoint_t *ep, iroh_event_t *out) {
  return ep->service != NULL && ep->service->next_event(ep->service_self, out);
}

void service_told(iroh_endpoint_t *ep) {
  if (ep->service != NULL) ep->service->told(ep->service_self);
}

void service_stream(conn_t *conn, quic_stream_t *stream, unsigned events) {
  conn->ep->service->stream(conn, stream, events);
}

void service_streams_allowed(conn_t *conn) { conn->ep->service->streams_allowed(conn); }

void service_closed(conn_t *conn, bool gone) { conn->ep->service->closed(conn, gone); }

void service_end(iroh_endpoint_t *ep) {
  if (ep->service != NULL) ep->service->end(ep->service_self);
}

void service_free(iroh_endpoint_t *ep) {
  if (ep->service != NULL) ep->service->free(ep->service_self);
}
