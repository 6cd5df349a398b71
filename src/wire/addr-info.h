/* SPDX-License-Identifier: MIT
 * What a gossip peer says of where it is (iroh-gossip's AddrInfo, in postcard), as far as the core looks into it: a relay's
 * URL or none, a count, and as many IP addresses. lib/gossip/addr-info.js reads the rest. */
#ifndef IROH_WIRE_ADDR_INFO_H
#define IROH_WIRE_ADDR_INFO_H

#include "base/address.h"

/* How many addresses it names. False: malformed. */
bool addr_info_count(const uint8_t *data, size_t len, size_t *count);
/* What can be told others of a peer that says this, and was found at `found` (empty: behind a relay): its relay, and that
 * address; of a peer on this host, its port at the other addresses, too. `out` has room for len + ADDR_INFO_MORE bytes.
 * Gives its length. Malformed data is as none. */
#define ADDR_INFO_MORE 24
size_t addr_info_vouch(const uint8_t *data, size_t len, const address_t *found, uint8_t *out);

#endif
