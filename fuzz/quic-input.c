/* SPDX-License-Identifier: MIT */
#include "quic-input.h"

#include <string.h>

#include "base/base.h"
#include "wire/quic-frames.h"

/* As much as a frame of this file takes at most. */
#define FRAME_MAX 512

uint8_t input_byte(input_t *input) {
  if (input->left == 0) return 0;
  input->left--;
  return *input->at++;
}

uint64_t input_number(input_t *input) {
  static const uint64_t marks[] = {63,
                                   64,
                                   1199,
                                   16383,
                                   16384,
                                   65535,
                                   262143,
                                   262144,
                                   1 << 20,
                                   (1 << 30) - 1,
                                   1 << 30,
                                   UINT64_C(1) << 60,
                                   (UINT64_C(1) << 60) + 1,
                                   (UINT64_C(1) << 62) - 2,
                                   (UINT64_C(1) << 62) - 1};
  uint8_t choice = input_byte(input);
  if (choice < 192) return choice % 32;
  if (choice < 192 + ARRAY_LEN(marks)) return marks[choice - 192];
  if (choice < 216) return input->largest_sent;
  if (choice < 224) return input->largest_sent + 1 - input_byte(input) % 4;
  return (uint64_t)(choice - 224) << 8 | input_byte(input);
}

size_t input_put_varint(uint8_t *out, uint64_t value) {
  value &= (UINT64_C(1) << 62) - 1;
  unsigned exponent = value < 64 ? 0 : value < 16384 ? 1 : value < 1 << 30 ? 2 : 3;
  size_t len = (size_t)1 << exponent;
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
  out[0] |= (uint8_t)(exponent << 6);
  return len;
}

static size_t put_bytes(input_t *input, uint8_t *out, size_t max) {
  size_t len = input_byte(input) % max, n = input_put_varint(out, len);
  for (size_t i = 0; i < len; i++) out[n++] = input_byte(input);
  return n;
}

static size_t put_numbers(input_t *input, uint8_t *out, unsigned count) {
  size_t n = 0;
  while (count-- > 0) n += input_put_varint(out + n, input_number(input));
  return n;
}

static size_t put_ack(input_t *input, uint8_t *out, bool ecn) {
  size_t n = put_numbers(input, out, 2);
  unsigned ranges = input_byte(input) % 12;
  n += input_put_varint(out + n, ranges);
  return n + put_numbers(input, out + n, 1 + 2 * ranges + (ecn ? 3 : 0));
}

static size_t put_stream(input_t *input, uint8_t type, uint8_t *out) {
  size_t n = put_numbers(input, out, type & 0x04 ? 2 : 1);
  if (type & 0x02) return n + put_bytes(input, out + n, 128);
  size_t len = input_byte(input) % 64;
  memset(out + n, 'x', len);
  return n + len;
}

static size_t put_connection_id(input_t *input, uint8_t *out) {
  size_t n = put_numbers(input, out, 2);
  uint8_t choice = input_byte(input), fill = input_byte(input), token = input_byte(input);
  uint8_t len = choice < 224 ? 8 : choice % 24;
  out[n++] = len;
  memset(out + n, fill, len);
  n += len;
  memset(out + n, token < 200 ? fill : token, 16);
  return n + 16;
}

static size_t put_path_data(input_t *input, uint8_t type, uint8_t *out) {
  uint8_t choice = input_byte(input);
  size_t known = min_size(input->challenge_count, INPUT_CHALLENGES);
  if (type == QUIC_FRAME_PATH_RESPONSE && known > 0 && choice < 240)
    memcpy(out, input->challenges[choice % known], QUIC_PATH_DATA_LEN);
  else
    memset(out, choice, QUIC_PATH_DATA_LEN);
  return QUIC_PATH_DATA_LEN;
}

static size_t put_frame(input_t *input, uint8_t *out) {
  uint8_t type = input_byte(input);
  if (type >= 0xf0) return out[0] = type, 1;
  type %= 0x32;
  /* 0x20 to 0x2f are no frames: half of a table wasted, given to those with the most behind them. */
  static const uint8_t instead[] = {0x18, 0x19, 0x1a, 0x1b, 0x02, 0x03, 0x08, 0x0f,
                                    0x04, 0x05, 0x06, 0x1e, 0x18, 0x19, 0x0e, 0x02};
  if (type >= 0x20 && type < 0x30) type = instead[type - 0x20];
  size_t n = 0;
  out[n++] = type;
  if (type >= QUIC_FRAME_STREAM && type <= QUIC_FRAME_STREAM_LAST) return n + put_stream(input, type, out + n);
  switch (type) {
  case QUIC_FRAME_ACK:
  case QUIC_FRAME_ACK_ECN:
    return n + put_ack(input, out + n, type == QUIC_FRAME_ACK_ECN);
  case QUIC_FRAME_RESET_STREAM:
    return n + put_numbers(input, out + n, 3);
  case QUIC_FRAME_STOP_SENDING:
  case QUIC_FRAME_MAX_STREAM_DATA:
  case QUIC_FRAME_STREAM_DATA_BLOCKED:
    return n + put_numbers(input, out + n, 2);
  case QUIC_FRAME_MAX_DATA:
  case QUIC_FRAME_MAX_STREAMS_BIDI:
  case QUIC_FRAME_MAX_STREAMS_UNI:
  case QUIC_FRAME_DATA_BLOCKED:
  case QUIC_FRAME_STREAMS_BLOCKED_BIDI:
  case QUIC_FRAME_STREAMS_BLOCKED_UNI:
  case QUIC_FRAME_RETIRE_CONNECTION_ID:
    return n + put_numbers(input, out + n, 1);
  case QUIC_FRAME_CRYPTO:
    n += put_numbers(input, out + n, 1);
    return n + put_bytes(input, out + n, 64);
  case QUIC_FRAME_NEW_TOKEN:
  case QUIC_FRAME_DATAGRAM_LEN:
    return n + put_bytes(input, out + n, 64);
  case QUIC_FRAME_NEW_CONNECTION_ID:
    return n + put_connection_id(input, out + n);
  case QUIC_FRAME_PATH_CHALLENGE:
  case QUIC_FRAME_PATH_RESPONSE:
    return n + put_path_data(input, type, out + n);
  case QUIC_FRAME_CONNECTION_CLOSE:
  case QUIC_FRAME_CONNECTION_CLOSE_APP:
    n += put_numbers(input, out + n, type == QUIC_FRAME_CONNECTION_CLOSE ? 2 : 1);
    return n + put_bytes(input, out + n, 16);
  default:
    return n;
  }
}

size_t input_put_frames(input_t *input, unsigned count, uint8_t *out, size_t room) {
  size_t n = 0;
  while (count-- > 0 && n + FRAME_MAX <= room) n += put_frame(input, out + n);
  while (n < 4) out[n++] = QUIC_FRAME_PADDING;
  return n;
}
