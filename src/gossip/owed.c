/* SPDX-License-Identifier: MIT
 *
 * Messages and announcements that were refused because too much waits for a neighbour. They are announced to it, some
 * at a time, for as long as the messages are kept: a slow neighbour asks for them at its own pace.
 */
#include "gossip/owed.h"

#include "gossip/announce.h"
#include "gossip/payloads.h"
#include "gossip/state.h"

#define ANNOUNCE_EVERY (50 * MILLISECOND)
enum { ANNOUNCED_AT_ONCE = 2 * HAVES_MAX };

static void owe(gossip_topic_t *topic, const gossip_known_t *peer, const uint8_t id[GOSSIP_ID_BYTES]) {
  gossip_payload_t *payload = gossip_payloads_find(topic, id);
  if (!payload) return;
  gossip_links_t bit = UINT32_C(1) << peer->link->place;
  payload->sent &= ~bit;
  payload->owed |= bit;
  if (topic->owed_at == GOSSIP_NEVER) topic->owed_at = topic->now + ANNOUNCE_EVERY;
}

void gossip_owed_refused(gossip_topic_t *topic, gossip_known_t *peer, const gossip_frame_t *frame) {
  if (frame->kind == GOSSIP_GOSSIP) {
    topic->counters.refused++;
    if (!frame->neighbors) owe(topic, peer, frame->id);
  } else if (frame->kind == GOSSIP_IHAVE) {
    gossip_message_t message;
    gossip_have_t have;
    if (gossip_decode(frame->bytes + GOSSIP_LENGTH_BYTES, frame->len - GOSSIP_LENGTH_BYTES, &message)) return;
    while (gossip_next_have(&message.list, &have)) owe(topic, peer, have.id);
  }
}

void gossip_owed_tick(gossip_topic_t *topic) {
  size_t announced[LINKS_MAX] = {0};
  gossip_links_t full = 0;
  bool is_more = false;
  if (topic->now < topic->owed_at) return;
  list_for_each(node, &topic->payloads.by_age) {
    gossip_payload_t *payload = container_of(node, gossip_payload_t, node);
    gossip_links_t to = payload->owed & ~full;
    for (size_t place = 0; place < topic->config.active_view; place++)
      if (to >> place & 1 && ++announced[place] == ANNOUNCED_AT_ONCE) full |= UINT32_C(1) << place;
    payload->owed &= ~to;
    gossip_announce(topic, payload->frame->id, payload->frame->round, to);
    if (payload->owed) is_more = true;
  }
  topic->owed_at = is_more ? topic->now + ANNOUNCE_EVERY : GOSSIP_NEVER;
}
