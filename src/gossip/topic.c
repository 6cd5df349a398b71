/* SPDX-License-Identifier: MIT
 *
 * The functions of topic.h: each makes room for its actions, does its part, lets the views fill up,
 * and sets the timers by what there is then.
 */
#include "gossip/topic.h"

#include <stdlib.h>
#include <string.h>

#include "gossip/actions.h"
#include "gossip/announce.h"
#include "gossip/broadcast.h"
#include "gossip/contacts.h"
#include "gossip/hearsay.h"
#include "gossip/membership.h"
#include "gossip/missing.h"
#include "gossip/owed.h"
#include "gossip/payloads.h"
#include "gossip/peers.h"
#include "gossip/random.h"
#include "gossip/seen.h"
#include "gossip/shuffle.h"
#include "gossip/state.h"
#include "gossip/view.h"
#include "iroh.h"

/* What a call may give: a peer evicted, one let in and made known to all neighbours, announcements, requests. What
 * ticks and quitting give beyond it grows the list. */
enum { ACTIONS_OF_A_CALL = 256 };

/* How long nothing is tried after there was no memory. */
#define REST (100 * MILLISECOND)

/* Begins a call. False: the topic was left, or there is no memory for what the call would give. */
static bool enter(gossip_topic_t *topic, uint64_t now, gossip_actions_t *out) {
  if (topic->left || !gossip_actions_reserve(out, ACTIONS_OF_A_CALL)) return false;
  topic->now = now;
  topic->out = out;
  return true;
}

/* Ends a call. */
static void leave(gossip_topic_t *topic) {
  gossip_view_settle(topic);
  gossip_contacts_arm(topic);
  gossip_shuffle_arm(topic);
  gossip_hearsay_tidy(topic);
  gossip_peers_tidy(topic);
  topic->out = NULL;
}

static void set_default(uint64_t *value, uint64_t fallback) {
  if (*value == 0) *value = fallback;
}

static int complete_config(gossip_config_t *config) {
  if (config->max_message == 0) config->max_message = GOSSIP_MESSAGE_DEFAULT;
  if (config->active_view == 0) config->active_view = 5;
  if (config->passive_view == 0) config->passive_view = 30;
  if (config->max_payload_bytes == 0) config->max_payload_bytes = (size_t)8 << 20;
  if (config->max_ids == 0) config->max_ids = (size_t)1 << 16;
  set_default(&config->shuffle_every, 60 * SECOND);
  set_default(&config->keep_payloads, 30 * SECOND);
  set_default(&config->keep_ids, 90 * SECOND);
  bool is_fine = config->max_message >= GOSSIP_MESSAGE_LEAST && config->active_view <= LINKS_MAX &&
                 config->passive_view <= PASSIVES_MAX;
  return is_fine ? 0 : IROH_ERR_INVALID_ARGUMENT;
}

int gossip_topic_new(const gossip_config_t *config, uint64_t now, gossip_topic_t **out) {
  *out = NULL;
  gossip_config_t complete = *config;
  int rv = complete_config(&complete);
  if (rv) return rv;
  gossip_topic_t *topic = calloc(1, sizeof(*topic));
  if (!topic) return IROH_ERR_NO_MEMORY;
  topic->config = complete;
  topic->random = complete.seed;
  topic->now = now;
  topic->refill_at = topic->contact_at = topic->heal_at = topic->shuffle_at = topic->owed_at = GOSSIP_NEVER;
  topic->announcements.due = GOSSIP_NEVER;
  rv = gossip_seen_init(&topic->seen, gossip_random(topic));
  if (!rv) rv = gossip_payloads_init(&topic->payloads);
  if (!rv) rv = gossip_missing_init(&topic->missing);
  if (rv) {
    free(topic);
    return rv;
  }
  *out = topic;
  return 0;
}

void gossip_topic_free(gossip_topic_t *topic) {
  if (!topic) return;
  free(topic->announcements.items);
  gossip_missing_deinit(&topic->missing);
  gossip_payloads_deinit(&topic->payloads);
  gossip_seen_deinit(&topic->seen);
  gossip_hearsay_deinit(topic);
  gossip_peers_deinit(topic);
  free(topic->data);
  free(topic);
}

int gossip_topic_set_data(gossip_topic_t *topic, const uint8_t *data, size_t len) {
  if (len > GOSSIP_DATA_MAX) return IROH_ERR_TOO_LONG;
  uint8_t *copy = malloc(max_size(len, 1));
  if (!copy) return IROH_ERR_NO_MEMORY;
  if (len) memcpy(copy, data, len);
  free(topic->data);
  topic->data = copy;
  topic->data_len = len;
  return 0;
}

void gossip_topic_join(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now,
                       gossip_actions_t *out) {
  if (!enter(topic, now, out)) return;
  gossip_known_t *contact = gossip_peer_get(topic, peer);
  if (contact) gossip_contacts_join(topic, contact);
  leave(topic);
}

int gossip_topic_broadcast(gossip_topic_t *topic, const uint8_t *content, size_t len, bool neighbors, uint64_t now,
                           gossip_actions_t *out) {
  if (!enter(topic, now, out)) return topic->left ? 0 : IROH_ERR_NO_MEMORY;
  int rv = gossip_broadcast(topic, content, len, neighbors);
  leave(topic);
  return rv;
}

static void take(gossip_topic_t *topic, gossip_known_t *from, uint64_t rtt, gossip_message_t *message) {
  if (message->kind != GOSSIP_GOSSIP) topic->counters.control_received++;
  from->silent = false;
  gossip_hearsay_met(topic, from);
  if (from->link && rtt) from->link->rtt = rtt;
  if (message->kind >= GOSSIP_GOSSIP)
    gossip_on_broadcast(topic, from, message);
  else
    gossip_on_membership(topic, from, message);
  /* One that was told something is remembered, so as not to be told it again at once. */
  if (from->told_at == topic->now) gossip_peer_host(topic, from);
}

int gossip_topic_receive(gossip_topic_t *topic, const uint8_t from[GOSSIP_ID_BYTES], uint64_t rtt, const uint8_t *bytes,
                         size_t len, uint64_t now, gossip_actions_t *out) {
  gossip_message_t message;
  if (len > topic->config.max_message || gossip_decode(bytes, len, &message)) {
    topic->counters.invalid++;
    return IROH_ERR_GOSSIP;
  }
  if (!enter(topic, now, out)) return 0;
  gossip_known_t *peer = gossip_peer_get(topic, from);
  if (peer) {
    peer->heard += (uint32_t)len;
    take(topic, peer, rtt, &message);
  }
  leave(topic);
  return 0;
}

static void close_peer(gossip_topic_t *topic, gossip_known_t *peer) {
  peer->gone = false;
  /* One that was only heard of, and is not there, is forgotten. */
  if (gossip_hearsay_missed(topic, peer)) {
    gossip_peer_lose(topic, peer, ROLE_PASSIVE);
    topic->hungry = true;
  }
  bool was_joining = peer->joining;
  peer->joining = false;
  if (was_joining) gossip_act(topic, GOSSIP_ACTION_JOIN_FAILED, peer->id, 0);
  if (peer->roles & ROLE_ACTIVE) {
    gossip_view_remove(topic, peer, GOSSIP_DOWN_CLOSED);
  } else if (peer->roles & ROLE_PENDING && !(peer->roles & ROLE_LOST)) {
    gossip_peer_lose(topic, peer, ROLE_PENDING);
    if (peer->roles & ROLE_PASSIVE) gossip_view_lose(topic, peer);
    topic->hungry = true;
  } else if (peer->roles & ROLE_PENDING) {
    gossip_view_fail(topic, peer);
  } else if (was_joining) {
    gossip_view_lose(topic, peer);
  } else if (peer->roles & ROLE_PASSIVE && !peer->alive && peer->silent) {
    gossip_peer_lose(topic, peer, ROLE_PASSIVE);
  }
  peer->alive = false;
  gossip_peer_lose(topic, peer, ROLE_GUEST);
}

/* Puts off what there is no memory for now. */
static void owe(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES]) {
  gossip_known_t *known = topic->left ? NULL : gossip_peer_find(topic, peer);
  if (known) known->gone = topic->owes = true;
}

static void pay(gossip_topic_t *topic) {
  topic->owes = false;
  for (size_t i = topic->peers_count; i-- > 0;)
    if (i < topic->peers_count && topic->peers[i]->gone) close_peer(topic, topic->peers[i]);
}

void gossip_topic_closed(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now,
                         gossip_actions_t *out) {
  if (!enter(topic, now, out)) {
    owe(topic, peer);
    return;
  }
  gossip_known_t *known = gossip_peer_find(topic, peer);
  if (known) close_peer(topic, known);
  leave(topic);
}

void gossip_topic_met(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now, gossip_actions_t *out) {
  if (!enter(topic, now, out)) return;
  gossip_known_t *known = gossip_peer_find(topic, peer);
  if (known) gossip_hearsay_met(topic, known);
  leave(topic);
}

void gossip_topic_refused(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], const gossip_frame_t *frame,
                          uint64_t now, gossip_actions_t *out) {
  if (!enter(topic, now, out)) return;
  gossip_known_t *known = gossip_peer_find(topic, peer);
  if (known && known->link) gossip_owed_refused(topic, known, frame);
  leave(topic);
}

void gossip_topic_evict(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now,
                        gossip_actions_t *out) {
  if (!enter(topic, now, out)) {
    owe(topic, peer);
    return;
  }
  gossip_known_t *known = gossip_peer_find(topic, peer);
  if (known && known->link) gossip_view_evict(topic, known);
  if (known) gossip_peer_lose(topic, known, (uint8_t)~ROLE_CONTACT);
  leave(topic);
}

void gossip_topic_quit(gossip_topic_t *topic, uint64_t now, gossip_actions_t *out) {
  if (enter(topic, now, out)) {
    for (size_t i = 0; i < topic->peers_count; i++) {
      gossip_known_t *peer = topic->peers[i];
      if (peer->roles & (ROLE_ACTIVE | ROLE_PENDING) || peer->joining) gossip_view_part(topic, peer, false);
    }
  }
  topic->left = true;
  topic->out = NULL;
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_due(const gossip_topic_t *topic) {
  if (topic->left) return GOSSIP_NEVER;
  if (topic->owes) return 0;
  uint64_t due = earlier(topic->refill_at, earlier(topic->contact_at, earlier(topic->heal_at, topic->shuffle_at)));
  due = earlier(due, earlier(topic->owed_at, earlier(topic->missing.due, topic->announcements.due)));
  due = earlier(due, earlier(gossip_seen_due(topic), gossip_payloads_due(topic)));
  if (gossip_peer_count(topic, ROLE_PENDING) + gossip_peer_count(topic, ROLE_GUEST) == 0) return due;
  for (size_t i = 0; i < topic->peers_count; i++)
    if (topic->peers[i]->roles & (ROLE_PENDING | ROLE_GUEST)) due = earlier(due, topic->peers[i]->due);
  return due;
}

uint64_t gossip_topic_deadline(const gossip_topic_t *topic) {
  uint64_t due = next_due(topic);
  return due > topic->rest ? due : topic->rest;
}

void gossip_topic_tick(gossip_topic_t *topic, uint64_t now, gossip_actions_t *out) {
  if (!enter(topic, now, out)) {
    topic->rest = now + REST;
    return;
  }
  if (topic->owes) pay(topic);
  gossip_peers_expire(topic);
  gossip_seen_expire(topic);
  gossip_payloads_expire(topic);
  gossip_owed_tick(topic);
  if (now >= topic->announcements.due) gossip_announce_flush(topic);
  gossip_missing_tick(topic);
  gossip_contacts_tick(topic);
  gossip_shuffle_tick(topic);
  leave(topic);
}

size_t gossip_topic_neighbors(const gossip_topic_t *topic, uint8_t (*out)[GOSSIP_ID_BYTES], size_t max) {
  size_t count = 0;
  for (size_t i = 0; i < topic->config.active_view; i++) {
    if (!topic->links[i]) continue;
    if (count < max) memcpy(out[count], topic->links[i]->id, GOSSIP_ID_BYTES);
    count++;
  }
  return count;
}

size_t gossip_topic_eager(const gossip_topic_t *topic, uint8_t (*out)[GOSSIP_ID_BYTES], size_t max) {
  size_t count = 0;
  for (size_t i = 0; i < topic->config.active_view; i++) {
    if (!topic->links[i] || !topic->links[i]->link->eager) continue;
    if (count < max) memcpy(out[count], topic->links[i]->id, GOSSIP_ID_BYTES);
    count++;
  }
  return count;
}

const uint8_t *gossip_topic_data(const gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], size_t *len) {
  const gossip_known_t *known = gossip_peer_find(topic, peer);
  *len = known ? known->data_len : 0;
  return known ? known->data : NULL;
}

size_t gossip_topic_passive(const gossip_topic_t *topic) { return gossip_peer_count(topic, ROLE_PASSIVE); }

const gossip_counters_t *gossip_topic_counters(const gossip_topic_t *topic) { return &topic->counters; }

size_t gossip_topic_memory(const gossip_topic_t *topic) {
  size_t bytes = sizeof(*topic) + topic->peers_cap * sizeof(gossip_known_t *);
  for (size_t i = 0; i < topic->peers_count; i++)
    bytes += sizeof(gossip_known_t) + topic->peers[i]->data_len + (topic->peers[i]->link ? sizeof(gossip_link_t) : 0);
  bytes += topic->data_len + topic->announcements.cap * sizeof(gossip_announcement_t);
  bytes += gossip_seen_memory(&topic->seen) + gossip_payloads_memory(&topic->payloads);
  return bytes + gossip_missing_memory(&topic->missing);
}
