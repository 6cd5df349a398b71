/* SPDX-License-Identifier: MIT
 * Who may connect to us. */
#ifndef IROH_ENDPOINT_POLICY_H
#define IROH_ENDPOINT_POLICY_H

#include "endpoint/state.h"

/* Asks the lists, then the program. A refusal is noted. */
bool policy_admits(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);
/* Asks once more about the connections that came to be: a peer may have held its last flight back, and the lists may
 * have changed since its key was looked at. To be called before any event is gathered, since the program may release
 * what events point to. It may also abandon the endpoint. */
void policy_ask_again(iroh_endpoint_t *ep);
/* Puts the NodeId on the list of those that may not connect. */
int policy_deny(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);

#endif
