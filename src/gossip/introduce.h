/* SPDX-License-Identifier: MIT
 *
 * Naming peers to another peer.
 */
#ifndef IROH_GOSSIP_INTRODUCE_H
#define IROH_GOSSIP_INTRODUCE_H

#include "gossip/peers.h"

/* The peers that a message will name, as many as fit. */
enum { INTRODUCED_MAX = 16 };
typedef struct {
  gossip_peer_t items[INTRODUCED_MAX];
  size_t count, room;
} gossip_introduction_t;

gossip_introduction_t gossip_introduction_begin(const gossip_topic_t *topic);
void gossip_introduction_add(gossip_introduction_t *introduction, const uint8_t *id, gossip_data_t data);
void gossip_introduction_add_known(const gossip_topic_t *topic, gossip_introduction_t *introduction,
                                   gossip_known_t **peers, size_t count);
/* Sends up to `max` random peers in a ShuffleReply, but not the one it goes to. */
void gossip_introduce(gossip_topic_t *topic, gossip_known_t *to, size_t max);

#endif
