/* SPDX-License-Identifier: MIT
 * Addresses that nobody has proved to be at. */
#ifndef IROH_ENDPOINT_TARGETS_H
#define IROH_ENDPOINT_TARGETS_H

#include "endpoint/state.h"

/* Whether so many datagrams may go to an address, for what word stands for it. */
bool targets_take(iroh_endpoint_t *ep, const address_t *address, const uint8_t node_id[IROH_KEY_BYTES],
                  target_word_t word, unsigned count, uint64_t now);
/* The same for a dialled connection's packets. Those that may not are as lost on the way: QUIC sends them again. */
bool targets_allow(conn_t *conn, const address_t *remote, unsigned count);
/* The NodeId has answered from there. */
void targets_proved(iroh_endpoint_t *ep, const address_t *address, const uint8_t node_id[IROH_KEY_BYTES], uint64_t now);
/* The connection's peer has, at the path in use. */
void targets_path_proved(conn_t *conn, uint64_t now);
/* Whether a port search may begin. */
bool targets_search(const address_t *address, uint64_t now);

#endif
