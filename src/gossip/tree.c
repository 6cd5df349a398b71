/* SPDX-License-Identifier: MIT
 *
 * Which neighbours get messages at once, and what the topic keeps under each neighbour's place. Another neighbour may get
 * the place within the same call: what was kept under it is dropped at once.
 */
#include "gossip/tree.h"

#include "gossip/announce.h"
#include "gossip/missing.h"
#include "gossip/payloads.h"
#include "gossip/state.h"

/* New links are for ids only once there are so many for messages: what is lost by that is asked for. */
enum { EAGER_AT_FIRST = 3 };
/* A new neighbour is told of what came last: it may have missed it while it looked for neighbours. */
#define RECENT (10 * SECOND)
#define RECENT_SECOND_HAND (2 * SECOND)

gossip_links_t gossip_tree_bit(const gossip_known_t *peer) { return peer->link ? UINT32_C(1) << peer->link->place : 0; }

gossip_links_t gossip_tree_links(const gossip_topic_t *topic, bool eager) {
  gossip_links_t links = 0;
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (topic->links[i] && topic->links[i]->link->eager == eager) links |= UINT32_C(1) << i;
  return links;
}

/* What a newcomer gets may be RECENT old already, and would go on from newcomer to newcomer until it is forgotten and
 * comes anew. */
static bool is_second_hand(const gossip_topic_t *topic, const gossip_payload_t *payload) {
  return payload->frame->round > 0 && payload->at >= topic->joined_at && payload->at - topic->joined_at < RECENT;
}

static void announce_recent(gossip_topic_t *topic, gossip_links_t to) {
  list_node_t *head = &topic->payloads.by_age.head;
  size_t count = 0;
  for (list_node_t *node = head->prev; node != head && count < HAVES_MAX; node = node->prev, count++) {
    gossip_payload_t *payload = container_of(node, gossip_payload_t, node);
    if (topic->now - payload->at >= RECENT) return;
    if (is_second_hand(topic, payload) && topic->now - payload->at >= RECENT_SECOND_HAND) continue;
    gossip_announce(topic, payload->frame->id, payload->frame->round, to);
  }
}

void gossip_tree_up(gossip_topic_t *topic, gossip_known_t *peer) {
  peer->link->eager = false;
  peer->link->pruned_at = 0;
  peer->link->eager = __builtin_popcount(gossip_tree_links(topic, true)) < EAGER_AT_FIRST;
  announce_recent(topic, gossip_tree_bit(peer));
}

void gossip_tree_down(gossip_topic_t *topic, const gossip_known_t *peer) {
  gossip_payloads_forget_link(topic, peer->link->place);
  gossip_missing_forget_link(topic, peer->link->place);
  gossip_announce_forget_link(topic, peer->link->place);
}
