/* SPDX-License-Identifier: MIT
 *
 * What HyParView's messages do.
 */
#ifndef IROH_GOSSIP_MEMBERSHIP_H
#define IROH_GOSSIP_MEMBERSHIP_H

#include "gossip/peers.h"

void gossip_on_membership(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);

#endif
