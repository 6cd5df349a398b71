/* SPDX-License-Identifier: MIT
 * What topics put out. */
#ifndef IROH_SWARM_RUN_H
#define IROH_SWARM_RUN_H

#include "swarm/state.h"

/* Takes what a topic has put out in the swarm's actions, and sets its timer. */
void swarm_run(swarm_topic_t *topic, uint64_t now);

#endif
