/* SPDX-License-Identifier: MIT
 * The streams that peers write. */
#ifndef IROH_SWARM_READ_H
#define IROH_SWARM_READ_H

#include "swarm/state.h"

/* Takes a stream that the peer opened. */
void swarm_reader_new(swarm_link_t *link, quic_stream_t *stream, uint64_t now);
void swarm_reader_free(swarm_reader_t *reader, bool release);
/* Takes what has come. May free the reader. */
void swarm_reader_pump(swarm_reader_t *reader, uint64_t now);
/* The connection is over: takes all that has come on it. */
void swarm_link_read_out(swarm_link_t *link, uint64_t now);
/* The readers of a topic that hold frames give them, now that it was joined or (peer not NULL) the verdict is there. */
void swarm_readers_go_on(swarm_topic_t *topic, const swarm_peer_t *peer, uint64_t now);
/* What waited for the program to be told goes on. */
void swarm_readers_resume(swarms_t *swarms);

#endif
