/* SPDX-License-Identifier: MIT
 *
 * HyParView's two views: the neighbours, and the peers that may become some.
 */
#ifndef IROH_GOSSIP_VIEW_H
#define IROH_GOSSIP_VIEW_H

#include "gossip/peers.h"

bool gossip_view_is_full(const gossip_topic_t *topic);
/* Makes room for one more neighbour, by parting from another if it must be. False: none can be spared now. */
bool gossip_view_make_room(gossip_topic_t *topic, const gossip_known_t *newcomer);
/* Makes a peer a neighbour, there being room; `answer` says whether to tell it. */
void gossip_view_add(gossip_topic_t *topic, gossip_known_t *peer, bool high, bool answer);
/* Ends being neighbours; the peer has no role then but CONTACT, or PASSIVE or LOST by the reason. */
void gossip_view_remove(gossip_topic_t *topic, gossip_known_t *peer, gossip_down_t reason);
/* Hands over some peers and parts; `alive`: this one stays in the topic. */
void gossip_view_part(gossip_topic_t *topic, gossip_known_t *peer, bool alive);
/* Parts from a neighbour, and keeps it in mind. */
void gossip_view_evict(gossip_topic_t *topic, gossip_known_t *peer);
/* Tells a peer that takes this one for its neighbour that it is none. */
void gossip_view_dismiss(gossip_topic_t *topic, gossip_known_t *peer);
/* Asks a peer to be a neighbour, if it may be sent something now (gossip_hearsay_follow). */
bool gossip_view_request(gossip_topic_t *topic, gossip_known_t *peer, bool high);
/* A request came to nothing. */
void gossip_view_fail(gossip_topic_t *topic, gossip_known_t *peer);
/* A peer that is no neighbour is out of reach: it is asked again, rarely. */
void gossip_view_lose(gossip_topic_t *topic, gossip_known_t *peer);
/* A peer that `from` has told of may become a neighbour some day. Once the passive view is full, what one neighbour tells
 * takes the place of a part of it only. */
void gossip_view_learn(gossip_topic_t *topic, const gossip_peer_t *heard, const gossip_known_t *from, bool first_hand);
/* Looks for neighbours if some are wanting. */
void gossip_view_settle(gossip_topic_t *topic);

#endif
