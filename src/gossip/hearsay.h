/* SPDX-License-Identifier: MIT
 *
 * Peers that were only heard of.
 */
#ifndef IROH_GOSSIP_HEARSAY_H
#define IROH_GOSSIP_HEARSAY_H

#include "gossip/peers.h"

typedef enum { GOSSIP_HEARSAY_NOW, GOSSIP_HEARSAY_LATER, GOSSIP_HEARSAY_NEVER } gossip_hearsay_t;
/* `from` is about to name peers. False: it is not listened to. */
bool gossip_hearsay_begin(gossip_topic_t *topic, gossip_known_t *from);
/* It named this one. `first_hand`: as one it has met itself, and not on behalf of others. */
void gossip_hearsay_told(gossip_known_t *peer, const gossip_data_t *data, const gossip_known_t *from, bool first_hand);
/* Whether a peer may be sent something, which may be dialling it. LATER: its `due` is set. */
gossip_hearsay_t gossip_hearsay_follow(gossip_topic_t *topic, gossip_known_t *peer);
/* An entry that goes on to another peer on behalf of `from` is left with what may be said of where it is. False: it is of
 * no use without. */
bool gossip_hearsay_pass(gossip_topic_t *topic, const gossip_known_t *from, gossip_peer_t *entry);
/* What others are told of where it is. */
gossip_data_t gossip_hearsay_for_others(const gossip_topic_t *topic, const gossip_known_t *peer);
/* Something has come from it; it says where it is; or it is out of reach, and true: nothing has ever come from it. */
void gossip_hearsay_met(gossip_topic_t *topic, gossip_known_t *peer);
void gossip_hearsay_said(gossip_topic_t *topic, gossip_known_t *peer, const gossip_data_t *data);
bool gossip_hearsay_missed(gossip_topic_t *topic, gossip_known_t *peer);
/* Stops watching the dials of peers without a role, which are about to be freed; or of all peers. */
void gossip_hearsay_tidy(gossip_topic_t *topic);
void gossip_hearsay_deinit(gossip_topic_t *topic);

#endif
