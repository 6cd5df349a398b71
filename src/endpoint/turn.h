/* SPDX-License-Identifier: MIT
 * Work for the next turn of the loop. Every file may mark work here, and marking calls nobody; loop.c does the work. */
#ifndef IROH_ENDPOINT_TURN_H
#define IROH_ENDPOINT_TURN_H

#include "endpoint/state.h"

/* The connection may have packets to write, events, or another deadline. */
void turn_mark(conn_t *conn);
/* The connection may have events. */
void turn_mark_events(conn_t *conn);
/* Connections that waited for a socket try again. */
void turn_wake_blocked(iroh_endpoint_t *ep);
/* Something is due at `deadline`, on uv_hrtime's clock: a turn runs then at the latest. */
void turn_at(iroh_endpoint_t *ep, uint64_t deadline);
/* Whether a turn has to run before the loop may wait. This is the only list of reasons. */
bool turn_has_work(const iroh_endpoint_t *ep);

iroh_handle_t turn_new_handle(iroh_endpoint_t *ep);
/* NULL: the connection is gone. */
conn_t *conn_of_handle(const iroh_endpoint_t *ep, iroh_handle_t handle);

#endif
