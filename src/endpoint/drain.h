/* SPDX-License-Identifier: MIT
 * What happened, told in one call. */
#ifndef IROH_ENDPOINT_DRAIN_H
#define IROH_ENDPOINT_DRAIN_H

#include "endpoint/state.h"

/* Tells everything that happened, in one call of on_events. The program may abandon the endpoint in it, or in its authorize
 * function before. */
void drain_all(iroh_endpoint_t *ep);
/* Tells the datagrams that are to go by relays. */
void drain_relay(iroh_endpoint_t *ep);
void drain_deinit(iroh_endpoint_t *ep);

#endif
