/* SPDX-License-Identifier: MIT
 *
 * The peers a topic knows: a hundred or so at most, so that looking through them is quick.
 */
#include "gossip/peers.h"

#include <stdlib.h>
#include <string.h>

#include "gossip/random.h"
#include "gossip/state.h"
#include "iroh.h"

#define GUEST_TIME (10 * SECOND)
/* Dials that others cause. */
#define DIAL_EVERY (125 * MILLISECOND)
enum { DIALS_AT_ONCE = 64 };

bool gossip_admits(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]) {
  return !topic->config.admit || topic->config.admit(topic->config.ctx, id);
}

static bool is(const gossip_known_t *peer, const uint8_t id[GOSSIP_ID_BYTES]) {
  return memcmp(peer->id, id, GOSSIP_ID_BYTES) == 0;
}

gossip_known_t *gossip_peer_find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]) {
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (topic->links[i] && is(topic->links[i], id)) return topic->links[i];
  for (size_t i = 0; i < topic->peers_count; i++)
    if (is(topic->peers[i], id)) return topic->peers[i];
  return NULL;
}

gossip_known_t *gossip_peer_get(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]) {
  if (memcmp(id, topic->config.self, GOSSIP_ID_BYTES) == 0) return NULL;
  gossip_known_t *peer = gossip_peer_find(topic, id);
  if (peer) return peer;
  if (topic->peers_count == topic->peers_cap) {
    size_t cap = topic->peers_cap ? topic->peers_cap * 2 : 8;
    gossip_known_t **peers = realloc(topic->peers, cap * sizeof(gossip_known_t *));
    if (!peers) return NULL;
    topic->peers = peers;
    topic->peers_cap = cap;
  }
  peer = calloc(1, sizeof(*peer));
  if (!peer) return NULL;
  memcpy(peer->id, id, GOSSIP_ID_BYTES);
  topic->peers[topic->peers_count++] = peer;
  topic->is_untidy = true;
  return peer;
}

static size_t role_index(uint8_t role) { return (size_t)__builtin_ctz(role); }

void gossip_peer_gain(gossip_topic_t *topic, gossip_known_t *peer, uint8_t role) {
  if (peer->roles & role) return;
  peer->roles |= role;
  topic->count_of[role_index(role)]++;
}

void gossip_peer_lose(gossip_topic_t *topic, gossip_known_t *peer, uint8_t roles) {
  for (uint8_t role = 1; role < 1 << ROLES; role <<= 1)
    if (peer->roles & roles & role) topic->count_of[role_index(role)]--;
  peer->roles &= (uint8_t)~roles;
  if (!peer->roles) topic->is_untidy = true;
}

size_t gossip_peer_count(const gossip_topic_t *topic, uint8_t role) { return topic->count_of[role_index(role)]; }

static void free_peer(gossip_known_t *peer) {
  free(peer->link);
  free(peer->data);
  free(peer);
}

void gossip_peers_tidy(gossip_topic_t *topic) {
  if (!topic->is_untidy) return;
  topic->is_untidy = false;
  for (size_t i = topic->peers_count; i-- > 0;) {
    if (topic->peers[i]->roles) continue;
    free_peer(topic->peers[i]);
    topic->peers[i] = topic->peers[--topic->peers_count];
  }
}

void gossip_peers_deinit(gossip_topic_t *topic) {
  for (size_t i = 0; i < topic->peers_count; i++) free_peer(topic->peers[i]);
  free(topic->peers);
}

static gossip_known_t *pick(gossip_topic_t *topic, uint8_t role, uint8_t without, bool due_only, const bool *brought) {
  gossip_known_t *picked = NULL;
  size_t seen = 0;
  for (size_t i = 0; i < topic->peers_count; i++) {
    gossip_known_t *peer = topic->peers[i];
    if (!(peer->roles & role) || peer->roles & without || (peer->following && without & ROLE_PENDING)) continue;
    if (due_only && peer->due > topic->now) continue;
    if (brought && peer->brought != *brought) continue;
    if (gossip_random_below(topic, ++seen) == 0) picked = peer;
  }
  return picked;
}

gossip_known_t *gossip_peer_pick(gossip_topic_t *topic, uint8_t role, uint8_t without, bool due_only) {
  return pick(topic, role, without, due_only, NULL);
}

gossip_known_t *gossip_peer_pick_by(gossip_topic_t *topic, uint8_t role, uint8_t without, bool due_only, bool brought) {
  return pick(topic, role, without, due_only, &brought);
}

size_t gossip_peer_count_bringers(const gossip_topic_t *topic, uint8_t roles) {
  size_t count = 0;
  for (size_t i = 0; i < topic->peers_count; i++) count += topic->peers[i]->brought && topic->peers[i]->roles & roles;
  return count;
}

enum { UNMET = 1, MET = 2 };

static size_t sample(gossip_topic_t *topic, uint8_t roles, int which, const gossip_known_t *except,
                     gossip_known_t **out, size_t max) {
  size_t seen = 0;
  for (size_t i = 0; i < topic->peers_count; i++) {
    gossip_known_t *peer = topic->peers[i];
    if (!(peer->roles & roles) || peer == except || !(which & (peer->met ? MET : UNMET))) continue;
    size_t at = seen < max ? seen : gossip_random_below(topic, seen + 1);
    if (at < max) out[at] = peer;
    seen++;
  }
  return min_size(seen, max);
}

size_t gossip_peer_sample(gossip_topic_t *topic, uint8_t roles, const gossip_known_t *except, gossip_known_t **out,
                          size_t max) {
  return sample(topic, roles, MET | UNMET, except, out, max);
}

size_t gossip_peer_sample_met(gossip_topic_t *topic, uint8_t roles, const gossip_known_t *except, gossip_known_t **out,
                              size_t max) {
  return sample(topic, roles, MET, except, out, max);
}

size_t gossip_peer_sample_unmet(gossip_topic_t *topic, uint8_t roles, const gossip_known_t *except,
                                gossip_known_t **out, size_t max) {
  return sample(topic, roles, UNMET, except, out, max);
}

bool gossip_peer_set_data(gossip_known_t *peer, const gossip_data_t *data) {
  if (!data->bytes || data->len > GOSSIP_DATA_MAX) return false;
  if (peer->data && peer->data_len == data->len && memcmp(peer->data, data->bytes, data->len) == 0) return true;
  uint8_t *copy = malloc(max_size(data->len, 1));
  if (!copy) return false;
  memcpy(copy, data->bytes, data->len);
  free(peer->data);
  peer->data = copy;
  peer->data_len = (uint16_t)data->len;
  return true;
}

gossip_data_t gossip_peer_data(const gossip_known_t *peer) { return (gossip_data_t){peer->data, peer->data_len}; }

/* The one of a role whose time comes first. */
static gossip_known_t *next_due(const gossip_topic_t *topic, uint8_t role) {
  gossip_known_t *next = NULL;
  for (size_t i = 0; i < topic->peers_count; i++) {
    gossip_known_t *peer = topic->peers[i];
    if (peer->roles & role && (!next || peer->due < next->due)) next = peer;
  }
  return next;
}

void gossip_peer_host(gossip_topic_t *topic, gossip_known_t *peer) {
  if (peer->roles) return;
  if (gossip_peer_count(topic, ROLE_GUEST) >= GUESTS_MAX) {
    gossip_known_t *oldest = next_due(topic, ROLE_GUEST);
    gossip_peer_lose(topic, oldest, ROLE_GUEST);
  }
  gossip_peer_gain(topic, peer, ROLE_GUEST);
  peer->due = topic->now + GUEST_TIME;
}

void gossip_peer_miss(gossip_topic_t *topic, gossip_known_t *peer, uint64_t wait) {
  gossip_peer_lose(topic, peer, ROLE_PASSIVE | ROLE_GUEST | ROLE_PENDING);
  if (!(peer->roles & ROLE_LOST) && gossip_peer_count(topic, ROLE_LOST) >= LOST_MAX) {
    gossip_known_t *other = gossip_peer_pick(topic, ROLE_LOST, 0, false);
    gossip_peer_lose(topic, other, ROLE_LOST);
  }
  gossip_peer_gain(topic, peer, ROLE_LOST);
  peer->due = topic->now + wait;
}

void gossip_peers_expire(gossip_topic_t *topic) {
  for (size_t i = topic->peers_count; i-- > 0;) {
    gossip_known_t *peer = topic->peers[i];
    if (!(peer->roles & ROLE_GUEST) || peer->due > topic->now) continue;
    gossip_peer_lose(topic, peer, ROLE_GUEST);
  }
}

gossip_known_t *gossip_next_hop(gossip_topic_t *topic, const gossip_known_t *from, const gossip_known_t *other) {
  gossip_known_t *picked = NULL;
  size_t count = 0;
  for (size_t i = 0; i < topic->config.active_view; i++) {
    gossip_known_t *peer = topic->links[i];
    if (peer && peer != from && peer != other && gossip_random_below(topic, ++count) == 0) picked = peer;
  }
  return picked;
}

bool gossip_may_dial(gossip_topic_t *topic) {
  if (gossip_rate_take(&topic->dials, topic->now, DIAL_EVERY, DIALS_AT_ONCE)) return true;
  topic->counters.limited++;
  return false;
}
