/* SPDX-License-Identifier: MIT
 * Peers, and which of the connections to each is the best. */
#ifndef IROH_SWARM_PEERS_H
#define IROH_SWARM_PEERS_H

#include "swarm/state.h"

#define SWARM_LINKS_PER_PEER_MAX 8
/* Credit for streams comes back to a peer at a rate, however fast it ends them: an eighth of max_streams a second. */
#define SWARM_STREAM_CREDIT_EVERY (250 * SWARM_NS_PER_MS)
#define SWARM_STREAM_CREDIT_SHARE 32

/* The peer, made known if it was not; NULL: out of memory. */
swarm_peer_t *swarm_peer_use(swarm_t *swarm, const uint8_t id[GOSSIP_ID_BYTES]);
/* Something about the peer has changed: it is forgotten when nothing holds it, and its links are looked at later. */
void swarm_peer_settle(swarm_peer_t *peer, uint64_t now);
/* Where frames to the peer go; NULL: there is no connection. */
swarm_link_t *swarm_peer_link(const swarm_peer_t *peer);
bool swarm_link_is_open(const swarm_link_t *link);
/* The connections to the peer are of no use: they are closed, unless another topic has a neighbour there. */
void swarm_renew(const swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now);
/* The peer allows no more streams on any link: asks for one more. */
void swarm_peer_want_streams(swarm_peer_t *peer, const swarm_topic_t *topic, uint64_t now);
/* Asks for a connection, unless that was done. */
void swarm_peer_dial(swarm_peer_t *peer, const swarm_topic_t *topic, uint64_t now);
/* The connection that was asked for has come, or failed. */
void swarm_peer_dial_over(swarm_peer_t *peer);
/* The program will be asked again whether the peer may be a neighbour. */
void swarm_peer_drop_verdicts(swarm_peer_t *peer);
void swarm_peer_free(swarm_peer_t *peer);
void swarm_link_close(swarm_link_t *link, uint64_t now);
/* A stream of the link had to be stopped: too many, and the link ends. */
void swarm_link_stopped(swarm_link_t *link);
/* A stream of the peer's is over: it gets credit for another, soon. */
void swarm_link_owes_stream(swarm_link_t *link, uint64_t now);
/* gossip_config_t's `connected` and `vouch` */
bool swarm_connected_hook(void *topic, const uint8_t peer[GOSSIP_ID_BYTES]);
size_t swarm_vouch_hook(void *topic, const uint8_t peer[GOSSIP_ID_BYTES], const uint8_t *data, size_t len,
                        uint8_t *out);

#endif
