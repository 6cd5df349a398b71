/* SPDX-License-Identifier: MIT
 *
 * The messages that can be asked for, bounded by time and bytes.
 */
#include "gossip/payloads.h"

#include <stdlib.h>

#include "gossip/state.h"
#include "iroh.h"

/* What one costs beside its frame: its own record, and its slot in the map at three quarters full. */
enum { OVERHEAD = sizeof(gossip_payload_t) + sizeof(bytes_map_slot_t) * 4 / 3 };

/* They go some at a time. */
#define EXPIRE_EVERY SECOND

static size_t cost_of(const gossip_frame_t *frame) { return OVERHEAD + sizeof(*frame) + frame->len; }

static gossip_payload_t *oldest(const gossip_payloads_t *payloads) {
  list_node_t *node = list_first(&payloads->by_age);
  return node ? container_of(node, gossip_payload_t, node) : NULL;
}

static void drop(gossip_payloads_t *payloads, gossip_payload_t *payload) {
  payloads->bytes -= cost_of(payload->frame);
  bytes_map_remove(&payloads->by_id, payload->frame->id, GOSSIP_ID_BYTES);
  list_remove(&payload->node);
  gossip_frame_unref(payload->frame);
  free(payload);
}

int gossip_payloads_init(gossip_payloads_t *payloads) {
  list_init(&payloads->by_age);
  return bytes_map_init(&payloads->by_id);
}

void gossip_payloads_deinit(gossip_payloads_t *payloads) {
  for (gossip_payload_t *payload; (payload = oldest(payloads));) drop(payloads, payload);
  bytes_map_deinit(&payloads->by_id);
}

gossip_payload_t *gossip_payloads_find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]) {
  return bytes_map_get(&topic->payloads.by_id, id, GOSSIP_ID_BYTES);
}

gossip_payload_t *gossip_payloads_add(gossip_topic_t *topic, gossip_frame_t *frame, uint8_t first) {
  gossip_payloads_t *payloads = &topic->payloads;
  if (cost_of(frame) > topic->config.max_payload_bytes) return NULL;
  gossip_payload_t *payload = gossip_payloads_find(topic, frame->id);
  /* It was seen so long ago that it counts as new, and is still kept. */
  if (payload) drop(payloads, payload);
  while (payloads->bytes + cost_of(frame) > topic->config.max_payload_bytes) drop(payloads, oldest(payloads));
  payload = malloc(sizeof(*payload));
  if (!payload) return NULL;
  *payload = (gossip_payload_t){.frame = frame, .at = topic->now, .first = first};
  if (bytes_map_put(&payloads->by_id, frame->id, GOSSIP_ID_BYTES, payload)) {
    free(payload);
    return NULL;
  }
  gossip_frame_ref(frame);
  list_push_back(&payloads->by_age, &payload->node);
  payloads->bytes += cost_of(frame);
  return payload;
}

void gossip_payloads_forget_link(gossip_topic_t *topic, uint8_t place) {
  list_for_each(node, &topic->payloads.by_age) {
    gossip_payload_t *payload = container_of(node, gossip_payload_t, node);
    payload->sent &= ~(UINT32_C(1) << place);
    payload->owed &= ~(UINT32_C(1) << place);
    if (payload->first == place) payload->first = NO_LINK;
  }
}

uint64_t gossip_payloads_due(const gossip_topic_t *topic) {
  const gossip_payload_t *payload = oldest(&topic->payloads);
  return payload ? payload->at + topic->config.keep_payloads + EXPIRE_EVERY : GOSSIP_NEVER;
}

void gossip_payloads_expire(gossip_topic_t *topic) {
  for (gossip_payload_t *payload; (payload = oldest(&topic->payloads));) {
    if (topic->now - payload->at < topic->config.keep_payloads) return;
    drop(&topic->payloads, payload);
  }
}

size_t gossip_payloads_memory(const gossip_payloads_t *payloads) {
  size_t in_map = bytes_map_count(&payloads->by_id) * (OVERHEAD - sizeof(gossip_payload_t));
  return payloads->bytes - in_map + payloads->by_id.capacity * sizeof(bytes_map_slot_t);
}
