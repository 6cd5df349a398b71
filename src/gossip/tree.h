/* SPDX-License-Identifier: MIT
 *
 * The neighbours as links of Plumtree's tree: eager ones, and others.
 */
#ifndef IROH_GOSSIP_TREE_H
#define IROH_GOSSIP_TREE_H

#include "gossip/peers.h"

/* The neighbours that are eager, or those that are not. */
gossip_links_t gossip_tree_links(const gossip_topic_t *topic, bool eager);
/* The peer's bit; 0 if the peer is not a neighbour. */
gossip_links_t gossip_tree_bit(const gossip_known_t *peer);
/* The peer has become a neighbour: recent messages are announced to it. Or it stops being one: its place becomes free. */
void gossip_tree_up(gossip_topic_t *topic, gossip_known_t *peer);
void gossip_tree_down(gossip_topic_t *topic, const gossip_known_t *peer);

#endif
