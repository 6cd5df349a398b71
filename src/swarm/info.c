/* SPDX-License-Identifier: MIT
 * What is counted, and how much there is now. */
#include "swarm/send.h"
#include "swarm/state.h"

/* Bytes of the topic that have not left. */
static size_t waiting_of(const swarm_topic_t *topic) {
  size_t bytes = 0;
  list_for_each(node, &topic->outboxes) bytes += swarm_outbox_bytes(container_of(node, swarm_outbox_t, topic_node));
  return bytes;
}

int iroh_gossip_topic_info(iroh_endpoint_t *ep, iroh_handle_t handle, iroh_gossip_topic_info_t *out) {
  const swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  const gossip_counters_t *counters = gossip_topic_counters(topic->core);
  *out = (iroh_gossip_topic_info_t){
#define X(name, js, text) .name = counters->name,
#include "gossip/counters.def"
#undef X
      .neighbors = gossip_topic_neighbors(topic->core, NULL, 0),
      .eager = gossip_topic_eager(topic->core, NULL, 0),
      .passive = gossip_topic_passive(topic->core),
      .waiting_bytes = waiting_of(topic),
      .memory = gossip_topic_memory(topic->core)};
  return 0;
}

int iroh_gossip_info(iroh_endpoint_t *ep, iroh_handle_t handle, iroh_gossip_info_t *out) {
  const swarm_t *swarm = swarm_of_handle(ep, handle);
  if (swarm == NULL) return IROH_ERR_CLOSED;
  *out = swarm->counts;
  out->topics = bytes_map_count(&swarm->topics);
  out->peers = bytes_map_count(&swarm->peers);
  out->connections = swarm->links;
  out->dialling = swarm->dialling;
  list_for_each(node, &swarm->all) {
    const swarm_topic_t *topic = container_of(node, swarm_topic_t, node);
    if (topic->core == NULL) continue;
    out->waiting_bytes += waiting_of(topic);
    out->memory += gossip_topic_memory(topic->core);
  }
  return 0;
}
