/* SPDX-License-Identifier: MIT
 *
 * Reads the frames of a QUIC packet's payload one by one (RFC 9000 section 19, RFC 9221). Says what stands there, not
 * whether it may: that is the gate's business (quic/gate.h).
 */
#ifndef IROH_WIRE_QUIC_FRAMES_H
#define IROH_WIRE_QUIC_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  QUIC_FRAME_PADDING = 0x00,
  QUIC_FRAME_PING = 0x01,
  QUIC_FRAME_ACK = 0x02,
  QUIC_FRAME_ACK_ECN = 0x03,
  QUIC_FRAME_RESET_STREAM = 0x04,
  QUIC_FRAME_STOP_SENDING = 0x05,
  QUIC_FRAME_CRYPTO = 0x06,
  QUIC_FRAME_NEW_TOKEN = 0x07,
  QUIC_FRAME_STREAM = 0x08,
  QUIC_FRAME_STREAM_LAST = 0x0f,
  QUIC_FRAME_MAX_DATA = 0x10,
  QUIC_FRAME_MAX_STREAM_DATA = 0x11,
  QUIC_FRAME_MAX_STREAMS_BIDI = 0x12,
  QUIC_FRAME_MAX_STREAMS_UNI = 0x13,
  QUIC_FRAME_DATA_BLOCKED = 0x14,
  QUIC_FRAME_STREAM_DATA_BLOCKED = 0x15,
  QUIC_FRAME_STREAMS_BLOCKED_BIDI = 0x16,
  QUIC_FRAME_STREAMS_BLOCKED_UNI = 0x17,
  QUIC_FRAME_NEW_CONNECTION_ID = 0x18,
  QUIC_FRAME_RETIRE_CONNECTION_ID = 0x19,
  QUIC_FRAME_PATH_CHALLENGE = 0x1a,
  QUIC_FRAME_PATH_RESPONSE = 0x1b,
  QUIC_FRAME_CONNECTION_CLOSE = 0x1c,
  QUIC_FRAME_CONNECTION_CLOSE_APP = 0x1d,
  QUIC_FRAME_HANDSHAKE_DONE = 0x1e,
  QUIC_FRAME_DATAGRAM = 0x30,
  QUIC_FRAME_DATAGRAM_LEN = 0x31
};

#define QUIC_PATH_DATA_LEN 8

typedef struct {
  const uint8_t *at, *end;
} quic_frames_t;

typedef struct {
  uint8_t type;
  const uint8_t *start;   /* its first byte; the frame ends where the walk stands */
  uint64_t first, second; /* the leading two integers of those that have any, but for ACK and STREAM */
  const uint8_t *data;    /* PATH_CHALLENGE, PATH_RESPONSE: QUIC_PATH_DATA_LEN bytes; ACK: for quic_ack_begin */
} quic_frame_t;

/* The ranges of packet numbers of an ACK frame, the largest numbers first. */
typedef struct {
  quic_frames_t walk;
  uint64_t left; /* ranges behind this one */
  uint64_t first, last;
} quic_ack_t;

typedef enum {
  QUIC_FRAMES_END,      /* every byte of the payload was read */
  QUIC_FRAMES_FRAME,    /* *out is the next frame; a run of PADDING is one */
  QUIC_FRAMES_MALFORMED /* cut off, a length out of range or an unknown type (`out->type`): the rest cannot be read */
} quic_frames_result_t;

quic_frames_result_t quic_frames_next(quic_frames_t *walk, quic_frame_t *out);
/* The first range of an ACK frame that was read, and the one behind it. False: there is none. */
bool quic_ack_begin(quic_ack_t *ack, const uint8_t *data, const uint8_t *end);
bool quic_ack_next(quic_ack_t *ack);
/* Whether the payload of a client's first packet begins a handshake: a CRYPTO frame, behind PADDING and PING at most. */
bool quic_frames_begin_handshake(const uint8_t *payload, size_t len);

#endif
