/* SPDX-License-Identifier: MIT
 *
 * What HyParView's messages do. As iroh-gossip does it, with three differences that it does not see: only a request
 * that awaits an answer counts as pending, walks and dials that others cause have a rate, and a Join or Neighbor beyond
 * a rate is turned away as one of low priority is, with peers to go to.
 */
#include "gossip/membership.h"

#include <string.h>

#include "gossip/actions.h"
#include "gossip/hearsay.h"
#include "gossip/introduce.h"
#include "gossip/peers.h"
#include "gossip/shuffle.h"
#include "gossip/state.h"
#include "gossip/tree.h"
#include "gossip/view.h"
#include "iroh.h"

enum { JOIN_TTL = 6, PASSIVE_TTL = 3, NODES_JOINING = 7 };

/* Two peers that answer each other's late answers would never end. */
#define ANSWER_EVERY SECOND
/* A neighbour's Joins: one that began anew sends one, and does not again. */
#define JOIN_EVERY (100 * MILLISECOND)
enum { JOINS_AT_ONCE = 16 };
/* Newcomers made known to the neighbours, in all, and each of them. */
#define WALK_EVERY (125 * MILLISECOND)
enum { WALKS_AT_ONCE = 128 };
#define REJOIN_EVERY (10 * SECOND)
/* What a neighbour sends to be passed on. */
#define PASS_EVERY (30 * MILLISECOND)
enum { PASSES_AT_ONCE = 256 };
static void send_neighbor(gossip_topic_t *topic, gossip_known_t *peer, bool high) {
  gossip_message_t message = {.kind = GOSSIP_NEIGHBOR, .high = high, .data = {topic->data, topic->data_len}};
  peer->told_at = topic->now;
  (void)gossip_tell(topic, peer, &message);
}

/* Whether a newcomer may come now, by the user and by the rate of evictions. If not it has been told. */
static bool lets_in(gossip_topic_t *topic, gossip_known_t *peer, bool high) {
  if (!gossip_admits(topic, peer->id)) {
    topic->counters.limited++;
    gossip_view_dismiss(topic, peer);
    return false;
  }
  if (high ? gossip_view_make_room(topic, peer) : !gossip_view_is_full(topic)) return true;
  if (high) topic->counters.limited++;
  gossip_view_part(topic, peer, true);
  return false;
}

static void answer_neighbor(gossip_topic_t *topic, gossip_known_t *peer, bool high) {
  if (!peer->told_at || topic->now - peer->told_at >= ANSWER_EVERY) send_neighbor(topic, peer, high);
}

static bool joined_lately(const gossip_topic_t *topic, const gossip_known_t *peer) {
  return peer->link && peer->link->joined_at && topic->now - peer->link->joined_at < REJOIN_EVERY;
}

static void make_known(gossip_topic_t *topic, gossip_known_t *joiner) {
  if (joined_lately(topic, joiner)) return;
  if (joiner->link) joiner->link->joined_at = topic->now;
  if (!gossip_rate_take(&topic->walks, topic->now, WALK_EVERY, WALKS_AT_ONCE)) {
    topic->counters.limited++;
    return;
  }
  gossip_message_t message = {.kind = GOSSIP_FORWARD_JOIN, .ttl = JOIN_TTL};
  message.peer = (gossip_peer_t){joiner->id, gossip_hearsay_for_others(topic, joiner)};
  gossip_frame_t *frame = gossip_frame_new(topic, &message);
  if (!frame) return;
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (topic->links[i] && topic->links[i] != joiner) gossip_send(topic, topic->links[i], frame);
  gossip_frame_unref(frame);
}

static void on_join(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  gossip_hearsay_said(topic, from, &message->data);
  if (from->roles & ROLE_ACTIVE) {
    /* It may have begun anew, and then knows nothing of what it was sent. Not each time: it would be sent all again. */
    if (!joined_lately(topic, from)) {
      gossip_tree_down(topic, from);
      gossip_tree_up(topic, from);
    }
    if (gossip_rate_take(&from->link->answers, topic->now, JOIN_EVERY, JOINS_AT_ONCE)) send_neighbor(topic, from, true);
  } else if (lets_in(topic, from, true)) {
    gossip_view_add(topic, from, true, true);
    /* Walks end at peers that have crashed: it shall not depend on them alone. */
    gossip_introduce(topic, from, NODES_JOINING);
  } else if (!gossip_admits(topic, from->id)) {
    return;
  }
  make_known(topic, from);
}

/* Whether a neighbour's message may go on to others. */
static bool may_pass(gossip_topic_t *topic, const gossip_known_t *from) {
  if (from->link && gossip_rate_take(&from->link->walks, topic->now, PASS_EVERY, PASSES_AT_ONCE)) return true;
  topic->counters.limited++;
  return false;
}

static void accept_walk(gossip_topic_t *topic, const gossip_peer_t *joiner, const gossip_known_t *from) {
  if (!gossip_admits(topic, joiner->id) || !gossip_may_dial(topic)) return;
  gossip_known_t *peer = gossip_peer_get(topic, joiner->id);
  if (!peer) return;
  gossip_hearsay_told(peer, &joiner->data, from, false);
  (void)gossip_view_request(topic, peer, true);
}

static void on_forward_join(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message) {
  gossip_peer_t *joiner = &message->peer;
  if (!may_pass(topic, from) || !gossip_hearsay_begin(topic, from)) return;
  gossip_known_t *known = gossip_peer_find(topic, joiner->id);
  if (!known && (memcmp(joiner->id, topic->config.self, GOSSIP_ID_BYTES) == 0 || !iroh_node_id_is_valid(joiner->id)))
    return;
  if (joiner->data.len > GOSSIP_DATA_MAX) joiner->data = (gossip_data_t){NULL, 0};
  if (message->ttl > JOIN_TTL) message->ttl = JOIN_TTL;
  if (known && known->roles & ROLE_ACTIVE) {
    answer_neighbor(topic, known, true);
  } else if (message->ttl == 0 || gossip_neighbors(topic) <= 1) {
    accept_walk(topic, joiner, from);
  } else {
    if (message->ttl == PASSIVE_TTL) gossip_view_learn(topic, joiner, from, false);
    known = gossip_peer_find(topic, joiner->id);
    gossip_known_t *next = gossip_next_hop(topic, from, known);
    if (!next || (known && known->roles & ROLE_PENDING)) return;
    message->ttl--;
    if (!gossip_hearsay_pass(topic, from, joiner)) return;
    (void)gossip_tell(topic, next, message);
  }
}

static void on_neighbor(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  gossip_hearsay_said(topic, from, &message->data);
  bool is_answer = from->roles & ROLE_PENDING;
  from->joining = false;
  gossip_peer_lose(topic, from, ROLE_PENDING);
  if (from->roles & ROLE_ACTIVE) {
    if (!is_answer) answer_neighbor(topic, from, message->high);
  } else if (lets_in(topic, from, message->high)) {
    gossip_view_add(topic, from, message->high, !is_answer);
  }
}

static void on_disconnect(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  from->joining = false;
  if (from->roles & ROLE_ACTIVE)
    gossip_view_remove(topic, from, message->alive ? GOSSIP_DOWN_DROPPED : GOSSIP_DOWN_LEFT);
  else if (from->roles & ROLE_PENDING)
    gossip_view_fail(topic, from);
  if (!message->alive) gossip_peer_lose(topic, from, ROLE_PASSIVE | ROLE_LOST);
  gossip_release(topic, from);
}

void gossip_on_membership(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message) {
  switch (message->kind) {
  case GOSSIP_JOIN:
    on_join(topic, from, message);
    break;
  case GOSSIP_FORWARD_JOIN:
    on_forward_join(topic, from, message);
    break;
  case GOSSIP_SHUFFLE:
    if (may_pass(topic, from)) gossip_on_shuffle(topic, from, message);
    break;
  case GOSSIP_SHUFFLE_REPLY:
    gossip_on_shuffle_reply(topic, from, message);
    break;
  case GOSSIP_NEIGHBOR:
    on_neighbor(topic, from, message);
    break;
  case GOSSIP_DISCONNECT:
    on_disconnect(topic, from, message);
    break;
  default:
    break;
  }
}
