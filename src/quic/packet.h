/* SPDX-License-Identifier: MIT
 * Packets that belong to no connection (yet): what they are, and the stateless answers to them (RFC 9000 sections 6,
 * 8.1 and 10.3, RFC 8999). */
#ifndef IROH_QUIC_PACKET_H
#define IROH_QUIC_PACKET_H

#include "quic/conn.h"
#include "quic/retry.h"

typedef struct {
  const uint8_t *dcid, *scid; /* borrowed from the packet */
  size_t dcid_len, scid_len;
  bool long_header;
  bool unknown_version; /* long header of a version we do not speak */
} quic_packet_t;

/* A client's first packet is at least as large (RFC 9000 section 14.1), and nothing smaller gets a Version Negotiation. */
#define QUIC_INITIAL_MIN 1200

/* Reads the invariant header of a datagram's first packet. False: not QUIC. */
bool quic_packet_parse(const uint8_t *data, size_t len, quic_packet_t *out);
/* Whether the datagram may begin a connection; fills *out but for the token's verdict. */
bool quic_packet_is_initial(const uint8_t *data, size_t len, quic_initial_t *out);
/* Judges the token, if any. False: it claims to be from our Retry and is not valid; refuse it. */
bool quic_packet_check_token(quic_initial_t *initial, const quic_retry_t *retry, const uint8_t secret[32],
                             const address_t *remote, uint64_t now);

/* Each writes one datagram into `buf` of `size` bytes and returns its length, 0 if it cannot or should not. */
size_t quic_packet_version_negotiation(const quic_packet_t *packet, uint8_t *buf, size_t size);
/* CONNECTION_CLOSE with CONNECTION_REFUSED, or INVALID_TOKEN. */
size_t quic_packet_refuse(const quic_initial_t *initial, bool invalid_token, uint8_t *buf, size_t size);
/* Always shorter than the `received` bytes it answers, so that two endpoints cannot keep each other busy. */
size_t quic_packet_stateless_reset(const uint8_t *dcid, size_t dcid_len, size_t received, const uint8_t secret[32],
                                   uint8_t *buf, size_t size);

#endif
