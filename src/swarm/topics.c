/* SPDX-License-Identifier: MIT
 * Topics: their iroh_gossip_ functions and their end. */
#include "swarm/topics.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/turn.h"
#include "swarm/admit.h"
#include "swarm/events.h"
#include "swarm/peers.h"
#include "swarm/read.h"
#include "swarm/run.h"
#include "swarm/send.h"
#include "swarm/timers.h"

/* How long a topic that was left waits for its neighbours to acknowledge that, while they acknowledge nothing; and in all. */
#define LEAVE_PATIENCE (2000 * SWARM_NS_PER_MS)
#define LEAVE_PATIENCE_MAX (30000 * SWARM_NS_PER_MS)
/* How long neighbours that were only told the ids of messages can ask for them before the topic is left. */
#define LEAVE_LINGER (400 * SWARM_NS_PER_MS)
#define TOPICS_MAX 16384

static void on_topic_due(void *owner, uint64_t now) {
  swarm_topic_t *topic = owner;
  gossip_topic_tick(topic->core, now, &topic->swarm->actions);
  swarm_run(topic, now);
}

void swarm_topic_free(swarm_topic_t *topic) {
  swarm_t *swarm = topic->swarm;
  list_node_t *node;
  while ((node = list_first(&topic->outboxes)) != NULL)
    swarm_outbox_free(container_of(node, swarm_outbox_t, topic_node));
  while ((node = list_first(&topic->verdicts)) != NULL)
    swarm_verdict_free(container_of(node, swarm_verdict_t, topic_node));
  list_for_each(sender_node, &topic->senders) {
    swarm_sender_t *sender = container_of(sender_node, swarm_sender_t, topic_node);
    list_remove(sender_node);
    sender->topic = NULL;
    sender->outbox = NULL;
  }
  swarm_timer_stop(swarm->swarms, &topic->timer);
  swarm_timer_stop(swarm->swarms, &topic->drain_timer);
  map_remove(&swarm->swarms->topics, topic->handle);
  list_remove(&topic->node);
  list_remove(&topic->over_node);
  gossip_topic_free(topic->core);
  free(topic);
}

static void left(swarm_topic_t *topic) {
  swarm_tell(topic->swarm, IROH_EVENT_GOSSIP_LEFT, topic->handle, NULL, 0, NULL, 0);
  swarm_topic_free(topic);
}

/* What the neighbours have not acknowledged of a topic that was left. */
static size_t unacknowledged(const swarm_topic_t *topic) {
  size_t bytes = 0;
  list_for_each(outbox_node, &topic->outboxes) bytes +=
      container_of(outbox_node, swarm_outbox_t, topic_node)->waiting_bytes;
  list_for_each(node, &topic->senders) bytes +=
      quic_stream_unacknowledged(container_of(node, swarm_sender_t, topic_node)->stream);
  return bytes;
}

static void on_patience_over(void *owner, uint64_t now) {
  swarm_topic_t *topic = owner;
  size_t bytes = unacknowledged(topic);
  if (bytes < topic->left_bytes && now - topic->left_at < LEAVE_PATIENCE_MAX) {
    topic->left_bytes = bytes;
    swarm_timer_set(topic->swarm->swarms, &topic->timer, now + LEAVE_PATIENCE);
    return;
  }
  left(topic);
}

void swarm_topics_end(swarms_t *swarms) {
  list_node_t *node;
  while ((node = list_pop_front(&swarms->over)) != NULL) left(container_of(node, swarm_topic_t, over_node));
}

static gossip_config_t core_config(const swarm_t *swarm, swarm_topic_t *topic) {
  const iroh_gossip_config_t *c = &swarm->config;
  gossip_config_t config = {.max_message = c->max_message_size,
                            .active_view = c->active_view,
                            .passive_view = c->passive_view,
                            .shuffle_every = c->shuffle_ms * SWARM_NS_PER_MS,
                            .keep_payloads = c->keep_payloads_ms * SWARM_NS_PER_MS,
                            .keep_ids = c->keep_ids_ms * SWARM_NS_PER_MS,
                            .max_payload_bytes = c->max_payload_bytes,
                            .max_ids = c->max_ids,
                            .admit = topic->asks ? swarm_admit_hook : NULL,
                            .vouch = swarm_vouch_hook,
                            .connected = swarm_connected_hook,
                            .hints = &swarm->swarms->hints,
                            .needs_data = c->needs_data,
                            .ctx = topic};
  memcpy(config.self, key_pair_public(swarm->ep->key), GOSSIP_ID_BYTES);
  uint8_t seed[IROH_KEY_BYTES];
  if (iroh_key_generate(seed) == 0) memcpy(&config.seed, seed, sizeof config.seed);
  return config;
}

static void leave(swarm_topic_t *topic, uint64_t now);

int iroh_gossip_subscribe(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t topic_id[GOSSIP_ID_BYTES], bool asks,
                          iroh_handle_t *topic_out) {
  *topic_out = 0;
  swarm_t *swarm = swarm_of_handle(ep, handle);
  if (swarm == NULL || ep->closing) return IROH_ERR_CLOSED;
  swarm_topic_t *before = bytes_map_get(&swarm->topics, topic_id, GOSSIP_ID_BYTES);
  if (before != NULL && !before->lingers) return IROH_ERR_BUSY;
  if (before != NULL) leave(before, uv_hrtime());
  if (bytes_map_count(&swarm->topics) >= TOPICS_MAX) return IROH_ERR_LIMIT;
  swarm_topic_t *topic = calloc(1, sizeof *topic);
  if (topic == NULL) return IROH_ERR_NO_MEMORY;
  topic->swarm = swarm;
  topic->handle = turn_new_handle(ep);
  topic->asks = asks;
  topic->timer = (swarm_timer_t){.due = on_topic_due, .owner = topic};
  topic->drain_timer = (swarm_timer_t){.due = swarm_drain_late, .owner = topic};
  memcpy(topic->id, topic_id, GOSSIP_ID_BYTES);
  list_init(&topic->outboxes);
  list_init(&topic->senders);
  list_init(&topic->verdicts);
  list_push_back(&swarm->all, &topic->node);
  uint64_t now = uv_hrtime();
  gossip_config_t config = core_config(swarm, topic);
  int rv = gossip_topic_new(&config, now, &topic->core);
  if (rv == 0) rv = gossip_topic_set_data(topic->core, swarm->data, swarm->data_len);
  if (rv == 0) rv = map_put(&swarm->swarms->topics, topic->handle, topic);
  if (rv == 0) rv = bytes_map_put(&swarm->topics, topic_id, GOSSIP_ID_BYTES, topic);
  if (rv != 0) {
    swarm_topic_free(topic);
    return rv;
  }
  *topic_out = topic->handle;
  swarm_run(topic, now);
  swarm_readers_go_on(topic, NULL, now);
  return 0;
}

static void leave(swarm_topic_t *topic, uint64_t now) {
  swarm_t *swarm = topic->swarm;
  swarms_t *swarms = swarm->swarms;
  gossip_topic_quit(topic->core, now, &swarm->actions);
  swarm_run(topic, now);
  bytes_map_remove(&swarm->topics, topic->id, GOSSIP_ID_BYTES);
  gossip_topic_free(topic->core);
  topic->core = NULL;
  swarm_timer_stop(swarms, &topic->drain_timer);
  /* What waits for a connection need not be said any more. */
  list_for_each(node, &topic->outboxes) {
    swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, topic_node);
    swarm_peer_t *peer = outbox->peer;
    if (swarm_peer_link(peer) != NULL) continue;
    swarm_outbox_free(outbox);
    swarm_peer_settle(peer, now);
  }
  topic->timer = (swarm_timer_t){.node = topic->timer.node, .due = on_patience_over, .owner = topic};
  topic->left_at = now;
  topic->left_bytes = unacknowledged(topic);
  swarm_timer_set(swarms, &topic->timer, now + LEAVE_PATIENCE);
  swarm_topic_settle(topic);
}

static void on_linger_over(void *topic, uint64_t now) { leave(topic, now); }

/* What was said last may have gone to nobody yet, when all neighbours want only ids at once. */
static bool owes_messages(const swarm_topic_t *topic) {
  return gossip_topic_counters(topic->core)->broadcasts > 0 && gossip_topic_neighbors(topic->core, NULL, 0) > 0 &&
         gossip_topic_eager(topic->core, NULL, 0) == 0;
}

int iroh_gossip_leave(iroh_endpoint_t *ep, iroh_handle_t handle) {
  swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  if (topic == NULL || topic->lingers) return IROH_ERR_CLOSED;
  uint64_t now = uv_hrtime();
  topic->lingers = owes_messages(topic);
  if (topic->lingers) {
    topic->drain_timer.due = on_linger_over;
    swarm_timer_set(topic->swarm->swarms, &topic->drain_timer, now + LEAVE_LINGER);
  } else {
    leave(topic, now);
  }
  return 0;
}

int iroh_gossip_join(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t node_id[IROH_KEY_BYTES]) {
  swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  if (!iroh_node_id_is_valid(node_id)) return IROH_ERR_INVALID_NODE_ID;
  uint64_t now = uv_hrtime();
  gossip_topic_join(topic->core, node_id, now, &topic->swarm->actions);
  swarm_run(topic, now);
  return 0;
}

int iroh_gossip_broadcast(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t *content, size_t len,
                          bool neighbors) {
  swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  uint64_t now = uv_hrtime();
  int rv = gossip_topic_broadcast(topic->core, content, len, neighbors, now, &topic->swarm->actions);
  swarm_run(topic, now);
  return rv;
}

int64_t iroh_gossip_neighbors(iroh_endpoint_t *ep, iroh_handle_t handle, uint8_t (*out)[IROH_KEY_BYTES], size_t max) {
  const swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  return topic == NULL ? IROH_ERR_CLOSED : (int64_t)gossip_topic_neighbors(topic->core, out, max);
}

size_t iroh_gossip_max_content(uint32_t max_message_size, bool neighbors) {
  return gossip_max_content(max_message_size, neighbors);
}

int iroh_gossip_admit(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t node_id[IROH_KEY_BYTES], bool admitted) {
  swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  const swarm_peer_t *peer = swarm_peer(topic->swarm, node_id);
  if (peer == NULL || !swarm_verdict_give(topic, peer, admitted)) return 0; /* it went away meanwhile */
  swarm_readers_go_on(topic, peer, uv_hrtime());
  return 0;
}
