/* SPDX-License-Identifier: MIT
 * Notes for the program beside the events of connections and streams. drain.c reports them. */
#ifndef IROH_ENDPOINT_NOTES_H
#define IROH_ENDPOINT_NOTES_H

#include "endpoint/state.h"

struct refusal {
  uint8_t node_id[IROH_KEY_BYTES];
};

/* An event about addresses, of a connection or (0) of the endpoint. */
struct note {
  iroh_event_kind_t kind;
  iroh_handle_t conn;
  uint64_t number;
  char text[2 * IROH_ADDRESS_MAX];
  iroh_system_error_t system;
};

/* Where a STUN server sees us. */
void notes_observed(iroh_endpoint_t *ep, const address_t *server, const address_t *observed);
/* An address of a connection's peer: IROH_EVENT_CANDIDATE or _PROBE. */
void notes_address(const conn_t *conn, iroh_event_kind_t kind, const address_t *address, uint64_t number);
/* What the system said. False: there is no room for it now. */
bool notes_system(iroh_endpoint_t *ep, const iroh_system_error_t *system);
/* A NodeId that the allowlist turned away. */
void notes_refusal(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);

#endif
