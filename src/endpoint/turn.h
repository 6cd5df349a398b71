/* SPDX-License-Identifier: MIT
 * What a turn of the loop has to do: every file may mark it here, and none is called back. loop.c does it. */
#ifndef IROH_ENDPOINT_TURN_H
#define IROH_ENDPOINT_TURN_H

#include "endpoint/state.h"

/* The connection may have packets to write, events, or another deadline. */
void turn_mark(conn_t *conn);
/* It may have events. */
void turn_mark_events(conn_t *conn);
/* Connections that waited for a socket try again. */
void turn_wake_blocked(iroh_endpoint_t *ep);
/* Something is due then, on uv_hrtime's clock: a turn comes at that time at the latest. */
void turn_at(iroh_endpoint_t *ep, uint64_t deadline);
/* Whether there is anything to do before the loop may wait: the one list of reasons. */
bool turn_has_work(const iroh_endpoint_t *ep);

iroh_handle_t turn_new_handle(iroh_endpoint_t *ep);
/* NULL: it is gone. */
conn_t *conn_of_handle(const iroh_endpoint_t *ep, iroh_handle_t handle);

#endif
