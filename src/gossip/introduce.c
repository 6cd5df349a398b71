/* SPDX-License-Identifier: MIT
 *
 * The peers that a Shuffle or a ShuffleReply names, as many as fit.
 */
#include "gossip/introduce.h"

#include "gossip/actions.h"
#include "gossip/hearsay.h"
#include "gossip/peers.h"
#include "gossip/state.h"

/* What all else in a message may take: tags, origin, count, ttl. */
enum { LIST_OVERHEAD = 48, ENTRY_OVERHEAD = GOSSIP_ID_BYTES + 4 };

gossip_introduction_t gossip_introduction_begin(const gossip_topic_t *topic) {
  return (gossip_introduction_t){.room = topic->config.max_message - 1 - LIST_OVERHEAD};
}

void gossip_introduction_add(gossip_introduction_t *list, const uint8_t *id, gossip_data_t data) {
  if (list->count == INTRODUCED_MAX || list->room < ENTRY_OVERHEAD) return;
  list->room -= ENTRY_OVERHEAD;
  if (data.len > list->room || data.len > GOSSIP_DATA_MAX) data = (gossip_data_t){NULL, 0};
  list->room -= data.len;
  list->items[list->count++] = (gossip_peer_t){id, data};
}

void gossip_introduction_add_known(const gossip_topic_t *topic, gossip_introduction_t *list, gossip_known_t **peers,
                                   size_t count) {
  for (size_t i = 0; i < count; i++)
    gossip_introduction_add(list, peers[i]->id, gossip_hearsay_for_others(topic, peers[i]));
}

void gossip_introduce(gossip_topic_t *topic, gossip_known_t *to, size_t max) {
  gossip_known_t *peers[INTRODUCED_MAX];
  max = min_size(max, INTRODUCED_MAX);
  size_t count = gossip_peer_sample_met(topic, ROLE_ACTIVE | ROLE_PASSIVE, to, peers, max);
  count += gossip_peer_sample_unmet(topic, ROLE_PASSIVE, to, peers + count, max - count);
  gossip_introduction_t list = gossip_introduction_begin(topic);
  gossip_introduction_add_known(topic, &list, peers, count);
  gossip_message_t message = {.kind = GOSSIP_SHUFFLE_REPLY, .peers = list.items, .count = list.count};
  (void)gossip_tell(topic, to, &message);
}
