/* SPDX-License-Identifier: MIT
 *
 * The exchange of known peers that keeps the passive views fresh.
 */
#include "gossip/shuffle.h"

#include <string.h>

#include "gossip/actions.h"
#include "gossip/hearsay.h"
#include "gossip/introduce.h"
#include "gossip/peers.h"
#include "gossip/random.h"
#include "gossip/state.h"
#include "gossip/view.h"
#include "iroh.h"

enum { SHUFFLE_TTL = 6, SHUFFLE_ACTIVE = 3, SHUFFLE_PASSIVE = 4, REPLY_MAX = 40 };

/* The first shuffles come sooner, so that a young topic soon knows whom to ask: after about 1, 3 and 9 s. */
#define SHUFFLE_FIRST SECOND
enum { SHUFFLES_SOON = 3, SHUFFLES_GROW = 3 };
/* Answers of peers that are no neighbours. */
#define GREET_EVERY (100 * MILLISECOND)
enum { GREETS_AT_ONCE = 64 };

static void shuffle(gossip_topic_t *topic) {
  gossip_known_t *to, *peers[INTRODUCED_MAX];
  if (gossip_peer_sample(topic, ROLE_ACTIVE, NULL, &to, 1) == 0) return;
  size_t count = gossip_peer_sample(topic, ROLE_ACTIVE, to, peers, SHUFFLE_ACTIVE);
  count += gossip_peer_sample(topic, ROLE_PASSIVE, to, peers + count, SHUFFLE_PASSIVE);
  gossip_introduction_t list = gossip_introduction_begin(topic);
  gossip_introduction_add(&list, topic->config.self, (gossip_data_t){topic->data, topic->data_len});
  gossip_introduction_add_known(topic, &list, peers, count);
  gossip_message_t message = {
      .kind = GOSSIP_SHUFFLE, .id = topic->config.self, .peers = list.items, .count = list.count, .ttl = SHUFFLE_TTL};
  (void)gossip_tell(topic, to, &message);
}

static uint64_t wait_time(const gossip_topic_t *topic) {
  uint64_t wait = SHUFFLE_FIRST;
  if (topic->shuffles >= SHUFFLES_SOON) return topic->config.shuffle_every;
  for (uint32_t i = 0; i < topic->shuffles; i++) wait *= SHUFFLES_GROW;
  return wait < topic->config.shuffle_every ? wait : topic->config.shuffle_every;
}

void gossip_shuffle_arm(gossip_topic_t *topic) {
  if (topic->shuffle_at == GOSSIP_NEVER && gossip_neighbors(topic) > 0)
    topic->shuffle_at = topic->now + gossip_random_about(topic, wait_time(topic));
}

void gossip_shuffle_tick(gossip_topic_t *topic) {
  if (topic->now < topic->shuffle_at) return;
  topic->shuffle_at = GOSSIP_NEVER;
  if (gossip_neighbors(topic) == 0) return;
  shuffle(topic);
  if (topic->shuffles < SHUFFLES_SOON) topic->shuffles++;
}

/* Sends a neighbour's shuffle on, without what others would refuse. Where to answer is what it has to say; of the others in
 * it their ids go on. */
static void pass_on(gossip_topic_t *topic, const gossip_known_t *from, const gossip_message_t *message) {
  gossip_known_t *next = gossip_next_hop(topic, from, gossip_peer_find(topic, message->id));
  if (!next) return;
  gossip_introduction_t list = gossip_introduction_begin(topic);
  gossip_list_t entries = message->list;
  gossip_peer_t entry;
  while (gossip_next_peer(&entries, &entry) && list.count < INTRODUCED_MAX)
    if (gossip_peer_find(topic, entry.id) || iroh_node_id_is_valid(entry.id)) {
      if (memcmp(entry.id, message->id, GOSSIP_ID_BYTES) != 0) entry.data = (gossip_data_t){NULL, 0};
      (void)gossip_hearsay_pass(topic, from, &entry);
      gossip_introduction_add(&list, entry.id, entry.data);
    }
  gossip_message_t out = {.kind = GOSSIP_SHUFFLE,
                          .id = message->id,
                          .peers = list.items,
                          .count = list.count,
                          .ttl = (uint16_t)(message->ttl - 1)};
  (void)gossip_tell(topic, next, &out);
}

/* Learns the peers of a list that `from` sent; *origin is set to the entry of that id. Gives how many there are. */
static size_t learn(gossip_topic_t *topic, const gossip_known_t *from, gossip_list_t entries, size_t max,
                    const uint8_t *id, gossip_peer_t *origin) {
  gossip_peer_t entry;
  size_t count = 0;
  while (count < max && gossip_next_peer(&entries, &entry)) {
    if (id && memcmp(entry.id, id, GOSSIP_ID_BYTES) == 0) *origin = entry;
    gossip_view_learn(topic, &entry, from, id == NULL);
    count++;
  }
  return count;
}

void gossip_on_shuffle(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message) {
  if (memcmp(message->id, topic->config.self, GOSSIP_ID_BYTES) == 0 || !gossip_hearsay_begin(topic, from)) return;
  bool is_known = gossip_peer_find(topic, message->id);
  if (!is_known && !iroh_node_id_is_valid(message->id)) return;
  if (message->ttl > SHUFFLE_TTL) message->ttl = SHUFFLE_TTL;
  if (message->ttl > 0 && gossip_neighbors(topic) > 1) {
    pass_on(topic, from, message);
    return;
  }
  gossip_peer_t heard = {NULL, {NULL, 0}};
  size_t count = learn(topic, from, message->list, INTRODUCED_MAX, message->id, &heard);
  /* A shuffle that does not name its origin is not its own. */
  gossip_known_t *origin = heard.id ? gossip_peer_get(topic, message->id) : NULL;
  if (!origin) return;
  bool is_ours = origin->roles & (ROLE_ACTIVE | ROLE_PENDING);
  if (is_ours || (gossip_admits(topic, origin->id) && gossip_may_dial(topic))) {
    gossip_hearsay_told(origin, &heard.data, from, false);
    if (gossip_hearsay_follow(topic, origin) == GOSSIP_HEARSAY_NOW) gossip_introduce(topic, origin, count);
    gossip_peer_host(topic, origin);
    if (!is_ours) gossip_release(topic, origin);
  }
}

void gossip_on_shuffle_reply(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message) {
  gossip_peer_t unused;
  bool is_ours = from->roles & (ROLE_ACTIVE | ROLE_PENDING | ROLE_CONTACT);
  if (!is_ours && !gossip_rate_take(&topic->greetings, topic->now, GREET_EVERY, GREETS_AT_ONCE)) {
    topic->counters.limited++;
    return;
  }
  if (gossip_hearsay_begin(topic, from)) (void)learn(topic, from, message->list, REPLY_MAX, NULL, &unused);
}
