/* SPDX-License-Identifier: MIT
 * Retry packets and their tokens (RFC 9000 section 8.1.2): what a peer gets in place of a handshake until it has shown
 * that it receives at the address it sends from. Nothing is kept and nothing allocated for one. */
#ifndef IROH_QUIC_RETRY_H
#define IROH_QUIC_RETRY_H

#include "quic/conn.h"

typedef struct quic_retry quic_retry_t;

/* `secret` is the endpoint's static secret; what is needed of it is copied. NULL: out of memory. */
quic_retry_t *quic_retry_new(const uint8_t secret[32]);
/* NULL is fine. */
void quic_retry_free(quic_retry_t *retry);
/* Writes a Retry that answers the packet, smaller than it, into `buf`; its length, 0 if it cannot. */
size_t quic_retry_write(quic_retry_t *retry, const quic_initial_t *initial, const address_t *remote, uint64_t now,
                        uint8_t *buf, size_t size);
/* Whether the packet's token claims to come from a Retry of ours. */
bool quic_retry_is_token(const quic_initial_t *initial);
/* Whether it does, for this address, version and connection id, not long ago; then notes that in the packet. */
bool quic_retry_check(const quic_retry_t *retry, quic_initial_t *initial, const address_t *remote, uint64_t now);

#endif
