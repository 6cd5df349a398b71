/* SPDX-License-Identifier: MIT
 * Who may be a neighbour in a topic: asked above, once for each peer while it is known. Its frames wait meanwhile. */
#include "swarm/admit.h"

#include <stdlib.h>

#include "swarm/events.h"

static swarm_verdict_t *verdict_of(const swarm_topic_t *topic, const swarm_peer_t *peer) {
  list_for_each(node, &topic->verdicts) {
    swarm_verdict_t *verdict = container_of(node, swarm_verdict_t, topic_node);
    if (verdict->peer == peer) return verdict;
  }
  return NULL;
}

bool swarm_admits(swarm_topic_t *topic, swarm_peer_t *peer, bool *wait_out) {
  *wait_out = false;
  if (!topic->asks) return true;
  swarm_verdict_t *verdict = verdict_of(topic, peer);
  if (verdict == NULL) {
    verdict = calloc(1, sizeof *verdict);
    if (verdict == NULL) return false;
    verdict->topic = topic;
    verdict->peer = peer;
    list_push_back(&topic->verdicts, &verdict->topic_node);
    list_push_back(&peer->verdicts, &verdict->peer_node);
    swarm_tell(topic->swarm, IROH_EVENT_GOSSIP_ADMIT, topic->handle, peer->id, 0, NULL, 0);
  }
  *wait_out = !verdict->given;
  return verdict->given && verdict->admitted;
}

bool swarm_admit_hook(void *ctx, const uint8_t id[GOSSIP_ID_BYTES]) {
  const swarm_topic_t *topic = ctx;
  const swarm_peer_t *peer = swarm_peer(topic->swarm, id);
  const swarm_verdict_t *verdict = peer != NULL ? verdict_of(topic, peer) : NULL;
  return verdict == NULL || !verdict->given || verdict->admitted;
}

void swarm_verdict_free(swarm_verdict_t *verdict) {
  list_remove(&verdict->topic_node);
  list_remove(&verdict->peer_node);
  free(verdict);
}

bool swarm_verdict_give(swarm_topic_t *topic, const swarm_peer_t *peer, bool admitted) {
  swarm_verdict_t *verdict = verdict_of(topic, peer);
  if (verdict == NULL || verdict->given) return false;
  verdict->given = true;
  verdict->admitted = admitted;
  return true;
}
