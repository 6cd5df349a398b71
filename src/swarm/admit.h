/* SPDX-License-Identifier: MIT
 * Who may be a neighbour in a topic. */
#ifndef IROH_SWARM_ADMIT_H
#define IROH_SWARM_ADMIT_H

#include "swarm/state.h"

/* Whether frames of the peer go into the topic; *wait_out: that is not said yet, and was asked. */
bool swarm_admits(swarm_topic_t *topic, swarm_peer_t *peer, bool *wait_out);
/* The same, as far as is known, for the topic itself. */
bool swarm_admit_hook(void *topic, const uint8_t peer[GOSSIP_ID_BYTES]);
void swarm_verdict_free(swarm_verdict_t *verdict);
/* The program has decided. False: it was not asked, or has decided before. */
bool swarm_verdict_give(swarm_topic_t *topic, const swarm_peer_t *peer, bool admitted);

#endif
