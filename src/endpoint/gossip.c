/* SPDX-License-Identifier: MIT
 * Swarms and their topics: the iroh_gossip_ functions, and what topics put out. */
#include "endpoint/gossip.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/gossip-hooks.h"
#include "endpoint/timer.h"
#include "endpoint/turn.h"

/* How long a topic that was left waits for its neighbours to acknowledge that, while they acknowledge nothing; and in all. */
#define LEAVE_PATIENCE (2000 * SWARM_NS_PER_MS)
#define LEAVE_PATIENCE_MAX (30000 * SWARM_NS_PER_MS)
/* How long neighbours that were only told the ids of messages can ask for them before the topic is left. */
#define LEAVE_LINGER (400 * SWARM_NS_PER_MS)
#define TOPICS_MAX 16384

/* ---- timers -------------------------------------------------------------------------------------- */

void swarm_timer_set(iroh_endpoint_t *ep, swarm_timer_t *timer, uint64_t at) {
  /* Without memory it is tried again with the next thing that happens. */
  if (heap_set(&ep->gossip_timers, &timer->node, at) == 0 && !ep->shut) ep_timer_arm(&ep->timer, at);
}

void swarm_timer_stop(iroh_endpoint_t *ep, swarm_timer_t *timer) { heap_remove(&ep->gossip_timers, &timer->node); }

void endpoint_gossip_tick(iroh_endpoint_t *ep, uint64_t now) {
  heap_node_t *node;
  if (now < ep->gossip_not_before) return;
  ep->gossip_graces = 0;
  while ((node = heap_top(&ep->gossip_timers)) != NULL && node->key <= now) {
    swarm_timer_t *timer = container_of(node, swarm_timer_t, node);
    heap_remove(&ep->gossip_timers, node);
    timer->due(timer->owner, now);
  }
}

/* ---- topics -------------------------------------------------------------------------------------- */

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
  iroh_endpoint_t *ep = topic->swarm->ep;
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
    swarm_timer_stop(ep, &topic->timer);
  else if (!heap_has(&topic->timer.node) || topic->timer.node.key != deadline)
    swarm_timer_set(ep, &topic->timer, deadline);
}

static void on_topic_due(void *owner, uint64_t now) {
  swarm_topic_t *topic = owner;
  gossip_topic_tick(topic->core, now, &topic->swarm->actions);
  swarm_run(topic, now);
}

static swarm_topic_t *topic_of_handle(iroh_endpoint_t *ep, iroh_handle_t handle) {
  swarm_topic_t *topic = map_get(&ep->topics, handle);
  return topic != NULL && topic->core != NULL ? topic : NULL;
}

static void topic_free(swarm_topic_t *topic) {
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
  swarm_timer_stop(swarm->ep, &topic->timer);
  swarm_timer_stop(swarm->ep, &topic->drain_timer);
  map_remove(&swarm->ep->topics, topic->handle);
  list_remove(&topic->node);
  gossip_topic_free(topic->core);
  free(topic);
}

static void left(swarm_topic_t *topic) {
  swarm_tell(topic->swarm, IROH_EVENT_GOSSIP_LEFT, topic->handle, NULL, 0, NULL, 0);
  topic_free(topic);
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
    swarm_timer_set(topic->swarm->ep, &topic->timer, now + LEAVE_PATIENCE);
    return;
  }
  left(topic);
}

void swarm_topic_settle(swarm_topic_t *topic) {
  if (topic != NULL && topic->core == NULL && list_empty(&topic->senders) && list_empty(&topic->outboxes)) left(topic);
}

bool swarm_topic_has_neighbor(const swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES]) {
  uint8_t ids[GOSSIP_ACTIVE_VIEW_MAX][GOSSIP_ID_BYTES];
  size_t count = topic->core != NULL ? gossip_topic_neighbors(topic->core, ids, GOSSIP_ACTIVE_VIEW_MAX) : 0;
  for (size_t i = 0; i < count && i < GOSSIP_ACTIVE_VIEW_MAX; i++)
    if (memcmp(ids[i], peer, GOSSIP_ID_BYTES) == 0) return true;
  return false;
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
                            .hints = &swarm->ep->hints,
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
  swarm_t *swarm = map_get(&ep->swarms, handle);
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
  if (rv == 0) rv = map_put(&ep->topics, topic->handle, topic);
  if (rv == 0) rv = bytes_map_put(&swarm->topics, topic_id, GOSSIP_ID_BYTES, topic);
  if (rv != 0) {
    topic_free(topic);
    return rv;
  }
  *topic_out = topic->handle;
  swarm_run(topic, now);
  swarm_readers_go_on(topic, NULL, now);
  return 0;
}

static void leave(swarm_topic_t *topic, uint64_t now) {
  swarm_t *swarm = topic->swarm;
  iroh_endpoint_t *ep = swarm->ep;
  gossip_topic_quit(topic->core, now, &swarm->actions);
  swarm_run(topic, now);
  bytes_map_remove(&swarm->topics, topic->id, GOSSIP_ID_BYTES);
  gossip_topic_free(topic->core);
  topic->core = NULL;
  swarm_timer_stop(ep, &topic->drain_timer);
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
  swarm_timer_set(ep, &topic->timer, now + LEAVE_PATIENCE);
  swarm_topic_settle(topic);
}

static void on_linger_over(void *topic, uint64_t now) { leave(topic, now); }

/* What was said last may have gone to nobody yet, when all neighbours want only ids at once. */
static bool owes_messages(const swarm_topic_t *topic) {
  return gossip_topic_counters(topic->core)->broadcasts > 0 && gossip_topic_neighbors(topic->core, NULL, 0) > 0 &&
         gossip_topic_eager(topic->core, NULL, 0) == 0;
}

int iroh_gossip_leave(iroh_endpoint_t *ep, iroh_handle_t handle) {
  swarm_topic_t *topic = topic_of_handle(ep, handle);
  if (topic == NULL || topic->lingers) return IROH_ERR_CLOSED;
  uint64_t now = uv_hrtime();
  topic->lingers = owes_messages(topic);
  if (topic->lingers) {
    topic->drain_timer.due = on_linger_over;
    swarm_timer_set(ep, &topic->drain_timer, now + LEAVE_LINGER);
  } else {
    leave(topic, now);
  }
  return 0;
}

int iroh_gossip_join(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t node_id[IROH_KEY_BYTES]) {
  swarm_topic_t *topic = topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  if (!iroh_node_id_is_valid(node_id)) return IROH_ERR_INVALID_NODE_ID;
  uint64_t now = uv_hrtime();
  gossip_topic_join(topic->core, node_id, now, &topic->swarm->actions);
  swarm_run(topic, now);
  return 0;
}

int iroh_gossip_broadcast(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t *content, size_t len,
                          bool neighbors) {
  swarm_topic_t *topic = topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  uint64_t now = uv_hrtime();
  int rv = gossip_topic_broadcast(topic->core, content, len, neighbors, now, &topic->swarm->actions);
  swarm_run(topic, now);
  return rv;
}

int64_t iroh_gossip_neighbors(iroh_endpoint_t *ep, iroh_handle_t handle, uint8_t (*out)[IROH_KEY_BYTES], size_t max) {
  const swarm_topic_t *topic = topic_of_handle(ep, handle);
  return topic == NULL ? IROH_ERR_CLOSED : (int64_t)gossip_topic_neighbors(topic->core, out, max);
}

size_t iroh_gossip_max_content(uint32_t max_message_size, bool neighbors) {
  return gossip_max_content(max_message_size, neighbors);
}

/* ---- swarms -------------------------------------------------------------------------------------- */

static uint32_t or_default(uint32_t value, uint32_t fallback) { return value != 0 ? value : fallback; }

static void take_config(swarm_t *swarm, const iroh_gossip_config_t *config) {
  swarm->config = *config;
  iroh_gossip_config_t *c = &swarm->config;
  c->max_message_size = or_default(c->max_message_size, GOSSIP_MESSAGE_DEFAULT);
  c->max_outbox = or_default(c->max_outbox, 8 * 1024 * 1024);
  c->max_outboxes = or_default(c->max_outboxes, 64 * 1024 * 1024);
  c->max_connections = or_default(c->max_connections, 1024);
  c->max_streams = or_default(c->max_streams, 1024);
  c->idle_ms = or_default(c->idle_ms, 10000);
}

int iroh_gossip_open(iroh_endpoint_t *ep, const iroh_gossip_config_t *config, iroh_handle_t *swarm_out) {
  *swarm_out = 0;
  if (ep->closing) return IROH_ERR_CLOSED;
  if (config->active_view > GOSSIP_ACTIVE_VIEW_MAX || config->passive_view > GOSSIP_PASSIVE_VIEW_MAX)
    return IROH_ERR_INVALID_ARGUMENT;
  /* A message goes onto a stream as a whole, beside what must not yet be told to have left. */
  uint64_t most = (uint64_t)config->max_message_size + ep->quic_config.low_water + 1024;
  if (most > ep->quic_config.max_send_buffer) return IROH_ERR_INVALID_ARGUMENT;
  swarm_t *swarm = calloc(1, sizeof *swarm);
  if (swarm == NULL) return IROH_ERR_NO_MEMORY;
  swarm->ep = ep;
  swarm->handle = turn_new_handle(ep);
  take_config(swarm, config);
  list_init(&swarm->all);
  list_init(&swarm->held);
  gossip_actions_init(&swarm->actions);
  int rv = bytes_map_init(&swarm->topics);
  if (rv == 0) rv = bytes_map_init(&swarm->peers);
  if (rv == 0) rv = map_put(&ep->swarms, swarm->handle, swarm);
  if (rv != 0) {
    free(swarm);
    return rv;
  }
  *swarm_out = swarm->handle;
  return 0;
}

/* Its connections stay as they are, but nobody reads them any more. */
static void peer_free(swarm_peer_t *peer, bool closes, uint64_t now) {
  list_node_t *node;
  while ((node = list_first(&peer->links)) != NULL) {
    swarm_link_t *link = container_of(node, swarm_link_t, node);
    conn_t *conn = link->conn;
    if (closes) quic_conn_close(conn->quic, 0, "", 0, now);
    turn_mark(conn);
    swarm_link_free(link);
  }
  swarm_peer_free(peer);
}

static void swarm_free(swarm_t *swarm, bool closes) {
  uint64_t now = uv_hrtime();
  list_node_t *node;
  while ((node = list_first(&swarm->all)) != NULL) topic_free(container_of(node, swarm_topic_t, node));
  size_t cursor;
  void *value;
  while (cursor = 0, bytes_map_next(&swarm->peers, &cursor, NULL, NULL, &value)) peer_free(value, closes, now);
  bytes_map_deinit(&swarm->topics);
  bytes_map_deinit(&swarm->peers);
  gossip_actions_deinit(&swarm->actions);
  map_remove(&swarm->ep->swarms, swarm->handle);
  free(swarm);
}

int iroh_gossip_close(iroh_endpoint_t *ep, iroh_handle_t handle) {
  swarm_t *swarm = map_get(&ep->swarms, handle);
  if (swarm == NULL) return IROH_ERR_CLOSED;
  swarm_free(swarm, true);
  return 0;
}

int iroh_gossip_set_data(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t *data, size_t len) {
  swarm_t *swarm = map_get(&ep->swarms, handle);
  if (swarm == NULL) return IROH_ERR_CLOSED;
  if (len > sizeof swarm->data) return IROH_ERR_INVALID_ARGUMENT;
  memcpy(swarm->data, data, len);
  swarm->data_len = len;
  list_for_each(node, &swarm->all) {
    swarm_topic_t *topic = container_of(node, swarm_topic_t, node);
    if (topic->core != NULL) gossip_topic_set_data(topic->core, data, len);
  }
  return 0;
}

/* ---- in the endpoint ----------------------------------------------------------------------------- */

int endpoint_gossip_init(iroh_endpoint_t *ep) {
  map_init(&ep->swarms);
  map_init(&ep->topics);
  heap_init(&ep->gossip_timers);
  list_init(&ep->gossip_events);
  list_init(&ep->gossip_paused);
  return gossip_hints_init(&ep->hints);
}

void endpoint_gossip_end(iroh_endpoint_t *ep) {
  size_t cursor;
  void *value;
  while (cursor = 0, map_next(&ep->swarms, &cursor, NULL, &value)) swarm_free(value, false);
}

void endpoint_gossip_deinit(iroh_endpoint_t *ep) {
  list_for_each(node, &ep->gossip_events) {
    list_remove(node);
    free(node);
  }
  map_deinit(&ep->topics);
  heap_deinit(&ep->gossip_timers);
  gossip_hints_deinit(&ep->hints);
}
