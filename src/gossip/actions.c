/* SPDX-License-Identifier: MIT */
#include "gossip/actions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gossip/state.h"
#include "iroh.h"

void gossip_frame_ref(gossip_frame_t *frame) { frame->refs++; }

void gossip_frame_unref(gossip_frame_t *frame) {
  if (frame && --frame->refs == 0) free(frame);
}

void gossip_actions_init(gossip_actions_t *actions) { *actions = (gossip_actions_t){0}; }

void gossip_actions_clear(gossip_actions_t *actions) {
  for (size_t i = 0; i < actions->count; i++) gossip_frame_unref(actions->items[i].frame);
  actions->count = 0;
}

void gossip_actions_deinit(gossip_actions_t *actions) {
  gossip_actions_clear(actions);
  free(actions->items);
  gossip_actions_init(actions);
}

bool gossip_actions_reserve(gossip_actions_t *actions, size_t extra) {
  size_t wanted = actions->count + extra;
  if (wanted <= actions->cap) return true;
  size_t cap = max_size(wanted, actions->cap * 2);
  gossip_action_t *items = realloc(actions->items, cap * sizeof(*items));
  if (!items) return false;
  actions->items = items;
  actions->cap = cap;
  return true;
}

static gossip_action_t *next_action(gossip_topic_t *topic, gossip_action_kind_t kind,
                                    const uint8_t peer[GOSSIP_ID_BYTES]) {
  if (!gossip_actions_reserve(topic->out, 1)) return NULL;
  gossip_action_t *action = &topic->out->items[topic->out->count++];
  *action = (gossip_action_t){.kind = kind};
  memcpy(action->peer, peer, GOSSIP_ID_BYTES);
  return action;
}

void gossip_act(gossip_topic_t *topic, gossip_action_kind_t kind, const uint8_t peer[GOSSIP_ID_BYTES],
                gossip_down_t reason) {
  gossip_action_t *action = next_action(topic, kind, peer);
  if (action) action->reason = reason;
}

void gossip_act_received(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], const gossip_message_t *message) {
  gossip_action_t *action = next_action(topic, GOSSIP_ACTION_RECEIVED, peer);
  if (!action) return;
  action->neighbors = message->neighbors;
  action->round = message->round;
  action->content = message->content;
  action->content_len = message->content_len;
}

gossip_frame_t *gossip_frame_new(const gossip_topic_t *topic, const gossip_message_t *message) {
  size_t size = gossip_size(message);
  /* A peer takes max_message bytes, and sends one less. */
  if (size >= topic->config.max_message) return NULL;
  gossip_frame_t *frame = malloc(sizeof(*frame) + GOSSIP_LENGTH_BYTES + size);
  if (!frame) return NULL;
  *frame = (gossip_frame_t){.refs = 1,
                            .kind = message->kind,
                            .round = message->round,
                            .neighbors = message->neighbors,
                            .len = GOSSIP_LENGTH_BYTES + size};
  if (message->kind == GOSSIP_GOSSIP) memcpy(frame->id, message->id, GOSSIP_ID_BYTES);
  gossip_encode(message, frame->bytes);
  return frame;
}

void gossip_send(gossip_topic_t *topic, gossip_known_t *peer, gossip_frame_t *frame) {
  gossip_action_t *action = next_action(topic, GOSSIP_ACTION_SEND, peer->id);
  if (!action) return;
  gossip_frame_ref(frame);
  action->frame = frame;
  peer->silent = true;
  if (frame->kind == GOSSIP_GOSSIP)
    topic->counters.payloads_sent++;
  else
    topic->counters.control_sent++;
}

bool gossip_tell(gossip_topic_t *topic, gossip_known_t *peer, const gossip_message_t *message) {
  gossip_frame_t *frame = gossip_frame_new(topic, message);
  if (!frame) return false;
  gossip_send(topic, peer, frame);
  gossip_frame_unref(frame);
  return true;
}

void gossip_release(gossip_topic_t *topic, gossip_known_t *peer) {
  peer->alive = true;
  gossip_act(topic, GOSSIP_ACTION_RELEASE, peer->id, 0);
}
