/* SPDX-License-Identifier: MIT
 * The streams to peers. */
#ifndef IROH_SWARM_SEND_H
#define IROH_SWARM_SEND_H

#include "swarm/state.h"

void swarm_send(swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], gossip_frame_t *frame, uint64_t now);
/* The topic sends nothing more to the peer: FIN behind what was sent. */
void swarm_release(swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now);
/* Sends what waits, as far as it goes now. May free the outbox. */
void swarm_outbox_flush(swarm_outbox_t *outbox, uint64_t now);
void swarm_outbox_free(swarm_outbox_t *outbox);
/* The bytes of it that have not left. */
size_t swarm_outbox_bytes(const swarm_outbox_t *outbox);
/* Tells, if that is wanted, that little waits to be sent to the neighbours that take anything. */
void swarm_drain_settle(swarm_topic_t *topic);
void swarm_drain_late(void *topic, uint64_t now);
/* No more frames go on this stream. */
void swarm_sender_finish(swarm_sender_t *sender, uint64_t now);
/* The stream is over; `release`: it is to be let go, too. */
void swarm_sender_free(swarm_sender_t *sender, bool release);
void swarm_sender_events(swarm_sender_t *sender, unsigned events, uint64_t now);
/* A sender or an outbox of the topic is gone. With the last one a topic that was left is over: topics.c ends it soon. */
void swarm_topic_settle(swarm_topic_t *topic);

#endif
