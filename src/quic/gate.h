/* SPDX-License-Identifier: MIT
 *
 * What stands before ngtcp2: reads every packet of the peer's between its decryption and ngtcp2, and refuses what RFC 9000
 * forbids where ngtcp2 does not look, or would not bear it (docs/design/ngtcp2-assertions.md). One object a connection,
 * sans-IO, nothing is allocated. */
#ifndef IROH_QUIC_GATE_H
#define IROH_QUIC_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/quic-frames.h"

/* PATH_CHALLENGEs remembered: the first of a connection. Most connections send none, few more than these. */
#define GATE_CHALLENGES 32
/* STOP_SENDING frames noted of one datagram. A stream stopped beyond these is found out at its next write. */
#define GATE_STOPS 512
/* NEW_TOKEN frames taken of one packet; the rest is left out. */
#define GATE_TOKENS 8

typedef struct {
  int64_t stream_id;
  uint64_t code;
} gate_stop_t;

/* Found in the datagram being read. */
typedef struct {
  size_t count;
  gate_stop_t stops[GATE_STOPS];
  /* The acknowledgement in the packet that was judged last, within its payload, for quic_ack_begin; NULL: none. Of several
   * the last: honest peers send one. */
  const uint8_t *ack, *ack_end;
} gate_found_t;

typedef struct {
  bool server;
  bool may_confirm;          /* client: our Finished has left, so that the server may have completed the handshake */
  uint64_t largest_sequence; /* of the connection ids that the peer gave us */
  uint64_t sequence_room;    /* how far the next one may lie beyond */
  uint8_t challenges[GATE_CHALLENGES][QUIC_PATH_DATA_LEN];
  size_t challenge_count; /* sent; GATE_CHALLENGES + 1 for more than are remembered */
  /* Why the connection has to end, once a packet was refused with GATE_CLOSE. */
  uint64_t error_code;
  const char *reason;
} gate_t;

typedef enum {
  GATE_PASS, /* ngtcp2 may have it; some frames may have been blanked */
  GATE_DROP, /* as if it had never come: anybody could have made it */
  GATE_CLOSE /* the connection ends with `error_code` */
} gate_verdict_t;

/* `cid_limit`: as many connection ids as we said that we take. */
void gate_init(gate_t *gate, bool server, uint64_t cid_limit);
/* Judges a decrypted packet. `header`: the packet's header, without protection. Adds to `found`. */
gate_verdict_t gate_check(gate_t *gate, const uint8_t *header, size_t header_len, uint8_t *payload, size_t len,
                          gate_found_t *found);
/* We send a PATH_CHALLENGE with this. */
void gate_challenge_sent(gate_t *gate, const uint8_t data[QUIC_PATH_DATA_LEN]);

#endif
