/* SPDX-License-Identifier: MIT */
#include "wire/stun.h"

#include "base/base.h"

#include <string.h>

/* Section 18.2 and 18.3. */
enum {
  ATTRIBUTE_MAPPED_ADDRESS = 0x0001,
  ATTRIBUTE_USERNAME = 0x0006,
  ATTRIBUTE_MESSAGE_INTEGRITY = 0x0008,
  ATTRIBUTE_ERROR_CODE = 0x0009,
  ATTRIBUTE_UNKNOWN_ATTRIBUTES = 0x000a,
  ATTRIBUTE_REALM = 0x0014,
  ATTRIBUTE_NONCE = 0x0015,
  ATTRIBUTE_MESSAGE_INTEGRITY_SHA256 = 0x001c,
  ATTRIBUTE_PASSWORD_ALGORITHM = 0x001d,
  ATTRIBUTE_USERHASH = 0x001e,
  ATTRIBUTE_XOR_MAPPED_ADDRESS = 0x0020,
  ATTRIBUTE_OPTIONAL = 0x8000, /* from here on: may be ignored when unknown */
  ATTRIBUTE_FINGERPRINT = 0x8028
};

enum { TYPE_REQUEST = 0x0001, TYPE_SUCCESS = 0x0101, TYPE_ERROR = 0x0111 };

enum { HEADER_BYTES = 20, COOKIE_AT = 4, TRANSACTION_AT = 8, ATTRIBUTE_HEADER_BYTES = 4, FINGERPRINT_BYTES = 4 };

enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

#define FINGERPRINT_XOR UINT32_C(0x5354554e)

static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};
static const char unknown_reason[] = "Unknown Attribute";

_Static_assert(STUN_REQUEST_BYTES == HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + FINGERPRINT_BYTES, "a request");
_Static_assert(STUN_MESSAGE_MAX ==
                   STUN_REQUEST_BYTES + ATTRIBUTE_HEADER_BYTES + 4 + 20 + ATTRIBUTE_HEADER_BYTES + 2 * STUN_UNKNOWN_MAX,
               "an error response: a code, its reason padded to 20, and the attributes");

static uint16_t load16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static uint32_t load32(const uint8_t *at) { return (uint32_t)load16(at) << 16 | load16(at + 2); }

static void store16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void store32(uint8_t *at, uint32_t value) {
  store16(at, (uint16_t)(value >> 16));
  store16(at + 2, (uint16_t)value);
}

static size_t padded(size_t len) { return (len + 3) & ~(size_t)3; }

/* CRC-32 of ITU V.42, four bits a step. */
static uint32_t crc32(const uint8_t *data, size_t len) {
  static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                     0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < len; i++) {
    crc ^= data[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

bool stun_is(const uint8_t *data, size_t len) {
  return len >= HEADER_BYTES && (data[0] & 0xc0) == 0 && memcmp(data + COOKIE_AT, cookie, sizeof cookie) == 0;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Section 14.2. `message` is the whole one: an IPv6 address is masked with its cookie and transaction id. */
static bool read_xor_address(const uint8_t *message, const uint8_t *value, size_t len, address_t *out) {
  uint8_t host[16];
  if (len < 4) return false;
  size_t host_len = value[1] == FAMILY_IPV4 ? 4 : value[1] == FAMILY_IPV6 ? 16 : 0;
  if (host_len == 0 || len != 4 + host_len) return false;
  for (size_t i = 0; i < host_len; i++) host[i] = value[4 + i] ^ message[COOKIE_AT + i];
  in_port_t port = htons((uint16_t)(load16(value + 2) ^ load16(cookie)));
  memset(out, 0, sizeof *out);
  if (host_len == 4) {
    out->in.sin_family = AF_INET;
    out->in.sin_port = port;
    memcpy(&out->in.sin_addr, host, 4);
    out->len = sizeof out->in;
  } else {
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = port;
    memcpy(&out->in6.sin6_addr, host, 16);
    out->len = sizeof out->in6;
  }
  return true;
}

/* Section 14.8. */
static bool read_error_code(const uint8_t *value, size_t len, uint16_t *out) {
  if (len < 4) return false;
  unsigned class = value[2] & 7, number = value[3];
  if (class < 3 || class > 6 || number > 99) return false;
  *out = (uint16_t)(class * 100 + number);
  return true;
}

static bool is_known(uint16_t type) {
  switch (type) {
  case ATTRIBUTE_MAPPED_ADDRESS:
  case ATTRIBUTE_USERNAME:
  case ATTRIBUTE_MESSAGE_INTEGRITY:
  case ATTRIBUTE_ERROR_CODE:
  case ATTRIBUTE_UNKNOWN_ATTRIBUTES:
  case ATTRIBUTE_REALM:
  case ATTRIBUTE_NONCE:
  case ATTRIBUTE_MESSAGE_INTEGRITY_SHA256:
  case ATTRIBUTE_PASSWORD_ALGORITHM:
  case ATTRIBUTE_USERHASH:
  case ATTRIBUTE_XOR_MAPPED_ADDRESS:
    return true;
  default:
    return type >= ATTRIBUTE_OPTIONAL;
  }
}

/* Of an attribute that comes more than once the first counts (section 14). */
static bool read_attribute(const uint8_t *message, uint16_t type, const uint8_t *value, size_t len,
                           stun_message_t *out) {
  if (type == ATTRIBUTE_XOR_MAPPED_ADDRESS && out->kind == STUN_SUCCESS && out->mapped.len == 0)
    return read_xor_address(message, value, len, &out->mapped);
  if (type == ATTRIBUTE_ERROR_CODE && out->kind == STUN_ERROR && out->error_code == 0)
    return read_error_code(value, len, &out->error_code);
  if (!is_known(type) && out->unknown_count < STUN_UNKNOWN_MAX) out->unknown[out->unknown_count++] = type;
  return true;
}

static stun_verdict_t read_attributes(const uint8_t *data, size_t len, stun_message_t *out) {
  for (size_t at = HEADER_BYTES; at < len;) {
    if (len - at < ATTRIBUTE_HEADER_BYTES) return STUN_MALFORMED;
    uint16_t type = load16(data + at);
    size_t value_len = load16(data + at + 2);
    const uint8_t *value = data + at + ATTRIBUTE_HEADER_BYTES;
    if (padded(value_len) > len - at - ATTRIBUTE_HEADER_BYTES) return STUN_MALFORMED;
    size_t next = at + ATTRIBUTE_HEADER_BYTES + padded(value_len);
    if (type == ATTRIBUTE_FINGERPRINT) {
      if (value_len != FINGERPRINT_BYTES || next != len) return STUN_MALFORMED;
      if ((crc32(data, at) ^ FINGERPRINT_XOR) != load32(value)) return STUN_BAD_FINGERPRINT;
    } else if (!read_attribute(data, type, value, value_len, out)) {
      return STUN_MALFORMED;
    }
    at = next;
  }
  return STUN_OK;
}

stun_verdict_t stun_decode(const uint8_t *data, size_t len, stun_message_t *out) {
  memset(out, 0, sizeof *out);
  if (!stun_is(data, len)) return STUN_NOT_STUN;
  if (load16(data + 2) != len - HEADER_BYTES || len % 4 != 0) return STUN_MALFORMED;
  switch (load16(data)) {
  case TYPE_REQUEST:
    out->kind = STUN_REQUEST;
    break;
  case TYPE_SUCCESS:
    out->kind = STUN_SUCCESS;
    break;
  case TYPE_ERROR:
    out->kind = STUN_ERROR;
    break;
  default:
    return STUN_UNSUPPORTED;
  }
  memcpy(out->transaction, data + TRANSACTION_AT, sizeof out->transaction);
  stun_verdict_t verdict = read_attributes(data, len, out);
  if (verdict != STUN_OK) return verdict;
  if (out->kind != STUN_REQUEST && out->unknown_count > 0) return STUN_UNSUPPORTED;
  return out->kind == STUN_SUCCESS && out->mapped.len == 0 ? STUN_MALFORMED : STUN_OK;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static size_t begin(uint8_t *out, uint16_t type, const uint8_t *transaction) {
  store16(out, type);
  memcpy(out + COOKIE_AT, cookie, sizeof cookie);
  memcpy(out + TRANSACTION_AT, transaction, STUN_TRANSACTION_BYTES);
  return HEADER_BYTES;
}

/* Writes an attribute's header and zeros for its value, padding included; returns where the value is. */
static uint8_t *add(uint8_t *out, size_t *len, uint16_t type, size_t value_len) {
  uint8_t *at = out + *len;
  store16(at, type);
  store16(at + 2, (uint16_t)value_len);
  memset(at + ATTRIBUTE_HEADER_BYTES, 0, padded(value_len));
  *len += ATTRIBUTE_HEADER_BYTES + padded(value_len);
  return at + ATTRIBUTE_HEADER_BYTES;
}

/* The length in the header counts the FINGERPRINT already when its CRC is taken (section 14.7). */
static size_t finish(uint8_t *out, size_t len) {
  size_t covered = len;
  uint8_t *fingerprint = add(out, &len, ATTRIBUTE_FINGERPRINT, FINGERPRINT_BYTES);
  store16(out + 2, (uint16_t)(len - HEADER_BYTES));
  store32(fingerprint, crc32(out, covered) ^ FINGERPRINT_XOR);
  return len;
}

size_t stun_encode_request(const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t out[STUN_MESSAGE_MAX]) {
  return finish(out, begin(out, TYPE_REQUEST, transaction));
}

size_t stun_encode_success(const uint8_t transaction[STUN_TRANSACTION_BYTES], const address_t *mapped,
                           uint8_t out[STUN_MESSAGE_MAX]) {
  bool v6 = mapped->sa.sa_family == AF_INET6;
  const uint8_t *host = v6 ? mapped->in6.sin6_addr.s6_addr : (const uint8_t *)&mapped->in.sin_addr;
  if (v6 && IN6_IS_ADDR_V4MAPPED(&mapped->in6.sin6_addr)) {
    v6 = false;
    host += 12;
  }
  size_t host_len = v6 ? 16 : 4;
  size_t len = begin(out, TYPE_SUCCESS, transaction);
  uint8_t *value = add(out, &len, ATTRIBUTE_XOR_MAPPED_ADDRESS, 4 + host_len);
  value[1] = v6 ? FAMILY_IPV6 : FAMILY_IPV4;
  store16(value + 2, address_port(mapped) ^ load16(cookie));
  for (size_t i = 0; i < host_len; i++) value[4 + i] = host[i] ^ out[COOKIE_AT + i];
  return finish(out, len);
}

size_t stun_encode_unknown(const stun_message_t *request, uint8_t out[STUN_MESSAGE_MAX]) {
  size_t len = begin(out, TYPE_ERROR, request->transaction);
  size_t reason_len = sizeof unknown_reason - 1;
  uint8_t *error = add(out, &len, ATTRIBUTE_ERROR_CODE, 4 + reason_len);
  error[2] = STUN_ERROR_UNKNOWN_ATTRIBUTE / 100;
  error[3] = STUN_ERROR_UNKNOWN_ATTRIBUTE % 100;
  memcpy(error + 4, unknown_reason, reason_len);
  size_t count = min_size(request->unknown_count, STUN_UNKNOWN_MAX);
  uint8_t *list = add(out, &len, ATTRIBUTE_UNKNOWN_ATTRIBUTES, 2 * count);
  for (size_t i = 0; i < count; i++) store16(list + 2 * i, request->unknown[i]);
  return finish(out, len);
}
