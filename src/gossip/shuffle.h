/* SPDX-License-Identifier: MIT
 *
 * The exchange of known peers.
 */
#ifndef IROH_GOSSIP_SHUFFLE_H
#define IROH_GOSSIP_SHUFFLE_H

#include "gossip/peers.h"

void gossip_shuffle_tick(gossip_topic_t *topic);
/* Sets the timer of the next shuffle if there is a neighbour. */
void gossip_shuffle_arm(gossip_topic_t *topic);
void gossip_on_shuffle(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);
void gossip_on_shuffle_reply(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);

#endif
