/* SPDX-License-Identifier: MIT
 * Addresses made up for what has none, so that QUIC sees a path like any other: a peer behind a relay, and a dial that
 * is tried at several addresses at once. They are IPv6, below fd69:726f:6800::/48, and never reach a socket. */
#ifndef IROH_NET_RELAY_ADDRESS_H
#define IROH_NET_RELAY_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* The peer called `number` behind relay `relay` (below 0xffff); number 0 is ourselves there. */
address_t relay_address(uint16_t relay, uint64_t number);
/* Whether it is one of these at all. No datagram may come from there. */
bool address_is_made_up(const address_t *address);
/* Whether the address is a relay's; then which relay and number. */
bool relay_address_read(const address_t *address, uint16_t *relay_out, uint64_t *number_out);
/* Where a dial goes before it is known which of its addresses answers. */
address_t dial_address(uint64_t number);

#endif
