/* SPDX-License-Identifier: MIT */
#include "wire/quic-frames.h"

enum {
  FRAME_PADDING = 0x00,
  FRAME_PING = 0x01,
  FRAME_ACK = 0x02,
  FRAME_ACK_ECN = 0x03,
  FRAME_RESET_STREAM = 0x04,
  FRAME_STOP_SENDING = 0x05,
  FRAME_CRYPTO = 0x06,
  FRAME_NEW_TOKEN = 0x07,
  FRAME_STREAM = 0x08, /* to 0x0f */
  FRAME_STREAM_LAST = 0x0f,
  FRAME_MAX_DATA = 0x10,
  FRAME_MAX_STREAM_DATA = 0x11,
  FRAME_MAX_STREAMS_BIDI = 0x12,
  FRAME_MAX_STREAMS_UNI = 0x13,
  FRAME_DATA_BLOCKED = 0x14,
  FRAME_STREAM_DATA_BLOCKED = 0x15,
  FRAME_STREAMS_BLOCKED_BIDI = 0x16,
  FRAME_STREAMS_BLOCKED_UNI = 0x17,
  FRAME_NEW_CONNECTION_ID = 0x18,
  FRAME_RETIRE_CONNECTION_ID = 0x19,
  FRAME_PATH_CHALLENGE = 0x1a,
  FRAME_PATH_RESPONSE = 0x1b,
  FRAME_HANDSHAKE_DONE = 0x1e,
  FRAME_DATAGRAM_LEN = 0x31
};

enum { STREAM_HAS_LENGTH = 0x02, STREAM_HAS_OFFSET = 0x04, RESET_TOKEN_LEN = 16, PATH_DATA_LEN = 8 };

typedef struct {
  const uint8_t *at, *end;
} cursor_t;

static bool skip(cursor_t *cursor, uint64_t len) {
  if (len > (uint64_t)(cursor->end - cursor->at)) return false;
  cursor->at += len;
  return true;
}

/* RFC 9000 section 16. */
static bool read_varint(cursor_t *cursor, uint64_t *out) {
  if (cursor->at == cursor->end) return false;
  size_t len = (size_t)1 << (*cursor->at >> 6);
  if (len > (size_t)(cursor->end - cursor->at)) return false;
  uint64_t value = *cursor->at++ & 0x3f;
  while (--len > 0) value = value << 8 | *cursor->at++;
  *out = value;
  return true;
}

static bool skip_varints(cursor_t *cursor, uint64_t count) {
  uint64_t ignored;
  while (count-- > 0)
    if (!read_varint(cursor, &ignored)) return false;
  return true;
}

static bool skip_with_length(cursor_t *cursor) {
  uint64_t len;
  return read_varint(cursor, &len) && skip(cursor, len);
}

static bool skip_ack(cursor_t *cursor, bool ecn) {
  uint64_t ranges;
  return skip_varints(cursor, 2) && read_varint(cursor, &ranges) && skip_varints(cursor, 1) &&
         ranges <= (uint64_t)(cursor->end - cursor->at) && skip_varints(cursor, 2 * ranges) &&
         (!ecn || skip_varints(cursor, 3));
}

static bool skip_stream(cursor_t *cursor, uint8_t type) {
  if (!skip_varints(cursor, type & STREAM_HAS_OFFSET ? 2 : 1)) return false;
  if (type & STREAM_HAS_LENGTH) return skip_with_length(cursor);
  cursor->at = cursor->end;
  return true;
}

static bool skip_new_connection_id(cursor_t *cursor) {
  if (!skip_varints(cursor, 2) || cursor->at == cursor->end) return false;
  uint8_t len = *cursor->at++;
  return skip(cursor, (uint64_t)len + RESET_TOKEN_LEN);
}

/* Skips the body of a frame of any other type than STOP_SENDING. */
static bool skip_frame(cursor_t *cursor, uint8_t type) {
  switch (type) {
  case FRAME_PADDING:
  case FRAME_PING:
  case FRAME_HANDSHAKE_DONE:
    return true;
  case FRAME_ACK:
  case FRAME_ACK_ECN:
    return skip_ack(cursor, type == FRAME_ACK_ECN);
  case FRAME_RESET_STREAM:
    return skip_varints(cursor, 3);
  case FRAME_CRYPTO:
    return skip_varints(cursor, 1) && skip_with_length(cursor);
  case FRAME_NEW_TOKEN:
  case FRAME_DATAGRAM_LEN:
    return skip_with_length(cursor);
  case FRAME_MAX_DATA:
  case FRAME_MAX_STREAMS_BIDI:
  case FRAME_MAX_STREAMS_UNI:
  case FRAME_DATA_BLOCKED:
  case FRAME_STREAMS_BLOCKED_BIDI:
  case FRAME_STREAMS_BLOCKED_UNI:
  case FRAME_RETIRE_CONNECTION_ID:
    return skip_varints(cursor, 1);
  case FRAME_MAX_STREAM_DATA:
  case FRAME_STREAM_DATA_BLOCKED:
    return skip_varints(cursor, 2);
  case FRAME_NEW_CONNECTION_ID:
    return skip_new_connection_id(cursor);
  case FRAME_PATH_CHALLENGE:
  case FRAME_PATH_RESPONSE:
    return skip(cursor, PATH_DATA_LEN);
  default:
    if (type >= FRAME_STREAM && type <= FRAME_STREAM_LAST) return skip_stream(cursor, type);
    /* A DATAGRAM without length and CONNECTION_CLOSE end a packet; nothing behind an unknown frame can be found. */
    return false;
  }
}

size_t quic_frames_stop_sending(const uint8_t *payload, size_t len, quic_stop_sending_t *out, size_t max) {
  cursor_t cursor = {payload, payload + len};
  size_t count = 0;
  while (cursor.at < cursor.end && count < max) {
    uint8_t type = *cursor.at++;
    if (type != FRAME_STOP_SENDING) {
      if (!skip_frame(&cursor, type)) break;
      continue;
    }
    uint64_t id, code;
    if (!read_varint(&cursor, &id) || !read_varint(&cursor, &code)) break;
    out[count++] = (quic_stop_sending_t){(int64_t)id, code};
  }
  return count;
}

bool quic_frames_begin_handshake(const uint8_t *payload, size_t len) {
  cursor_t cursor = {payload, payload + len};
  while (cursor.at < cursor.end) {
    uint8_t type = *cursor.at++;
    if (type == FRAME_CRYPTO) return skip_frame(&cursor, type);
    if (type != FRAME_PADDING && type != FRAME_PING) return false;
  }
  return false;
}
