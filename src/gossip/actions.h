/* SPDX-License-Identifier: MIT
 *
 * The actions that a call gives to the user, and their frames.
 */
#ifndef IROH_GOSSIP_ACTIONS_H
#define IROH_GOSSIP_ACTIONS_H

#include "gossip/peers.h"

/* Room must have been made before: gossip_actions_reserve at the beginning of each call. */
bool gossip_actions_reserve(gossip_actions_t *actions, size_t extra);
void gossip_act(gossip_topic_t *topic, gossip_action_kind_t kind, const uint8_t peer[GOSSIP_ID_BYTES],
                gossip_down_t reason);
void gossip_act_received(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], const gossip_message_t *message);
/* NULL without memory, or if the message is longer than a peer takes. */
gossip_frame_t *gossip_frame_new(const gossip_topic_t *topic, const gossip_message_t *message);
/* Borrows the frame. */
void gossip_send(gossip_topic_t *topic, gossip_known_t *peer, gossip_frame_t *frame);
/* Both in one. False: there was no memory, and nothing was sent. */
bool gossip_tell(gossip_topic_t *topic, gossip_known_t *peer, const gossip_message_t *message);
/* Nothing more is for it now: that its connection closes says nothing of it. */
void gossip_release(gossip_topic_t *topic, gossip_known_t *peer);

#endif
