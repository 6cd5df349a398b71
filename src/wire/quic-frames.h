/* SPDX-License-Identifier: MIT
 *
 * What is read from QUIC's frames (RFC 9000 section 19) outside ngtcp2: it acts on a STOP_SENDING of the peer's, but
 * tells nobody of it; and a first packet is looked at before there is a connection to look at it.
 */
#ifndef IROH_WIRE_QUIC_FRAMES_H
#define IROH_WIRE_QUIC_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  int64_t stream_id;
  uint64_t code;
} quic_stop_sending_t;

/* Finds the STOP_SENDING frames of a 1-RTT packet's payload; fills at most `max` and returns how many. What is
 * malformed or unknown ends the search: whoever acts on the packet judges that. */
size_t quic_frames_stop_sending(const uint8_t *payload, size_t len, quic_stop_sending_t *out, size_t max);
/* Whether the payload of a client's first packet begins a handshake: a CRYPTO frame, behind PADDING and PING at most. */
bool quic_frames_begin_handshake(const uint8_t *payload, size_t len);

#endif
