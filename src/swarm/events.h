/* SPDX-License-Identifier: MIT
 * Events of topics and swarms for the program. */
#ifndef IROH_SWARM_EVENTS_H
#define IROH_SWARM_EVENTS_H

#include "swarm/state.h"

/* `node_id` may be NULL. */
void swarm_tell(swarm_t *swarm, iroh_event_kind_t kind, iroh_handle_t about, const uint8_t node_id[IROH_KEY_BYTES],
                uint64_t number, const uint8_t *data, size_t len);

/* The next event of the batch. False: the batch is full, or no event is left. */
bool swarm_events_next(swarms_t *swarms, iroh_event_t *out);
/* The program has taken the batch. */
void swarm_events_told(swarms_t *swarms);
void swarm_events_deinit(swarms_t *swarms);

#endif
