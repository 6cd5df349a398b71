/* SPDX-License-Identifier: MIT
 *
 * Peers outside the views: the contacts the user named, which are asked again while there are no neighbours, and the
 * lost ones. A neighbour that went out of reach may be well in another part of a network that is split: one of the lost
 * is asked now and then, with high priority, and joins both parts when it answers.
 */
#include "gossip/contacts.h"

#include "gossip/actions.h"
#include "gossip/peers.h"
#include "gossip/random.h"
#include "gossip/state.h"
#include "gossip/view.h"

#define JOIN_AGAIN_LEAST SECOND
#define JOIN_AGAIN_MOST (30 * SECOND)
#define HEAL_EVERY (25 * SECOND)
enum { JOINS_AT_ONCE = 3 };

static void send_join(gossip_topic_t *topic, gossip_known_t *peer) {
  gossip_message_t message = {.kind = GOSSIP_JOIN, .data = {topic->data, topic->data_len}};
  (void)gossip_tell(topic, peer, &message);
}

static void make_contact(gossip_topic_t *topic, gossip_known_t *peer) {
  if (peer->roles & ROLE_CONTACT) return;
  if (gossip_peer_count(topic, ROLE_CONTACT) >= CONTACTS_MAX) {
    gossip_known_t *other = gossip_peer_pick(topic, ROLE_CONTACT, 0, false);
    gossip_peer_lose(topic, other, ROLE_CONTACT);
  }
  gossip_peer_lose(topic, peer, ROLE_GUEST);
  gossip_peer_gain(topic, peer, ROLE_CONTACT);
}

void gossip_contacts_join(gossip_topic_t *topic, gossip_known_t *peer) {
  make_contact(topic, peer);
  peer->joining = !(peer->roles & ROLE_ACTIVE);
  send_join(topic, peer);
  topic->contact_wait = JOIN_AGAIN_LEAST;
  topic->contact_at = GOSSIP_NEVER;
}

void gossip_contacts_arm(gossip_topic_t *topic) {
  size_t contacts = gossip_peer_count(topic, ROLE_CONTACT), lost = gossip_peer_count(topic, ROLE_LOST);
  bool is_alone = gossip_neighbors(topic) == 0;
  if (!is_alone || contacts + lost == 0) {
    topic->contact_at = GOSSIP_NEVER;
    topic->contact_wait = JOIN_AGAIN_LEAST;
  } else if (topic->contact_at == GOSSIP_NEVER) {
    topic->contact_at = topic->now + gossip_random_about(topic, topic->contact_wait);
  }
  if (is_alone || lost == 0)
    topic->heal_at = GOSSIP_NEVER;
  else if (topic->heal_at == GOSSIP_NEVER)
    topic->heal_at = topic->now + gossip_random_about(topic, HEAL_EVERY);
}

/* A peer that takes the one of before for this one does not answer, on connections of before least of all. */
static void join_anew(gossip_topic_t *topic, gossip_known_t *peer) {
  if (peer->silent) gossip_act(topic, GOSSIP_ACTION_RENEW, peer->id, 0);
  send_join(topic, peer);
}

static void join_again(gossip_topic_t *topic) {
  gossip_known_t *peers[JOINS_AT_ONCE + 1];
  size_t count = gossip_peer_sample(topic, ROLE_CONTACT, NULL, peers, JOINS_AT_ONCE);
  gossip_known_t *lost = gossip_peer_pick(topic, ROLE_LOST, ROLE_CONTACT | ROLE_PENDING, false);
  if (lost) peers[count++] = lost;
  for (size_t i = 0; i < count; i++)
    if (gossip_admits(topic, peers[i]->id)) join_anew(topic, peers[i]);
  topic->contact_wait = topic->contact_wait < JOIN_AGAIN_MOST / 2 ? topic->contact_wait * 2 : JOIN_AGAIN_MOST;
}

static void heal(gossip_topic_t *topic) {
  gossip_known_t *peer = gossip_peer_pick(topic, ROLE_LOST, ROLE_PENDING, true);
  if (!peer) return;
  if (gossip_admits(topic, peer->id)) {
    (void)gossip_view_request(topic, peer, true);
  } else {
    gossip_peer_lose(topic, peer, ROLE_LOST);
  }
}

void gossip_contacts_tick(gossip_topic_t *topic) {
  if (topic->now >= topic->contact_at) {
    topic->contact_at = GOSSIP_NEVER;
    join_again(topic);
  }
  if (topic->now >= topic->heal_at) {
    topic->heal_at = GOSSIP_NEVER;
    heal(topic);
  }
}
