/* SPDX-License-Identifier: MIT
 *
 * Plumtree: messages go at once along the links that have proven the quickest, their ids along the others.
 */
#include "gossip/broadcast.h"

#include <string.h>

#include "gossip/actions.h"
#include "gossip/announce.h"
#include "gossip/missing.h"
#include "gossip/payloads.h"
#include "gossip/peers.h"
#include "gossip/seen.h"
#include "gossip/state.h"
#include "gossip/tree.h"
#include "gossip/view.h"
#include "iroh.h"

/* How many hops a message may come over more than it was announced with, before the links are exchanged. */
enum { OPTIMIZE_HOPS = 4 };
/* Messages under way when a neighbour is told to send ids only. */
#define PRUNE_EVERY (500 * MILLISECOND)

/* Whether it has only just been told to send ids. */
static bool was_pruned(const gossip_topic_t *topic, const gossip_known_t *peer) {
  return peer->link->pruned_at && topic->now - peer->link->pruned_at < PRUNE_EVERY;
}

static void prune(gossip_topic_t *topic, gossip_known_t *peer) {
  gossip_link_t *link = peer->link;
  if (was_pruned(topic, peer)) return;
  gossip_message_t message = {.kind = GOSSIP_PRUNE};
  if (!gossip_tell(topic, peer, &message)) return;
  /* That this one has another way does not say that the neighbour has. */
  if (!link->wanted) link->eager = false;
  link->pruned_at = topic->now;
}

static void send_to(gossip_topic_t *topic, gossip_frame_t *frame, gossip_links_t to) {
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (topic->links[i] && to >> i & 1) gossip_send(topic, topic->links[i], frame);
}

static void send_payload(gossip_topic_t *topic, gossip_payload_t *payload, gossip_links_t to) {
  send_to(topic, payload->frame, to);
  payload->sent |= to;
}

/* Sends a message to all neighbours but those of `without`; `first` brought it. */
static void spread(gossip_topic_t *topic, const gossip_message_t *message, gossip_links_t without, uint8_t first) {
  gossip_frame_t *frame = gossip_frame_new(topic, message);
  if (!frame) return;
  gossip_payload_t *payload = gossip_payloads_add(topic, frame, first);
  if (payload) {
    send_payload(topic, payload, gossip_tree_links(topic, true) & ~without);
    gossip_announce(topic, frame->id, frame->round, gossip_tree_links(topic, false) & ~without);
  } else {
    /* Nobody can ask for it. */
    send_to(topic, frame, ~without);
  }
  gossip_frame_unref(frame);
}

/* A better link than the one the message came by: one that announced it long before, or over fewer hops. */
static gossip_known_t *better_link(const gossip_topic_t *topic, const gossip_arrival_t *arrival, uint16_t round) {
  if (arrival->earliest != NO_LINK) return topic->links[arrival->earliest];
  bool is_shorter = arrival->nearest != NO_LINK && round + 1 >= arrival->round + OPTIMIZE_HOPS;
  return is_shorter ? topic->links[arrival->nearest] : NULL;
}

/* The better link and the one the message came by change their parts. */
static void optimize(gossip_topic_t *topic, gossip_known_t *from, const gossip_arrival_t *arrival, uint16_t round) {
  gossip_known_t *better = better_link(topic, arrival, round);
  if (!better || better == from) return;
  /* That this one sends it messages at once does not mean that it does. */
  gossip_message_t message = {.kind = GOSSIP_GRAFT, .round = arrival->round};
  if (!gossip_tell(topic, better, &message)) return;
  better->link->eager = true;
  better->link->pruned_at = 0;
  if (from->link) prune(topic, from);
}

/* A message that was seen before: one of the two links that brought it is enough. */
static void on_duplicate(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  topic->counters.duplicates++;
  if (!from->link) return;
  from->proven = true;
  gossip_announce_drop(topic, message->id, from->link->place);
  gossip_missing_again(topic, message->id, from->link->place);
  const gossip_payload_t *payload = gossip_payloads_find(topic, message->id);
  const gossip_known_t *first = payload && payload->first != NO_LINK ? topic->links[payload->first] : NULL;
  /* If the one that was first has been told to send ids meanwhile, this one is needed. */
  if (first && (first == from || was_pruned(topic, first))) return;
  prune(topic, from);
}

static bool is_authentic(const gossip_message_t *message) {
  uint8_t id[GOSSIP_ID_BYTES];
  iroh_blake3(message->content, message->content_len, id);
  return memcmp(id, message->id, GOSSIP_ID_BYTES) == 0;
}

/* A peer that is no neighbour may think it is one: it is told so, unless it was asked to let this one in: then its answer
 * may come behind what it sent, for it took this one for a neighbour before. */
static void tell_stranger(gossip_topic_t *topic, gossip_known_t *from) {
  bool is_asked = from->joining || (gossip_neighbors(topic) == 0 && from->roles & (ROLE_CONTACT | ROLE_LOST));
  if (!is_asked) gossip_view_dismiss(topic, from);
}

/* What a peer sent that is no neighbour is not lost. */
static bool takes_from(gossip_topic_t *topic, gossip_known_t *from) {
  if (from->link || from->roles & ROLE_PENDING) return true;
  tell_stranger(topic, from);
  if (gossip_admits(topic, from->id)) return true;
  topic->counters.limited++;
  return false;
}

static void on_gossip(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  if (!takes_from(topic, from)) return;
  if (!message->neighbors && gossip_seen_has(&topic->seen, message->id)) {
    on_duplicate(topic, from, message);
    return;
  }
  if (!is_authentic(message)) {
    topic->counters.invalid++;
    return;
  }
  if (!message->neighbors && gossip_seen_add(topic, message->id)) return;
  topic->counters.received++;
  gossip_act_received(topic, from->id, message);
  if (message->neighbors) return;
  if (from->link) from->proven = from->brought = true;
  uint8_t place = from->link ? from->link->place : NO_LINK;
  gossip_arrival_t arrival = gossip_missing_arrived(topic, message->id, place);
  gossip_message_t next = *message;
  if (next.round < UINT16_MAX) next.round++;
  spread(topic, &next, arrival.announcers | gossip_tree_bit(from), place);
  optimize(topic, from, &arrival, message->round);
}

static void on_graft(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  from->link->wanted = true;
  from->link->eager = true;
  from->link->pruned_at = 0;
  gossip_payload_t *payload = message->id ? gossip_payloads_find(topic, message->id) : NULL;
  /* Once each: what was sent arrives. */
  if (payload && !(payload->sent & gossip_tree_bit(from))) send_payload(topic, payload, gossip_tree_bit(from));
}

static void on_ihave(gossip_topic_t *topic, gossip_known_t *from, const gossip_message_t *message) {
  gossip_list_t haves = message->list;
  gossip_have_t have;
  while (gossip_next_have(&haves, &have)) {
    if (gossip_seen_has(&topic->seen, have.id)) {
      gossip_announce_drop(topic, have.id, from->link->place);
      from->proven = true;
    } else {
      gossip_missing_announced(topic, from, &have);
    }
  }
}

void gossip_on_broadcast(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message) {
  if (message->kind == GOSSIP_GOSSIP) {
    on_gossip(topic, from, message);
    return;
  }
  if (!from->link) {
    topic->counters.limited++;
    if (message->kind != GOSSIP_PRUNE && !(from->roles & ROLE_PENDING)) tell_stranger(topic, from);
  } else if (message->kind == GOSSIP_PRUNE) {
    from->link->eager = from->link->wanted = false;
  } else if (message->kind == GOSSIP_GRAFT) {
    on_graft(topic, from, message);
  } else {
    on_ihave(topic, from, message);
  }
}

int gossip_broadcast(gossip_topic_t *topic, const uint8_t *content, size_t len, bool neighbors) {
  uint8_t id[GOSSIP_ID_BYTES];
  if (len > gossip_max_content(topic->config.max_message, neighbors)) return IROH_ERR_TOO_LONG;
  iroh_blake3(content, len, id);
  gossip_message_t message = {
      .kind = GOSSIP_GOSSIP, .id = id, .content = content, .content_len = len, .neighbors = neighbors};
  if (neighbors) {
    gossip_frame_t *frame = gossip_frame_new(topic, &message);
    if (!frame) return IROH_ERR_NO_MEMORY;
    send_to(topic, frame, ~UINT32_C(0));
    gossip_frame_unref(frame);
  } else {
    if (gossip_seen_has(&topic->seen, id)) return 1;
    int rv = gossip_seen_add(topic, id);
    if (rv) return rv;
    spread(topic, &message, 0, NO_LINK);
  }
  topic->counters.broadcasts++;
  return 0;
}
