/* SPDX-License-Identifier: MIT */
#include "wire/postcard.h"

#include <string.h>

static bool read_byte(postcard_t *reader, uint8_t *out) {
  if (reader->at == reader->end) return false;
  *out = *reader->at++;
  return true;
}

/* A number of that many bits: its last byte may not hold more of them than there are. */
static bool read_varint(postcard_t *reader, unsigned bits, uint64_t *out) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t byte;
    if (!read_byte(reader, &byte)) return false;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    *out = value;
    return bits - shift >= 7 || byte >> (bits - shift) == 0;
  }
  return false;
}

bool postcard_read_bool(postcard_t *reader, bool *out) {
  uint8_t byte;
  if (!read_byte(reader, &byte) || byte > 1) return false;
  *out = byte == 1;
  return true;
}

bool postcard_read_u16(postcard_t *reader, uint16_t *out) {
  uint64_t value;
  if (!read_varint(reader, 16, &value)) return false;
  *out = (uint16_t)value;
  return true;
}

bool postcard_read_u32(postcard_t *reader, uint32_t *out) {
  uint64_t value;
  if (!read_varint(reader, 32, &value)) return false;
  *out = (uint32_t)value;
  return true;
}

bool postcard_read_count(postcard_t *reader, size_t least, size_t *out) {
  uint64_t value;
  if (!read_varint(reader, 64, &value) || value > (size_t)(reader->end - reader->at) / least) return false;
  *out = (size_t)value;
  return true;
}

bool postcard_read_fixed(postcard_t *reader, size_t len, const uint8_t **out) {
  if (len > (size_t)(reader->end - reader->at)) return false;
  *out = reader->at;
  reader->at += len;
  return true;
}

bool postcard_read_bytes(postcard_t *reader, const uint8_t **out, size_t *len) {
  return postcard_read_count(reader, 1, len) && postcard_read_fixed(reader, *len, out);
}

size_t postcard_varint_size(uint64_t value) {
  size_t size = 1;
  while (value >>= 7) size++;
  return size;
}

uint8_t *postcard_write_varint(uint8_t *at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
  *at++ = (uint8_t)value;
  return at;
}

uint8_t *postcard_write_fixed(uint8_t *at, const uint8_t *bytes, size_t len) {
  if (len > 0) memcpy(at, bytes, len);
  return at + len;
}

uint8_t *postcard_write_bytes(uint8_t *at, const uint8_t *bytes, size_t len) {
  return postcard_write_fixed(postcard_write_varint(at, len), bytes, len);
}
