/* SPDX-License-Identifier: MIT
 * Opening and closing swarms, and the service that all swarms of an endpoint are to it. */
#include <stdlib.h>
#include <string.h>

#include "endpoint/service.h"
#include "endpoint/turn.h"
#include "swarm/events.h"
#include "swarm/links.h"
#include "swarm/peers.h"
#include "swarm/read.h"
#include "swarm/state.h"
#include "swarm/timers.h"
#include "swarm/topics.h"

/* After the loop was away for ABSENCE, requests made just before may leave only now: deadlines wait GRACE longer, at most
 * GRACES_MAX times in a row. */
#define ABSENCE (200 * SWARM_NS_PER_MS)
#define GRACE (300 * SWARM_NS_PER_MS)
#define GRACES_MAX 3

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
  swarm_topics_end(swarm->swarms);
  while ((node = list_first(&swarm->all)) != NULL) swarm_topic_free(container_of(node, swarm_topic_t, node));
  size_t cursor;
  void *value;
  while (cursor = 0, bytes_map_next(&swarm->peers, &cursor, NULL, NULL, &value)) peer_free(value, closes, now);
  bytes_map_deinit(&swarm->topics);
  bytes_map_deinit(&swarm->peers);
  gossip_actions_deinit(&swarm->actions);
  map_remove(&swarm->swarms->by_handle, swarm->handle);
  free(swarm);
}

/* ---- the service --------------------------------------------------------------------------------- */

static void tick(void *self, uint64_t now) {
  swarms_t *swarms = self;
  if (now < swarms->not_before) return;
  swarms->graces = 0;
  swarm_timers_tick(swarms, now);
}

static uint64_t deadline(const void *self) {
  const swarms_t *swarms = self;
  const heap_node_t *top = heap_top(&swarms->timers);
  if (top == NULL) return QUIC_NEVER;
  return top->key > swarms->not_before ? top->key : swarms->not_before;
}

static bool has_work(const void *self) {
  const swarms_t *swarms = self;
  return !list_empty(&swarms->events) || !list_empty(&swarms->paused) || !list_empty(&swarms->over);
}

static void overslept(void *self, uint64_t absence, uint64_t now) {
  swarms_t *swarms = self;
  if (absence < ABSENCE || swarms->graces == GRACES_MAX) return;
  swarms->graces++;
  swarms->not_before = now + GRACE;
}

static void resume(void *self) { swarm_readers_resume(self); }

static bool next_event(void *self, iroh_event_t *out) {
  swarm_topics_end(self);
  return swarm_events_next(self, out);
}

static void told(void *self) { swarm_events_told(self); }

static void end(void *self) {
  swarms_t *swarms = self;
  size_t cursor;
  void *value;
  while (cursor = 0, map_next(&swarms->by_handle, &cursor, NULL, &value)) swarm_free(value, false);
}

static void free_swarms(void *self) {
  swarms_t *swarms = self;
  swarm_events_deinit(swarms);
  map_deinit(&swarms->by_handle);
  map_deinit(&swarms->topics);
  heap_deinit(&swarms->timers);
  gossip_hints_deinit(&swarms->hints);
  free(swarms);
}

static const service_t service = {.tick = tick,
                                  .deadline = deadline,
                                  .has_work = has_work,
                                  .overslept = overslept,
                                  .resume = resume,
                                  .next_event = next_event,
                                  .told = told,
                                  .stream = swarm_link_stream,
                                  .streams_allowed = swarm_link_streams_allowed,
                                  .closed = swarm_link_closed,
                                  .end = end,
                                  .free = free_swarms};

/* The endpoint's swarms; made for the first one. */
static int use_swarms(iroh_endpoint_t *ep, swarms_t **out) {
  *out = ep->service_self;
  if (*out != NULL) return 0;
  swarms_t *swarms = calloc(1, sizeof *swarms);
  if (swarms == NULL) return IROH_ERR_NO_MEMORY;
  int rv = gossip_hints_init(&swarms->hints);
  if (rv != 0) {
    free(swarms);
    return rv;
  }
  swarms->ep = ep;
  map_init(&swarms->by_handle);
  map_init(&swarms->topics);
  heap_init(&swarms->timers);
  list_init(&swarms->events);
  list_init(&swarms->batch);
  list_init(&swarms->paused);
  list_init(&swarms->over);
  service_attach(ep, &service, swarms);
  *out = swarms;
  return 0;
}

/* ---- the iroh_gossip_ functions of a swarm -------------------------------------------------------- */

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
  swarms_t *swarms;
  int rv = use_swarms(ep, &swarms);
  if (rv != 0) return rv;
  swarm_t *swarm = calloc(1, sizeof *swarm);
  if (swarm == NULL) return IROH_ERR_NO_MEMORY;
  swarm->swarms = swarms;
  swarm->ep = ep;
  swarm->peer_due = swarm_peer_due;
  swarm->handle = turn_new_handle(ep);
  take_config(swarm, config);
  list_init(&swarm->all);
  list_init(&swarm->held);
  gossip_actions_init(&swarm->actions);
  rv = bytes_map_init(&swarm->topics);
  if (rv == 0) rv = bytes_map_init(&swarm->peers);
  if (rv == 0) rv = map_put(&swarms->by_handle, swarm->handle, swarm);
  if (rv != 0) {
    free(swarm);
    return rv;
  }
  *swarm_out = swarm->handle;
  return 0;
}

int iroh_gossip_close(iroh_endpoint_t *ep, iroh_handle_t handle) {
  swarm_t *swarm = swarm_of_handle(ep, handle);
  if (swarm == NULL) return IROH_ERR_CLOSED;
  swarm_free(swarm, true);
  return 0;
}

int iroh_gossip_set_data(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t *data, size_t len) {
  swarm_t *swarm = swarm_of_handle(ep, handle);
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
