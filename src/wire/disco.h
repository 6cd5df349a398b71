/* SPDX-License-Identifier: MIT
 *
 * Probes between two endpoints of ours, beside QUIC on the same sockets and through relays: who is there, at which
 * address do you see me, call me at these. docs/design/disco.md says why it is built so.
 *
 *   in the clear   0  magic      a9 00 00 00 00 ff 64 01
 *                  8  sender     32, the NodeId
 *                 40  nonce      24, random
 *                 64  sealed     crypto_box (box.h) of the rest: 16 bytes more than
 *   sealed         0  sender     32, again: the key is the same both ways, so a message thrown back would open too
 *                 32  type       u8
 *                 33  timestamp  u64, milliseconds
 *                 41  transaction 12
 *                 53  body
 *   body of ping (1)          18 bytes that mean nothing: a ping is as long as its pong
 *           pong (2)          address 18: where the ping came from, as the pong's sender sees it
 *           call-me-maybe (3) count u8, at most 32; as many times kind u8, address 18
 *   address        IPv6, or IPv4 mapped into it (::ffff:192.0.2.1): 16; port u16
 *
 * Integers are big-endian. Pure: nonces, time and keys are arguments. What is left to the caller: to answer a ping only
 * where it came from and at a bounded rate, to refuse a timestamp not above the sender's last, to know its own
 * transactions.
 */
#ifndef IROH_WIRE_DISCO_H
#define IROH_WIRE_DISCO_H

#include "base/address.h"
#include "base/box.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISCO_MAGIC_BYTES 8
#define DISCO_SENDER_BYTES 32
#define DISCO_TRANSACTION_BYTES 12
#define DISCO_CANDIDATES_MAX 32
#define DISCO_PING_BYTES 151 /* a ping's datagram, and a pong's */
#define DISCO_DATAGRAM_MAX 742

typedef enum { DISCO_PING = 1, DISCO_PONG, DISCO_CALL_ME_MAYBE } disco_type_t;

/* How a candidate was learnt. A kind of a later version reads as DISCO_OTHER. */
typedef enum {
  DISCO_OTHER,
  DISCO_LOCAL,       /* an address of an interface */
  DISCO_OBSERVED,    /* as a STUN server or a peer sees it */
  DISCO_CONFIGURED,  /* told by the program */
  DISCO_PORT_MAPPED, /* opened at the gateway */
  DISCO_PREDICTED,   /* a guess at the NAT's next mapping */
  DISCO_VARYING      /* as a STUN server sees it; others will see another, random port */
} disco_kind_t;

typedef struct {
  disco_kind_t kind;
  address_t address;
} disco_candidate_t;

typedef struct {
  disco_type_t type;
  uint64_t timestamp; /* ms; each message's is above that of its sender's last one to the same peer */
  uint8_t transaction[DISCO_TRANSACTION_BYTES]; /* random in a ping and a call-me-maybe; the ping's in a pong */
  address_t observed;                           /* DISCO_PONG */
  size_t candidate_count;                       /* DISCO_CALL_ME_MAYBE */
  disco_candidate_t candidates[DISCO_CANDIDATES_MAX];
} disco_message_t;

typedef enum {
  DISCO_OK,
  DISCO_NOT_DISCO,    /* disco_is says no */
  DISCO_TRUNCATED,    /* shorter than any message */
  DISCO_SEALED,       /* cannot be opened: forged, damaged, meant for another, or not its sender's */
  DISCO_UNKNOWN_TYPE, /* opened, and of a type that a later version may know */
  DISCO_MALFORMED     /* longer than any message, or opened and its body has the wrong length */
} disco_verdict_t;

/* Whether a datagram has the magic: no QUIC packet and no STUN message does. */
bool disco_is(const uint8_t *data, size_t len);
/* Who says to have sent a datagram: DISCO_OK with *sender pointing into `data` at the 32 bytes, DISCO_NOT_DISCO or
 * DISCO_TRUNCATED. Nothing is proved yet. */
disco_verdict_t disco_sender(const uint8_t *data, size_t len, const uint8_t **sender);
/* Opens and reads a datagram with the key shared with its sender. `out` is whole with DISCO_OK only. Candidates that
 * nobody can have (port 0; unspecified, multicast and broadcast addresses) are left out. */
disco_verdict_t disco_open(const uint8_t *data, size_t len, const uint8_t shared[BOX_KEY_BYTES], disco_message_t *out);
/* Writes and seals a message, of which no more than DISCO_CANDIDATES_MAX candidates are told and no scope of an
 * address; returns the datagram's length. `nonce` is random. */
size_t disco_seal(const disco_message_t *message, const uint8_t sender[DISCO_SENDER_BYTES],
                  const uint8_t shared[BOX_KEY_BYTES], const uint8_t nonce[BOX_NONCE_BYTES],
                  uint8_t out[DISCO_DATAGRAM_MAX]);

#endif
