/* SPDX-License-Identifier: MIT
 * Reports to the program. */
#ifndef IROH_ENDPOINT_DRAIN_H
#define IROH_ENDPOINT_DRAIN_H

#include "endpoint/state.h"

/* Reports everything that happened, in one call of on_events. The program may abandon the endpoint meanwhile, also in its
 * authorize function. */
void drain_all(iroh_endpoint_t *ep);
/* Hands out the datagrams that go by relays. */
void drain_relay(iroh_endpoint_t *ep);
void drain_deinit(iroh_endpoint_t *ep);

#endif
