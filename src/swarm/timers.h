/* SPDX-License-Identifier: MIT
 * Timers of swarms. */
#ifndef IROH_SWARM_TIMERS_H
#define IROH_SWARM_TIMERS_H

#include "swarm/state.h"

void swarm_timer_set(swarms_t *swarms, swarm_timer_t *timer, uint64_t at);
void swarm_timer_stop(swarms_t *swarms, swarm_timer_t *timer);
void swarm_timers_tick(swarms_t *swarms, uint64_t now);

#endif
