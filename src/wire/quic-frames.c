/* SPDX-License-Identifier: MIT */
#include "wire/quic-frames.h"

#include <stdbool.h>

enum { STREAM_HAS_LENGTH = 0x02, STREAM_HAS_OFFSET = 0x04, RESET_TOKEN_LEN = 16, CID_MAX = 20 };

static bool skip(quic_frames_t *walk, uint64_t len) {
  if (len > (uint64_t)(walk->end - walk->at)) return false;
  walk->at += len;
  return true;
}

/* RFC 9000 section 16. */
static bool read_varint(quic_frames_t *walk, uint64_t *out) {
  if (walk->at == walk->end) return false;
  size_t len = (size_t)1 << (*walk->at >> 6);
  if (len > (size_t)(walk->end - walk->at)) return false;
  uint64_t value = *walk->at++ & 0x3f;
  while (--len > 0) value = value << 8 | *walk->at++;
  *out = value;
  return true;
}

static bool skip_varints(quic_frames_t *walk, uint64_t count) {
  while (count-- > 0)
    if (walk->at == walk->end || !skip(walk, UINT64_C(1) << (*walk->at >> 6))) return false;
  return true;
}

static bool skip_with_length(quic_frames_t *walk) {
  uint64_t len;
  return read_varint(walk, &len) && skip(walk, len);
}

static bool skip_ack(quic_frames_t *walk, bool ecn) {
  uint64_t ranges;
  return skip_varints(walk, 2) && read_varint(walk, &ranges) && skip_varints(walk, 1) &&
         ranges <= (uint64_t)(walk->end - walk->at) && skip_varints(walk, 2 * ranges) &&
         (!ecn || skip_varints(walk, 3));
}

static bool skip_stream(quic_frames_t *walk, uint8_t type) {
  if (!skip_varints(walk, type & STREAM_HAS_OFFSET ? 2 : 1)) return false;
  if (type & STREAM_HAS_LENGTH) return skip_with_length(walk);
  walk->at = walk->end;
  return true;
}

static bool read_new_connection_id(quic_frames_t *walk, quic_frame_t *out) {
  if (!read_varint(walk, &out->first) || !read_varint(walk, &out->second) || walk->at == walk->end) return false;
  uint8_t len = *walk->at++;
  return len >= 1 && len <= CID_MAX && skip(walk, (uint64_t)len + RESET_TOKEN_LEN);
}

static bool read_body(quic_frames_t *walk, quic_frame_t *out) {
  switch (out->type) {
  case QUIC_FRAME_PADDING:
    while (walk->at < walk->end && *walk->at == QUIC_FRAME_PADDING) walk->at++;
    return true;
  case QUIC_FRAME_PING:
  case QUIC_FRAME_HANDSHAKE_DONE:
    return true;
  case QUIC_FRAME_ACK:
  case QUIC_FRAME_ACK_ECN:
    out->data = walk->at;
    return skip_ack(walk, out->type == QUIC_FRAME_ACK_ECN);
  case QUIC_FRAME_CRYPTO:
    return read_varint(walk, &out->first) && skip_with_length(walk);
  case QUIC_FRAME_NEW_TOKEN:
  case QUIC_FRAME_DATAGRAM_LEN:
    return skip_with_length(walk);
  case QUIC_FRAME_DATAGRAM:
    walk->at = walk->end;
    return true;
  case QUIC_FRAME_MAX_DATA:
  case QUIC_FRAME_MAX_STREAMS_BIDI:
  case QUIC_FRAME_MAX_STREAMS_UNI:
  case QUIC_FRAME_DATA_BLOCKED:
  case QUIC_FRAME_STREAMS_BLOCKED_BIDI:
  case QUIC_FRAME_STREAMS_BLOCKED_UNI:
  case QUIC_FRAME_RETIRE_CONNECTION_ID:
    return read_varint(walk, &out->first);
  case QUIC_FRAME_RESET_STREAM:
    return read_varint(walk, &out->first) && read_varint(walk, &out->second) && skip_varints(walk, 1);
  case QUIC_FRAME_STOP_SENDING:
  case QUIC_FRAME_MAX_STREAM_DATA:
  case QUIC_FRAME_STREAM_DATA_BLOCKED:
    return read_varint(walk, &out->first) && read_varint(walk, &out->second);
  case QUIC_FRAME_NEW_CONNECTION_ID:
    return read_new_connection_id(walk, out);
  case QUIC_FRAME_PATH_CHALLENGE:
  case QUIC_FRAME_PATH_RESPONSE:
    out->data = walk->at;
    return skip(walk, QUIC_PATH_DATA_LEN);
  case QUIC_FRAME_CONNECTION_CLOSE:
    return read_varint(walk, &out->first) && read_varint(walk, &out->second) && skip_with_length(walk);
  case QUIC_FRAME_CONNECTION_CLOSE_APP:
    return read_varint(walk, &out->first) && skip_with_length(walk);
  default:
    /* Nothing behind an unknown frame can be found. A known type in more bytes than it needs is unknown, too. */
    return false;
  }
}

quic_frames_result_t quic_frames_next(quic_frames_t *walk, quic_frame_t *out) {
  if (walk->at == walk->end) return QUIC_FRAMES_END;
  out->start = walk->at;
  out->type = *walk->at++;
  bool is_stream = out->type >= QUIC_FRAME_STREAM && out->type <= QUIC_FRAME_STREAM_LAST;
  bool whole = is_stream ? skip_stream(walk, out->type) : read_body(walk, out);
  return whole ? QUIC_FRAMES_FRAME : QUIC_FRAMES_MALFORMED;
}

/* RFC 9000 section 19.3.1: the number of packets before `last` that the range has, too. */
static bool read_range(quic_ack_t *ack, uint64_t last) {
  uint64_t len;
  if (!read_varint(&ack->walk, &len) || len > last) return false;
  ack->last = last;
  ack->first = last - len;
  return true;
}

bool quic_ack_begin(quic_ack_t *ack, const uint8_t *data, const uint8_t *end) {
  uint64_t largest;
  ack->walk = (quic_frames_t){data, end};
  return read_varint(&ack->walk, &largest) && skip_varints(&ack->walk, 1) && read_varint(&ack->walk, &ack->left) &&
         read_range(ack, largest);
}

bool quic_ack_next(quic_ack_t *ack) {
  uint64_t gap;
  if (ack->left == 0 || !read_varint(&ack->walk, &gap) || ack->first < 2 || gap > ack->first - 2) return false;
  ack->left--;
  return read_range(ack, ack->first - gap - 2);
}

bool quic_frames_begin_handshake(const uint8_t *payload, size_t len) {
  quic_frames_t walk = {payload, payload + len};
  quic_frame_t frame;
  while (quic_frames_next(&walk, &frame) == QUIC_FRAMES_FRAME) {
    if (frame.type == QUIC_FRAME_CRYPTO) return true;
    if (frame.type != QUIC_FRAME_PADDING && frame.type != QUIC_FRAME_PING) return false;
  }
  return false;
}
