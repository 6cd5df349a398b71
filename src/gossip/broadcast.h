/* SPDX-License-Identifier: MIT
 *
 * Plumtree: messages, announcements, and requests for messages.
 */
#ifndef IROH_GOSSIP_BROADCAST_H
#define IROH_GOSSIP_BROADCAST_H

#include "gossip/peers.h"

void gossip_on_broadcast(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);
int gossip_broadcast(gossip_topic_t *topic, const uint8_t *content, size_t len, bool neighbors);

#endif
