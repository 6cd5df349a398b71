/* SPDX-License-Identifier: MIT */
#include "endpoint/turn.h"

#include "endpoint/service.h"
#include "endpoint/timer.h"

void turn_mark_events(conn_t *conn) {
  if (conn->dial == NULL && !list_is_linked(&conn->eventful_node) && quic_conn_has_events(conn->quic))
    list_push_back(&conn->ep->eventful, &conn->eventful_node);
}

void turn_mark(conn_t *conn) {
  turn_mark_events(conn);
  if (!list_is_linked(&conn->dirty_node) && !list_is_linked(&conn->blocked_node))
    list_push_back(&conn->ep->dirty, &conn->dirty_node);
}

void turn_wake_blocked(iroh_endpoint_t *ep) {
  list_node_t *node;
  while ((node = list_pop_front(&ep->blocked)) != NULL) turn_mark(container_of(node, conn_t, blocked_node));
}

void turn_at(iroh_endpoint_t *ep, uint64_t deadline) {
  if (!ep->shut) ep_timer_arm(&ep->timer, deadline);
}

bool turn_has_work(const iroh_endpoint_t *ep) {
  return !list_empty(&ep->dirty) || !list_empty(&ep->eventful) || ep->refusal_count > 0 || ep->note_count > 0 ||
         ep->network_changes != 0 || ep->relay_peers.batch_count > 0 || service_has_work(ep);
}

iroh_handle_t turn_new_handle(iroh_endpoint_t *ep) { return ++ep->last_handle; }

conn_t *conn_of_handle(const iroh_endpoint_t *ep, iroh_handle_t handle) { return map_get(&ep->conns, handle); }
