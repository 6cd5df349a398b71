/* SPDX-License-Identifier: MIT */
#include "wire/disco.h"

#include "base/base.h"

#include <string.h>

enum {
  SENDER_AT = DISCO_MAGIC_BYTES,
  NONCE_AT = SENDER_AT + DISCO_SENDER_BYTES,
  SEALED_AT = NONCE_AT + BOX_NONCE_BYTES
};

/* Within the sealed part. */
enum {
  TYPE_AT = DISCO_SENDER_BYTES,
  TIMESTAMP_AT = TYPE_AT + 1,
  TRANSACTION_AT = TIMESTAMP_AT + 8,
  BODY_AT = TRANSACTION_AT + DISCO_TRANSACTION_BYTES
};

enum { ADDRESS_BYTES = 18, CANDIDATE_BYTES = 1 + ADDRESS_BYTES };

enum { DATAGRAM_MIN = SEALED_AT + BOX_MAC_BYTES + BODY_AT, PLAIN_MAX = DISCO_DATAGRAM_MAX - SEALED_AT - BOX_MAC_BYTES };

_Static_assert(DISCO_PING_BYTES == DATAGRAM_MIN + ADDRESS_BYTES, "a ping and a pong");
_Static_assert(DISCO_DATAGRAM_MAX == DATAGRAM_MIN + 1 + DISCO_CANDIDATES_MAX * CANDIDATE_BYTES, "a call-me-maybe");

static const uint8_t magic[DISCO_MAGIC_BYTES] = {0xa9, 0, 0, 0, 0, 0xff, 'd', 1};
static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static uint64_t load64(const uint8_t *at) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | at[i];
  return value;
}

static void store64(uint8_t *at, uint64_t value) {
  for (int i = 0; i < 8; i++) at[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void read_address(const uint8_t at[ADDRESS_BYTES], address_t *out) {
  memset(out, 0, sizeof *out);
  in_port_t port;
  memcpy(&port, at + 16, sizeof port);
  if (memcmp(at, v4_mapped, sizeof v4_mapped) == 0) {
    out->in.sin_family = AF_INET;
    out->in.sin_port = port;
    memcpy(&out->in.sin_addr, at + sizeof v4_mapped, 4);
    out->len = sizeof out->in;
  } else {
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = port;
    memcpy(&out->in6.sin6_addr, at, 16);
    out->len = sizeof out->in6;
  }
}

static void write_address(const address_t *address, uint8_t at[ADDRESS_BYTES]) {
  in_port_t port = htons(address_port(address));
  if (address->sa.sa_family == AF_INET6) {
    memcpy(at, &address->in6.sin6_addr, 16);
  } else {
    memcpy(at, v4_mapped, sizeof v4_mapped);
    memcpy(at + sizeof v4_mapped, &address->in.sin_addr, 4);
  }
  memcpy(at + 16, &port, sizeof port);
}

/* Whether one host may be there: a peer must not make us throw probes at everybody. */
static bool is_somebodys(const address_t *address) {
  if (address_port(address) == 0 || address_is_wildcard(address)) return false;
  if (address->sa.sa_family == AF_INET6) return !IN6_IS_ADDR_MULTICAST(&address->in6.sin6_addr);
  uint32_t host = ntohl(address->in.sin_addr.s_addr);
  return host >> 24 != 0 && !IN_MULTICAST(host) && host != INADDR_BROADCAST;
}

static disco_verdict_t read_candidates(const uint8_t *body, size_t len, disco_message_t *out) {
  if (len == 0 || body[0] > DISCO_CANDIDATES_MAX || len != 1 + (size_t)body[0] * CANDIDATE_BYTES)
    return DISCO_MALFORMED;
  for (const uint8_t *at = body + 1; at < body + len; at += CANDIDATE_BYTES) {
    disco_candidate_t *candidate = &out->candidates[out->candidate_count];
    candidate->kind = at[0] <= DISCO_VARYING ? (disco_kind_t)at[0] : DISCO_OTHER;
    read_address(at + 1, &candidate->address);
    if (is_somebodys(&candidate->address)) out->candidate_count++;
  }
  return DISCO_OK;
}

static disco_verdict_t read_plain(const uint8_t *plain, size_t len, disco_message_t *out) {
  const uint8_t *body = plain + BODY_AT;
  size_t body_len = len - BODY_AT;
  out->candidate_count = 0;
  out->observed = (address_t){0};
  out->timestamp = load64(plain + TIMESTAMP_AT);
  memcpy(out->transaction, plain + TRANSACTION_AT, sizeof out->transaction);
  switch (plain[TYPE_AT]) {
  case DISCO_PING:
    out->type = DISCO_PING;
    return body_len == ADDRESS_BYTES ? DISCO_OK : DISCO_MALFORMED;
  case DISCO_PONG:
    out->type = DISCO_PONG;
    if (body_len != ADDRESS_BYTES) return DISCO_MALFORMED;
    read_address(body, &out->observed);
    return DISCO_OK;
  case DISCO_CALL_ME_MAYBE:
    out->type = DISCO_CALL_ME_MAYBE;
    return read_candidates(body, body_len, out);
  default:
    return DISCO_UNKNOWN_TYPE;
  }
}

bool disco_is(const uint8_t *data, size_t len) { return len >= sizeof magic && memcmp(data, magic, sizeof magic) == 0; }

disco_verdict_t disco_sender(const uint8_t *data, size_t len, const uint8_t **sender) {
  if (!disco_is(data, len)) return DISCO_NOT_DISCO;
  if (len < DATAGRAM_MIN) return DISCO_TRUNCATED;
  *sender = data + SENDER_AT;
  return DISCO_OK;
}

disco_verdict_t disco_open(const uint8_t *data, size_t len, const uint8_t shared[BOX_KEY_BYTES], disco_message_t *out) {
  uint8_t plain[PLAIN_MAX];
  const uint8_t *sender;
  disco_verdict_t verdict = disco_sender(data, len, &sender);
  if (verdict != DISCO_OK) return verdict;
  if (len > DISCO_DATAGRAM_MAX) return DISCO_MALFORMED;
  if (box_open(shared, data + NONCE_AT, data + SEALED_AT, len - SEALED_AT, plain) != 0 ||
      memcmp(plain, sender, DISCO_SENDER_BYTES) != 0)
    return DISCO_SEALED;
  return read_plain(plain, len - SEALED_AT - BOX_MAC_BYTES, out);
}

static size_t write_candidates(const disco_message_t *message, uint8_t *body) {
  size_t count = min_size(message->candidate_count, DISCO_CANDIDATES_MAX);
  body[0] = (uint8_t)count;
  for (size_t i = 0; i < count; i++) {
    uint8_t *at = body + 1 + i * CANDIDATE_BYTES;
    at[0] = (uint8_t)message->candidates[i].kind;
    write_address(&message->candidates[i].address, at + 1);
  }
  return 1 + count * CANDIDATE_BYTES;
}

size_t disco_seal(const disco_message_t *message, const uint8_t sender[DISCO_SENDER_BYTES],
                  const uint8_t shared[BOX_KEY_BYTES], const uint8_t nonce[BOX_NONCE_BYTES],
                  uint8_t out[DISCO_DATAGRAM_MAX]) {
  uint8_t plain[PLAIN_MAX] = {0};
  size_t body_len = ADDRESS_BYTES;
  memcpy(plain, sender, DISCO_SENDER_BYTES);
  plain[TYPE_AT] = (uint8_t)message->type;
  store64(plain + TIMESTAMP_AT, message->timestamp);
  memcpy(plain + TRANSACTION_AT, message->transaction, sizeof message->transaction);
  if (message->type == DISCO_PONG) write_address(&message->observed, plain + BODY_AT);
  if (message->type == DISCO_CALL_ME_MAYBE) body_len = write_candidates(message, plain + BODY_AT);
  memcpy(out, magic, sizeof magic);
  memcpy(out + SENDER_AT, sender, DISCO_SENDER_BYTES);
  memcpy(out + NONCE_AT, nonce, BOX_NONCE_BYTES);
  box_seal(shared, nonce, plain, BODY_AT + body_len, out + SEALED_AT);
  return SEALED_AT + BOX_MAC_BYTES + BODY_AT + body_len;
}
