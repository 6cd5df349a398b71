/* SPDX-License-Identifier: MIT
 * A look into a client's first packet before anything is spent on it. */
#ifndef IROH_QUIC_INITIAL_H
#define IROH_QUIC_INITIAL_H

#include "quic/conn.h"

/* Whether the datagram's first packet, which `initial` was read from, opens with the keys of its connection id
 * (RFC 9001 section 5.2) and begins a handshake: its first frame beside PADDING and PING is a CRYPTO frame. Takes some
 * microseconds and keeps nothing. */
bool quic_initial_opens(const quic_initial_t *initial, const uint8_t *data, size_t len);

#endif
