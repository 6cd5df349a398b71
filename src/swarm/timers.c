/* SPDX-License-Identifier: MIT */
#include "swarm/timers.h"

#include "endpoint/turn.h"

void swarm_timer_set(swarms_t *swarms, swarm_timer_t *timer, uint64_t at) {
  /* Without memory it is tried again with the next thing that happens. */
  if (heap_set(&swarms->timers, &timer->node, at) == 0) turn_at(swarms->ep, at);
}

void swarm_timer_stop(swarms_t *swarms, swarm_timer_t *timer) { heap_remove(&swarms->timers, &timer->node); }

void swarm_timers_tick(swarms_t *swarms, uint64_t now) {
  heap_node_t *node;
  while ((node = heap_top(&swarms->timers)) != NULL && node->key <= now) {
    swarm_timer_t *timer = container_of(node, swarm_timer_t, node);
    heap_remove(&swarms->timers, node);
    timer->due(timer->owner, now);
  }
}
