/* SPDX-License-Identifier: MIT
 *
 * STUN Binding over UDP (RFC 8489): what a client asks to learn the address others see it at, and what a server
 * answers. No authentication: of the attributes of RFC 8489 only XOR-MAPPED-ADDRESS, ERROR-CODE, UNKNOWN-ATTRIBUTES and
 * FINGERPRINT mean something here, the others are passed over.
 */
#ifndef IROH_WIRE_STUN_H
#define IROH_WIRE_STUN_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUN_TRANSACTION_BYTES 12
#define STUN_REQUEST_BYTES 28 /* a Binding request of ours: header and FINGERPRINT */
#define STUN_MESSAGE_MAX 76   /* the longest message of ours */
#define STUN_UNKNOWN_MAX 8    /* unknown attributes told to the peer; more are not listed */
#define STUN_ERROR_UNKNOWN_ATTRIBUTE 420

typedef enum { STUN_REQUEST, STUN_SUCCESS, STUN_ERROR } stun_kind_t;

typedef enum {
  STUN_OK,
  STUN_NOT_STUN,        /* stun_is says no */
  STUN_MALFORMED,       /* a length, an address or an error code is wrong, or a success tells no address */
  STUN_BAD_FINGERPRINT, /* it has one and it does not fit */
  STUN_UNSUPPORTED      /* another method or class, or a response that we must understand more of */
} stun_verdict_t;

typedef struct {
  stun_kind_t kind;
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  address_t mapped;    /* STUN_SUCCESS: where the server sees the client */
  uint16_t error_code; /* STUN_ERROR: 300 to 699; 0 when the peer gave none */
  /* STUN_REQUEST: attributes that must be understood and are not (section 14). One or more: the answer is
   * stun_encode_unknown. */
  uint16_t unknown[STUN_UNKNOWN_MAX];
  size_t unknown_count;
} stun_message_t;

/* Whether a datagram is STUN: the first two bits are zero, as in no QUIC packet with its fixed bit and no disco
 * datagram, and the magic cookie is in its place (RFC 9443). */
bool stun_is(const uint8_t *data, size_t len);
/* Reads one datagram. `out` is whole with STUN_OK only. Whether the transaction is one's own the caller judges. */
stun_verdict_t stun_decode(const uint8_t *data, size_t len, stun_message_t *out);

/* These write one message with a FINGERPRINT and return its length. */

/* A Binding request. The transaction id is random. */
size_t stun_encode_request(const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t out[STUN_MESSAGE_MAX]);
/* A success response; `mapped` is where the request came from, IPv4 mapped into IPv6 being told as IPv4. */
size_t stun_encode_success(const uint8_t transaction[STUN_TRANSACTION_BYTES], const address_t *mapped,
                           uint8_t out[STUN_MESSAGE_MAX]);
/* The error response 420 to `request`, naming its unknown attributes. */
size_t stun_encode_unknown(const stun_message_t *request, uint8_t out[STUN_MESSAGE_MAX]);

#endif
