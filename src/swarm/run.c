/* SPDX-License-Identifier: MIT */
#include "swarm/run.h"

#include "swarm/events.h"
#include "swarm/peers.h"
#include "swarm/send.h"
#include "swarm/timers.h"

static void take_action(swarm_topic_t *topic, const gossip_action_t *action, uint64_t now) {
  swarm_t *swarm = topic->swarm;
  iroh_handle_t about = topic->handle;
  switch (action->kind) {
  case GOSSIP_ACTION_SEND:
    swarm_send(topic, action->peer, action->frame, now);
    break;
  case GOSSIP_ACTION_RELEASE:
    swarm_release(topic, action->peer, now);
    break;
  case GOSSIP_ACTION_UP:
    swarm_tell(swarm, IROH_EVENT_GOSSIP_UP, about, action->peer, 0, NULL, 0);
    break;
  case GOSSIP_ACTION_DOWN:
    swarm_tell(swarm, IROH_EVENT_GOSSIP_DOWN, about, action->peer, action->reason, NULL, 0);
    break;
  case GOSSIP_ACTION_RECEIVED:
    swarm_tell(swarm, IROH_EVENT_GOSSIP_RECEIVED, about, action->peer,
               action->neighbors ? IROH_GOSSIP_DIRECT : action->round, action->content, action->content_len);
    break;
  case GOSSIP_ACTION_JOIN_FAILED:
    swarm_tell(swarm, IROH_EVENT_GOSSIP_FAILED, about, action->peer, 0, NULL, 0);
    break;
  case GOSSIP_ACTION_RENEW:
    swarm_renew(topic, action->peer, now);
    break;
  }
}

void swarm_run(swarm_topic_t *topic, uint64_t now) {
  swarms_t *swarms = topic->swarm->swarms;
  gossip_actions_t *actions = &topic->swarm->actions;
  /* Sending may add to them. */
  for (size_t i = 0; i < actions->count; i++) {
    const gossip_action_t action = actions->items[i];
    take_action(topic, &action, now);
  }
  gossip_actions_clear(actions);
  if (topic->core == NULL) return;
  uint64_t deadline = gossip_topic_deadline(topic->core);
  if (deadline == GOSSIP_NEVER)
    swarm_timer_stop(swarms, &topic->timer);
  else if (!heap_has(&topic->timer.node) || topic->timer.node.key != deadline)
    swarm_timer_set(swarms, &topic->timer, deadline);
}
