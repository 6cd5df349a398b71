/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "iroh.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static int base32_value(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

void text_hex_encode(const uint8_t *data, size_t len, char *out) {
  for (size_t i = 0; i < len; i++) {
    *out++ = hex_digits[data[i] >> 4];
    *out++ = hex_digits[data[i] & 15];
  }
  *out = '\0';
}

int text_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len) {
  if (text_len % 2 != 0 || text_len / 2 != out_len) return IROH_ERR_INVALID_ARGUMENT;
  for (size_t i = 0; i < out_len; i++) {
    int high = hex_value(text[2 * i]);
    int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return IROH_ERR_INVALID_ARGUMENT;
    out[i] = (uint8_t)(high << 4 | low);
  }
  return 0;
}

void text_base32_encode(const uint8_t *data, size_t len, char *out) {
  uint32_t bits = 0;
  unsigned bit_count = 0;
  for (size_t i = 0; i < len; i++) {
    bits = bits << 8 | data[i];
    bit_count += 8;
    while (bit_count >= 5) {
      bit_count -= 5;
      *out++ = base32_digits[bits >> bit_count & 31];
    }
  }
  if (bit_count > 0) *out++ = base32_digits[bits << (5 - bit_count) & 31];
  *out = '\0';
}

int text_base32_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len) {
  if (out_len > SIZE_MAX / 16 || text_len != TEXT_BASE32_LEN(out_len)) return IROH_ERR_INVALID_ARGUMENT;
  uint32_t bits = 0;
  unsigned bit_count = 0;
  for (size_t i = 0; i < text_len; i++) {
    int value = base32_value(text[i]);
    if (value < 0) return IROH_ERR_INVALID_ARGUMENT;
    bits = bits << 5 | (uint32_t)value;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      *out++ = (uint8_t)(bits >> bit_count);
    }
  }
  return (bits & ((1u << bit_count) - 1)) == 0 ? 0 : IROH_ERR_INVALID_ARGUMENT;
}
