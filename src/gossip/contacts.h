/* SPDX-License-Identifier: MIT
 *
 * Peers that the user named, and peers that were lost.
 */
#ifndef IROH_GOSSIP_CONTACTS_H
#define IROH_GOSSIP_CONTACTS_H

#include "gossip/peers.h"

void gossip_contacts_join(gossip_topic_t *topic, gossip_known_t *peer);
void gossip_contacts_tick(gossip_topic_t *topic);
/* Sets its timers by what there is now. */
void gossip_contacts_arm(gossip_topic_t *topic);

#endif
