/* SPDX-License-Identifier: MIT
 *
 * Peers that this one has only heard of. Each has a teller, the neighbour who said where it is, and is dialled at the
 * teller's cost (hints.h). Others are told addresses of those alone that were met here.
 */
#include "gossip/hearsay.h"

#include <stdlib.h>
#include <string.h>

#include "gossip/peers.h"
#include "gossip/random.h"
#include "gossip/state.h"
#include "wire/addr-info.h"

/* When one is looked at again whose teller cannot pay now. */
#define PAY_AGAIN (2 * SECOND)

static uint64_t cost_of(const gossip_data_t *data) {
  size_t count;
  if (!data->bytes || data->len == 0) return 0;
  if (!addr_info_count(data->bytes, data->len, &count)) count = GOSSIP_HINT_ADDRESSES;
  return min_size(count, GOSSIP_HINT_ADDRESSES) * GOSSIP_HINT_BYTES;
}

bool gossip_hearsay_begin(gossip_topic_t *topic, gossip_known_t *from) {
  gossip_hints_t *hints = topic->config.hints;
  if (!hints) return true;
  gossip_hints_earn(hints, from->id, from->heard, topic->now);
  from->heard = 0;
  if (gossip_hints_trusts(hints, from->id, topic->now)) return true;
  topic->counters.limited++;
  return false;
}

void gossip_hearsay_told(gossip_known_t *peer, const gossip_data_t *data, const gossip_known_t *from, bool first_hand) {
  if (peer->met || peer->following) return;
  if (!gossip_peer_set_data(peer, data) && peer->is_told) return;
  peer->is_told = true;
  peer->first_hand = first_hand;
  memcpy(peer->teller, from->id, sizeof peer->teller);
}

gossip_hearsay_t gossip_hearsay_follow(gossip_topic_t *topic, gossip_known_t *peer) {
  gossip_hints_t *hints = topic->config.hints;
  if (!hints || !peer->is_told || peer->met || peer->following) return GOSSIP_HEARSAY_NOW;
  if (topic->config.connected && topic->config.connected(topic->config.ctx, peer->id)) return GOSSIP_HEARSAY_NOW;
  if (!gossip_hints_trusts(hints, peer->teller, topic->now)) return GOSSIP_HEARSAY_NEVER;
  gossip_data_t data = gossip_peer_data(peer);
  uint64_t cost = cost_of(&data);
  if (!gossip_hints_begin(hints, peer->teller, cost, gossip_neighbors(topic) == 0, topic->now)) {
    topic->counters.limited++;
    peer->due = topic->now + gossip_random_about(topic, PAY_AGAIN);
    return GOSSIP_HEARSAY_LATER;
  }
  peer->cost = (uint16_t)cost;
  peer->following = true;
  return GOSSIP_HEARSAY_NOW;
}

bool gossip_hearsay_pass(gossip_topic_t *topic, const gossip_known_t *from, gossip_peer_t *entry) {
  const gossip_known_t *known = gossip_peer_find(topic, entry->id);
  if (known && known->met) {
    entry->data = gossip_peer_data(known);
  } else if (topic->config.hints &&
             !gossip_hints_pay(topic->config.hints, from->id, cost_of(&entry->data), topic->now)) {
    entry->data = (gossip_data_t){NULL, 0};
  }
  return entry->data.bytes || !topic->config.needs_data;
}

gossip_data_t gossip_hearsay_for_others(const gossip_topic_t *topic, const gossip_known_t *peer) {
  return peer->met || !topic->config.hints ? gossip_peer_data(peer) : (gossip_data_t){NULL, 0};
}

/* Stops watching its dial. */
static void forget(gossip_topic_t *topic, gossip_known_t *peer, bool answered) {
  gossip_hints_t *hints = topic->config.hints;
  if (hints && peer->following) gossip_hints_end(hints, peer->teller, peer->cost, answered, topic->now);
  peer->following = false;
  peer->cost = 0;
}

static void end(gossip_topic_t *topic, gossip_known_t *peer, bool right) {
  gossip_hints_t *hints = topic->config.hints;
  bool is_judged = peer->first_hand && peer->cost > 0;
  forget(topic, peer, right);
  if (hints && is_judged) gossip_hints_judge(hints, peer->teller, right, topic->now);
  peer->is_told = false;
}

/* What it says itself, or said another, as far as this side has seen it to be true. */
static void set_vouched(const gossip_topic_t *topic, gossip_known_t *peer, const gossip_data_t *said) {
  uint8_t vouched[GOSSIP_DATA_MAX + ADDR_INFO_MORE];
  gossip_data_t data = *said;
  if (topic->config.vouch) {
    bool is_usable = said->bytes && said->len <= GOSSIP_DATA_MAX;
    size_t len = topic->config.vouch(topic->config.ctx, peer->id, is_usable ? said->bytes : NULL,
                                     is_usable ? said->len : 0, vouched);
    data = (gossip_data_t){vouched, len};
  }
  (void)gossip_peer_set_data(peer, &data);
}

void gossip_hearsay_met(gossip_topic_t *topic, gossip_known_t *peer) {
  if (peer->met) return;
  if (peer->is_told) end(topic, peer, true);
  gossip_data_t said = gossip_peer_data(peer);
  peer->met = true;
  set_vouched(topic, peer, &said);
}

void gossip_hearsay_said(gossip_topic_t *topic, gossip_known_t *peer, const gossip_data_t *data) {
  if (data->bytes) set_vouched(topic, peer, data);
}

bool gossip_hearsay_missed(gossip_topic_t *topic, gossip_known_t *peer) {
  if (!peer->is_told || peer->met) return false;
  end(topic, peer, false);
  return true;
}

void gossip_hearsay_tidy(gossip_topic_t *topic) {
  for (size_t i = topic->peers_count; topic->is_untidy && i-- > 0;)
    if (!topic->peers[i]->roles) forget(topic, topic->peers[i], false);
}

void gossip_hearsay_deinit(gossip_topic_t *topic) {
  for (size_t i = 0; i < topic->peers_count; i++) forget(topic, topic->peers[i], false);
}
