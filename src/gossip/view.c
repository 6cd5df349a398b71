/* SPDX-License-Identifier: MIT
 *
 * HyParView's two views: the neighbours, and the peers that may become some.
 */
#include "gossip/view.h"

#include <stdlib.h>

#include "gossip/actions.h"
#include "gossip/hearsay.h"
#include "gossip/introduce.h"
#include "gossip/missing.h"
#include "gossip/peers.h"
#include "gossip/random.h"
#include "gossip/state.h"
#include "gossip/tree.h"
#include "iroh.h"

enum { NODES_PARTING = 7, FAILURES_MAX = 12, TIMEOUTS_MAX = 3, KEPT = 2 };

/* How long an answer to a Neighbor may take before another peer is asked. One that comes later is still good. */
#define REQUEST_TIME (500 * MILLISECOND)
/* How long a peer is not asked again that has parted, or did not want to. It doubles with each time, up to the most. */
#define RETRY_LEAST (2 * SECOND)
#define RETRY_MOST (60 * SECOND)
#define LOST_LEAST (20 * SECOND)
#define LOST_MOST (300 * SECOND)
/* A neighbour of less than that may be evicted for any newcomer; of the others only the youngest. */
#define YOUNG (60 * SECOND)
/* Neighbours that never had a message, and others, in place of which a newcomer came. */
#define EVICT_EVERY SECOND
#define LOSS_EVERY (5 * SECOND)
enum { EVICTS_AT_ONCE = 64, LOSSES_AT_ONCE = 5 };
/* Neighbours that brought no message, in place of which one that did comes back: strangers do not use up its chance. */
#define RETURN_EVERY SECOND
enum { RETURNS_AT_ONCE = 8 };
/* Peers that one neighbour tells of, in the place of others in the passive view: a part of the view at once, then one at a
 * time. A whole view of 30 is another's word after 40 s at the soonest, not after one message. */
#define LESSON_EVERY (2 * SECOND)
enum { LESSONS_PART = 3 };
/* Of the passive view, half is kept for peers that brought messages. */
enum { BRINGERS_PART = 2 };
#define DISMISS_EVERY (2 * SECOND)
/* Requests for the last neighbour that is wanting. */
#define REQUEST_EVERY (3 * SECOND)
enum { REQUESTS_AT_ONCE = 4, REFUSALS_ENOUGH = 3 };

static gossip_message_t neighbor_message(const gossip_topic_t *topic, bool high) {
  return (gossip_message_t){.kind = GOSSIP_NEIGHBOR, .high = high, .data = {topic->data, topic->data_len}};
}

/* How many of the neighbours came before this one. */
static size_t age_rank(const gossip_topic_t *topic, const gossip_link_t *link) {
  size_t rank = 0;
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (topic->links[i] && topic->links[i]->link->order < link->order) rank++;
  return rank;
}

/* Whom to part from for another. Strangers that come in great number replace each other: of the neighbours that never
 * had a message, not the oldest few, a young one, or the youngest. NULL: there is none. */
static gossip_known_t *choose_idle(gossip_topic_t *topic) {
  gossip_known_t *young = NULL, *youngest = NULL;
  size_t count = 0;
  for (size_t i = 0; i < topic->config.active_view; i++) {
    gossip_known_t *peer = topic->links[i];
    if (!peer || peer->proven || age_rank(topic, peer->link) < KEPT) continue;
    if (!youngest || peer->link->order > youngest->link->order) youngest = peer;
    if (topic->now - peer->link->since < YOUNG && gossip_random_below(topic, ++count) == 0) young = peer;
  }
  return young ? young : youngest;
}

/* What a neighbour was good for: nothing yet, it had a message of the topic, it was the first to bring one. */
static int worth(const gossip_known_t *peer) { return peer->proven + peer->brought; }

/* Of those that were good for least, be they the oldest ones. */
static gossip_known_t *choose_youngest(const gossip_topic_t *topic) {
  gossip_known_t *youngest = NULL;
  for (size_t i = 0; i < topic->config.active_view; i++) {
    gossip_known_t *peer = topic->links[i];
    if (!peer || (youngest && worth(peer) > worth(youngest))) continue;
    bool is_less = !youngest || worth(peer) < worth(youngest);
    if (is_less || peer->link->order > youngest->link->order) youngest = peer;
  }
  return youngest;
}

bool gossip_view_is_full(const gossip_topic_t *topic) { return gossip_neighbors(topic) >= topic->config.active_view; }

bool gossip_view_make_room(gossip_topic_t *topic, const gossip_known_t *newcomer) {
  if (!gossip_view_is_full(topic)) return true;
  gossip_known_t *victim = newcomer->brought ? choose_youngest(topic) : NULL;
  if (victim && (victim->brought || !gossip_rate_take(&topic->returns, topic->now, RETURN_EVERY, RETURNS_AT_ONCE)))
    victim = NULL;
  if (!victim && gossip_rate_take(&topic->evictions, topic->now, EVICT_EVERY, EVICTS_AT_ONCE))
    victim = choose_idle(topic);
  if (!victim && gossip_rate_take(&topic->losses, topic->now, LOSS_EVERY, LOSSES_AT_ONCE))
    victim = choose_youngest(topic);
  if (victim) gossip_view_evict(topic, victim);
  return victim;
}

static uint8_t free_place(const gossip_topic_t *topic) {
  for (uint8_t i = 0; i < topic->config.active_view; i++)
    if (!topic->links[i]) return i;
  return NO_LINK;
}

void gossip_view_add(gossip_topic_t *topic, gossip_known_t *peer, bool high, bool answer) {
  gossip_link_t *link = calloc(1, sizeof(*link));
  if (!link) return;
  link->since = topic->now;
  gossip_missing_welcome(link);
  link->order = topic->counters.neighbors_up;
  link->place = free_place(topic);
  gossip_peer_lose(topic, peer, ROLE_PASSIVE | ROLE_PENDING | ROLE_LOST | ROLE_GUEST);
  if (gossip_neighbors(topic) == 0) topic->joined_at = topic->now;
  gossip_peer_gain(topic, peer, ROLE_ACTIVE);
  peer->link = link;
  peer->alive = peer->joining = false;
  peer->failures = 0;
  topic->links[link->place] = peer;
  topic->refusals = 0;
  topic->counters.neighbors_up++;
  gossip_act(topic, GOSSIP_ACTION_UP, peer->id, 0);
  if (answer) {
    gossip_message_t message = neighbor_message(topic, high);
    peer->told_at = topic->now;
    (void)gossip_tell(topic, peer, &message);
  }
  gossip_tree_up(topic, peer);
}

/* Makes room in the passive view for one more. False: there is none. Peers that brought messages have a part of it
 * to themselves: strangers, however many come, do not take the places of those who can bring this one back. */
static bool make_passive_room(gossip_topic_t *topic, bool brought) {
  if (gossip_peer_count(topic, ROLE_PASSIVE) < topic->config.passive_view) return true;
  size_t kept = gossip_peer_count_bringers(topic, ROLE_PASSIVE) + brought;
  bool is_over = kept > topic->config.passive_view / BRINGERS_PART;
  gossip_known_t *other = gossip_peer_pick_by(topic, ROLE_PASSIVE, ROLE_PENDING, false, is_over);
  if (!other) other = gossip_peer_pick(topic, ROLE_PASSIVE, ROLE_PENDING, false);
  if (!other) return false;
  gossip_peer_lose(topic, other, ROLE_PASSIVE);
  return true;
}

static void make_passive(gossip_topic_t *topic, gossip_known_t *peer, uint64_t wait) {
  if (peer->roles & (ROLE_ACTIVE | ROLE_PASSIVE | ROLE_LOST) || !make_passive_room(topic, peer->brought)) return;
  gossip_peer_lose(topic, peer, ROLE_GUEST);
  gossip_peer_gain(topic, peer, ROLE_PASSIVE);
  if (!(peer->roles & ROLE_PENDING)) peer->due = topic->now + wait;
}

void gossip_view_remove(gossip_topic_t *topic, gossip_known_t *peer, gossip_down_t reason) {
  gossip_tree_down(topic, peer);
  topic->links[peer->link->place] = NULL;
  free(peer->link);
  peer->link = NULL;
  gossip_peer_lose(topic, peer, ROLE_ACTIVE);
  topic->counters.neighbors_down++;
  gossip_act(topic, GOSSIP_ACTION_DOWN, peer->id, reason);
  if (reason == GOSSIP_DOWN_CLOSED) {
    gossip_peer_miss(topic, peer, gossip_random_about(topic, LOST_LEAST));
  } else if (reason != GOSSIP_DOWN_LEFT) {
    make_passive(topic, peer, RETRY_LEAST);
  }
  gossip_peer_host(topic, peer);
  topic->hungry = true;
}

static void disconnect(gossip_topic_t *topic, gossip_known_t *peer, bool alive) {
  gossip_message_t message = {.kind = GOSSIP_DISCONNECT, .alive = alive};
  (void)gossip_tell(topic, peer, &message);
  gossip_release(topic, peer);
  peer->told_at = topic->now;
}

void gossip_view_part(gossip_topic_t *topic, gossip_known_t *peer, bool alive) {
  gossip_introduce(topic, peer, NODES_PARTING);
  disconnect(topic, peer, alive);
}

void gossip_view_evict(gossip_topic_t *topic, gossip_known_t *peer) {
  gossip_view_part(topic, peer, true);
  gossip_view_remove(topic, peer, GOSSIP_DOWN_EVICTED);
}

void gossip_view_dismiss(gossip_topic_t *topic, gossip_known_t *peer) {
  if (peer->told_at && topic->now - peer->told_at < DISMISS_EVERY) return;
  disconnect(topic, peer, true);
  gossip_peer_host(topic, peer);
}

bool gossip_view_request(gossip_topic_t *topic, gossip_known_t *peer, bool high) {
  if (peer->roles & (ROLE_ACTIVE | ROLE_PENDING) || gossip_peer_count(topic, ROLE_PENDING) >= PENDINGS_MAX)
    return false;
  if (gossip_hearsay_follow(topic, peer) != GOSSIP_HEARSAY_NOW) return false;
  gossip_message_t message = neighbor_message(topic, high);
  if (!gossip_tell(topic, peer, &message)) return false;
  gossip_peer_lose(topic, peer, ROLE_GUEST);
  gossip_peer_gain(topic, peer, ROLE_PENDING);
  peer->told_at = topic->now;
  peer->due = topic->now + REQUEST_TIME;
  return true;
}

static uint64_t doubled(uint64_t least, uint64_t most, unsigned times) {
  while (times-- > 0 && least < most) least *= 2;
  return least < most ? least : most;
}

void gossip_view_fail(gossip_topic_t *topic, gossip_known_t *peer) {
  gossip_peer_lose(topic, peer, ROLE_PENDING);
  unsigned before = peer->failures;
  if (!peer->silent) topic->refusals++;
  if (peer->failures < FAILURES_MAX) peer->failures++;
  topic->hungry = true;
  if (peer->roles & ROLE_LOST) {
    peer->due = topic->now + gossip_random_about(topic, doubled(LOST_LEAST, LOST_MOST, before));
    if (peer->failures >= FAILURES_MAX && !(peer->roles & ROLE_CONTACT)) gossip_peer_lose(topic, peer, ROLE_LOST);
  } else if (peer->roles & ROLE_PASSIVE) {
    peer->due = topic->now + gossip_random_about(topic, doubled(RETRY_LEAST, RETRY_MOST, before));
    if (peer->silent && peer->failures >= TIMEOUTS_MAX) gossip_peer_lose(topic, peer, ROLE_PASSIVE);
  }
  gossip_peer_host(topic, peer);
}

void gossip_view_lose(gossip_topic_t *topic, gossip_known_t *peer) {
  gossip_peer_miss(topic, peer, gossip_random_about(topic, LOST_LEAST));
}

/* Whether one more may come into the passive view on the word of this peer. All that are no neighbours share a rate. */
static bool may_teach(gossip_topic_t *topic, const gossip_known_t *from) {
  if (gossip_peer_count(topic, ROLE_PASSIVE) < topic->config.passive_view) return true;
  uint64_t *lessons = from->link ? &from->link->lessons : &topic->lessons;
  uint64_t part = max_size(topic->config.passive_view / LESSONS_PART, 1);
  if (gossip_rate_take(lessons, topic->now, LESSON_EVERY, part)) return true;
  topic->counters.limited++;
  return false;
}

void gossip_view_learn(gossip_topic_t *topic, const gossip_peer_t *heard, const gossip_known_t *from, bool first_hand) {
  gossip_known_t *peer = gossip_peer_find(topic, heard->id);
  if (!peer && topic->config.needs_data && !heard->data.bytes) return;
  if (!peer && !iroh_node_id_is_valid(heard->id)) return;
  if (!gossip_admits(topic, heard->id)) return;
  bool is_new = !peer || !(peer->roles & (ROLE_ACTIVE | ROLE_PASSIVE | ROLE_LOST));
  if (is_new && !may_teach(topic, from)) return;
  if (!peer) peer = gossip_peer_get(topic, heard->id);
  if (!peer) return;
  gossip_hearsay_told(peer, &heard->data, from, first_hand);
  size_t before = gossip_peer_count(topic, ROLE_PASSIVE);
  make_passive(topic, peer, 0);
  if (gossip_peer_count(topic, ROLE_PASSIVE) > before) topic->hungry = true;
}

/* Ends the requests that were not answered. */
static void expire_requests(gossip_topic_t *topic) {
  for (size_t i = topic->peers_count; i-- > 0;) {
    gossip_known_t *peer = topic->peers[i];
    if (!(peer->roles & ROLE_PENDING) || peer->due > topic->now) continue;
    gossip_release(topic, peer);
    peer->alive = false;
    gossip_view_fail(topic, peer);
  }
}

/* When the next peer may be asked of those that are to be left alone for a while. */
static uint64_t next_candidate_at(const gossip_topic_t *topic) {
  uint64_t at = GOSSIP_NEVER;
  for (size_t i = 0; i < topic->peers_count; i++) {
    const gossip_known_t *peer = topic->peers[i];
    if (!(peer->roles & ROLE_PASSIVE) || peer->roles & ROLE_PENDING || peer->following) continue;
    if (peer->due < at) at = peer->due;
  }
  return at;
}

/* Asks one more peer, or says when. */
static bool ask_one(gossip_topic_t *topic, size_t active) {
  gossip_known_t *peer = gossip_peer_pick_by(topic, ROLE_PASSIVE, ROLE_PENDING, true, true);
  if (!peer) peer = gossip_peer_pick(topic, ROLE_PASSIVE, ROLE_PENDING, true);
  if (!peer) {
    topic->refill_at = next_candidate_at(topic);
    return false;
  }
  if (!gossip_admits(topic, peer->id)) {
    gossip_peer_lose(topic, peer, ROLE_PASSIVE);
    return true;
  }
  gossip_hearsay_t hearsay = gossip_hearsay_follow(topic, peer);
  if (hearsay == GOSSIP_HEARSAY_NEVER) gossip_peer_lose(topic, peer, ROLE_PASSIVE);
  if (hearsay != GOSSIP_HEARSAY_NOW) return true;
  bool in_need = active + 1 < topic->config.active_view;
  if (!in_need && !gossip_rate_take(&topic->requests, topic->now, REQUEST_EVERY, REQUESTS_AT_ONCE)) {
    topic->refill_at = topic->now + REQUEST_EVERY;
    return false;
  }
  /* While all are full but some that do not know each other, one of the full has to make room. */
  bool high = active == 0 || (active + 2 <= topic->config.active_view && topic->refusals >= REFUSALS_ENOUGH);
  if (high) topic->refusals = 0;
  if (gossip_view_request(topic, peer, high)) return true;
  topic->refill_at = topic->now + REQUEST_EVERY;
  return false;
}

/* Strangers that come in great number may hold the places, and then nobody is looked for. While less than half of the
 * neighbours have brought a message, one that did before is asked to come back, in the place of another. */
static void ask_back(gossip_topic_t *topic) {
  size_t wanted = (topic->config.active_view + 1) / 2;
  if (gossip_peer_count_bringers(topic, ROLE_ACTIVE | ROLE_PENDING) >= wanted) return;
  if (gossip_peer_count_bringers(topic, ROLE_PASSIVE) == 0) return;
  gossip_known_t *peer = gossip_peer_pick_by(topic, ROLE_PASSIVE, ROLE_PENDING, true, true);
  if (peer && gossip_admits(topic, peer->id)) (void)gossip_view_request(topic, peer, true);
  if (topic->refill_at > topic->now + REQUEST_EVERY) topic->refill_at = topic->now + REQUEST_EVERY;
}

static void fill_up(gossip_topic_t *topic) {
  for (;;) {
    size_t active = gossip_neighbors(topic), pending = gossip_peer_count(topic, ROLE_PENDING);
    if (active + pending >= topic->config.active_view || (active == 0 && pending >= 2)) return;
    if (!ask_one(topic, active)) return;
  }
}

void gossip_view_settle(gossip_topic_t *topic) {
  expire_requests(topic);
  if (!topic->hungry && topic->now < topic->refill_at) return;
  topic->hungry = false;
  topic->refill_at = GOSSIP_NEVER;
  fill_up(topic);
  ask_back(topic);
}
