/* SPDX-License-Identifier: MIT
 * Topics. */
#ifndef IROH_SWARM_TOPICS_H
#define IROH_SWARM_TOPICS_H

#include "swarm/state.h"

void swarm_topic_free(swarm_topic_t *topic);
/* Reports the topics that are over as left, and frees them. */
void swarm_topics_end(swarms_t *swarms);

#endif
