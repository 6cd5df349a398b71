/* SPDX-License-Identifier: MIT
 *
 * Messages and announcements that were refused because too much waits for a neighbour.
 */
#ifndef IROH_GOSSIP_OWED_H
#define IROH_GOSSIP_OWED_H

#include "gossip/peers.h"

void gossip_owed_refused(gossip_topic_t *topic, gossip_known_t *peer, const gossip_frame_t *frame);
void gossip_owed_tick(gossip_topic_t *topic);

#endif
