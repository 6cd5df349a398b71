/* SPDX-License-Identifier: MIT */
#include "quic/gate.h"

#include <string.h>

#include "base/base.h"

/* RFC 9000 section 20.1. */
#define CONNECTION_ID_LIMIT_ERROR 0x09
#define FRAME_ENCODING_ERROR 0x07
#define PROTOCOL_VIOLATION 0x0a

#define VERSION_2 0x6b3343cfU
#define BIT(type) (UINT64_C(1) << (type))
#define STREAM_BITS (UINT64_C(0xff) << QUIC_FRAME_STREAM)

typedef enum { INITIAL, ZERO_RTT, HANDSHAKE, ONE_RTT } level_t;

/* RFC 9000 section 12.4, table 3. */
#define IN_EVERY_PACKET                                                                             \
  (BIT(QUIC_FRAME_PADDING) | BIT(QUIC_FRAME_PING) | BIT(QUIC_FRAME_ACK) | BIT(QUIC_FRAME_ACK_ECN) | \
   BIT(QUIC_FRAME_CRYPTO) | BIT(QUIC_FRAME_CONNECTION_CLOSE))
#define OF_SERVERS_ONLY (BIT(QUIC_FRAME_NEW_TOKEN) | BIT(QUIC_FRAME_HANDSHAKE_DONE))
#define IN_ONE_RTT                                                                                                  \
  (IN_EVERY_PACKET | STREAM_BITS | BIT(QUIC_FRAME_RESET_STREAM) | BIT(QUIC_FRAME_STOP_SENDING) |                    \
   BIT(QUIC_FRAME_MAX_DATA) | BIT(QUIC_FRAME_MAX_STREAM_DATA) | BIT(QUIC_FRAME_MAX_STREAMS_BIDI) |                  \
   BIT(QUIC_FRAME_MAX_STREAMS_UNI) | BIT(QUIC_FRAME_DATA_BLOCKED) | BIT(QUIC_FRAME_STREAM_DATA_BLOCKED) |           \
   BIT(QUIC_FRAME_STREAMS_BLOCKED_BIDI) | BIT(QUIC_FRAME_STREAMS_BLOCKED_UNI) | BIT(QUIC_FRAME_NEW_CONNECTION_ID) | \
   BIT(QUIC_FRAME_RETIRE_CONNECTION_ID) | BIT(QUIC_FRAME_PATH_CHALLENGE) | BIT(QUIC_FRAME_PATH_RESPONSE) |          \
   BIT(QUIC_FRAME_CONNECTION_CLOSE_APP) | BIT(QUIC_FRAME_DATAGRAM) | BIT(QUIC_FRAME_DATAGRAM_LEN))

void gate_init(gate_t *gate, bool server, uint64_t cid_limit) {
  memset(gate, 0, sizeof *gate);
  gate->server = server;
  /* Peers number their ids one by one, and hold a few more than the limit while they replace some. */
  gate->sequence_room = 4 * cid_limit;
}

void gate_challenge_sent(gate_t *gate, const uint8_t data[QUIC_PATH_DATA_LEN]) {
  if (gate->challenge_count < GATE_CHALLENGES)
    memcpy(gate->challenges[gate->challenge_count], data, QUIC_PATH_DATA_LEN);
  if (gate->challenge_count <= GATE_CHALLENGES) gate->challenge_count++;
}

/* Whether it may answer a question of ours. Once some are forgotten it may answer one of those: whoever sends the peer's
 * packets on from many addresses makes us ask often, and must not be able to end the connection by that. */
static bool may_have_asked(const gate_t *gate, const uint8_t *answer) {
  if (gate->challenge_count > GATE_CHALLENGES) return true;
  for (size_t i = 0; i < gate->challenge_count; i++)
    if (memcmp(gate->challenges[i], answer, QUIC_PATH_DATA_LEN) == 0) return true;
  return false;
}

static level_t level_of(const uint8_t *header, size_t len) {
  if ((header[0] & 0x80) == 0) return ONE_RTT;
  unsigned type = header[0] >> 4 & 3;
  uint32_t version =
      len < 5 ? 0
              : (uint32_t)header[1] << 24 | (uint32_t)header[2] << 16 | (uint32_t)header[3] << 8 | (uint32_t)header[4];
  /* RFC 9369 section 3.2: the types of version 2 begin with Retry. */
  return (level_t)(version == VERSION_2 ? (type + 3) & 3 : type);
}

static gate_verdict_t refuse(gate_t *gate, level_t level, uint64_t code, const char *reason) {
  /* The keys of Initial packets are everybody's. */
  if (level == INITIAL) return GATE_DROP;
  gate->error_code = code;
  gate->reason = reason;
  return GATE_CLOSE;
}

/* Takes a frame out. The packet still asks for an acknowledgement, so that the peer does not send it again. */
static void blank(uint8_t *payload, const quic_frame_t *frame, const quic_frames_t *walk) {
  uint8_t *at = payload + (frame->start - payload);
  memset(at, QUIC_FRAME_PADDING, (size_t)(walk->at - frame->start));
  *at = QUIC_FRAME_PING;
}

static gate_verdict_t check_connection_id(gate_t *gate, level_t level, const quic_frame_t *frame) {
  uint64_t sequence = frame->first, retire_prior_to = frame->second;
  if (retire_prior_to > sequence)
    return refuse(gate, level, FRAME_ENCODING_ERROR, "NEW_CONNECTION_ID that retires itself");
  if (sequence <= gate->largest_sequence) return GATE_PASS;
  if (sequence - gate->largest_sequence > gate->sequence_room)
    return refuse(gate, level, CONNECTION_ID_LIMIT_ERROR, "NEW_CONNECTION_ID far beyond the last number");
  gate->largest_sequence = sequence;
  return GATE_PASS;
}

static void note_stop(gate_found_t *found, const quic_frame_t *frame) {
  if (found->count == GATE_STOPS) return;
  found->stops[found->count++] = (gate_stop_t){(int64_t)frame->first, frame->second};
}

gate_verdict_t gate_check(gate_t *gate, const uint8_t *header, size_t header_len, uint8_t *payload, size_t len,
                          gate_found_t *found) {
  static const uint64_t allowed[] = {IN_EVERY_PACKET, 0, IN_EVERY_PACKET, IN_ONE_RTT};
  level_t level = level_of(header, header_len);
  uint64_t mask = allowed[level] | (level == ONE_RTT && !gate->server ? OF_SERVERS_ONLY : 0);
  quic_frames_t walk = {payload, payload + len};
  quic_frame_t frame;
  quic_frames_result_t result;
  size_t tokens = 0;
  found->ack = found->ack_end = NULL;
  if (len == 0) return refuse(gate, level, PROTOCOL_VIOLATION, "packet without frames");
  while ((result = quic_frames_next(&walk, &frame)) == QUIC_FRAMES_FRAME) {
    if ((mask >> frame.type & 1) == 0)
      return refuse(gate, level, PROTOCOL_VIOLATION, "frame that does not belong into this packet");
    switch (frame.type) {
    case QUIC_FRAME_ACK:
    case QUIC_FRAME_ACK_ECN:
      if (level != ONE_RTT) break;
      found->ack = frame.data;
      found->ack_end = walk.at;
      break;
    case QUIC_FRAME_STOP_SENDING:
      note_stop(found, &frame);
      break;
    case QUIC_FRAME_CRYPTO:
      /* After the handshake only session tickets may come, and we use none. */
      if (level == ONE_RTT) blank(payload, &frame, &walk);
      break;
    case QUIC_FRAME_NEW_TOKEN:
      if (++tokens > GATE_TOKENS) blank(payload, &frame, &walk);
      break;
    case QUIC_FRAME_NEW_CONNECTION_ID:
      if (check_connection_id(gate, level, &frame) != GATE_PASS) return GATE_CLOSE;
      break;
    case QUIC_FRAME_PATH_RESPONSE:
      if (!may_have_asked(gate, frame.data))
        return refuse(gate, level, PROTOCOL_VIOLATION, "PATH_RESPONSE to no PATH_CHALLENGE");
      break;
    case QUIC_FRAME_HANDSHAKE_DONE:
      if (!gate->may_confirm)
        return refuse(gate, level, PROTOCOL_VIOLATION, "HANDSHAKE_DONE before the handshake is over");
      break;
    default:
      break;
    }
  }
  if (result == QUIC_FRAMES_MALFORMED) return refuse(gate, level, FRAME_ENCODING_ERROR, "frame that cannot be read");
  return GATE_PASS;
}
