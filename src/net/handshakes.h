/* SPDX-License-Identifier: MIT
 * Places for the handshakes that peers begin, shared out by where they come from: a network, an address in it, a port of
 * that. Sans-IO: who takes a place is an opaque owner, and the time is an argument.
 *
 * There is a fixed number of places. A handshake has one until it is over, and for `hold` at least: a table without a
 * hold bounds what is in memory, one that holds for a second bounds how many begin in a second. While places are free
 * anybody may take one. Once all are taken, the oldest unproved one gives way to a proved newcomer. Then a newcomer gets
 * a place of the network that has most, there of the address that has most, there of the port that has most, the oldest
 * first, but only of one that has at least twice what the newcomer's would have: so nobody can keep another one out,
 * however many places it asks for. Last, whoever has not answered for HANDSHAKES_PATIENCE gives way. */
#ifndef IROH_NET_HANDSHAKES_H
#define IROH_NET_HANDSHAKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/bytes_map.h"
#include "base/heap.h"
#include "base/list.h"
#include "iroh.h"

/* Once all places are taken, a peer that has not answered for so long gives way. A round trip of a second and a lost
 * packet fit in. */
#define HANDSHAKES_PATIENCE UINT64_C(3000000000)

enum { HANDSHAKE_NETWORK, HANDSHAKE_ADDRESS, HANDSHAKE_PORT, HANDSHAKES_LEVELS };

/* Where a handshake comes from: a key for its network, its address and its port. */
typedef struct {
  uint8_t len[HANDSHAKES_LEVELS];
  uint8_t key[HANDSHAKES_LEVELS][BYTES_MAP_KEY_MAX];
} handshake_source_t;

typedef struct handshake_share handshake_share_t;

typedef struct {
  list_node_t share_node, waiting_node; /* of its port; of those unproved or unanswered, or of those held */
  handshake_share_t *share;
  void *owner; /* NULL: gone */
  uint64_t begun_at;
  enum { HANDSHAKE_UNPROVED, HANDSHAKE_UNANSWERED, HANDSHAKE_ANSWERED, HANDSHAKE_OVER } state;
} handshake_place_t;

typedef struct {
  size_t max, taken;
  uint64_t hold;
  bytes_map_t shares[HANDSHAKES_LEVELS];
  heap_t networks; /* by places taken, most first */
  list_t unproved, unanswered, held;
  size_t unproved_count, unproved_max;
  uint64_t second_at; /* of the counts that follow: when it began */
  size_t looks, displaced;
} handshakes_t;

/* IPv4: a network is a /24, an address a /32. IPv6: a /48 and a /64. */
void handshake_source_of_address(const address_t *remote, handshake_source_t *out);
/* A peer behind a relay: the relay is its network, the NodeId, which the relay has had proved, its address. */
void handshake_source_of_relay(uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES], handshake_source_t *out);

/* `max` places, at least one. 0 or IROH_ERR_INTERNAL. */
int handshakes_init(handshakes_t *handshakes, size_t max, uint64_t hold);
/* Every owner must have released its place. */
void handshakes_deinit(handshakes_t *handshakes);

/* Whether a peer has to prove its address before its first packet is looked at. If not, the look is counted. */
bool handshakes_want_proof(handshakes_t *handshakes, uint64_t now);
/* Whether handshakes_take would give a place. */
bool handshakes_have_room(handshakes_t *handshakes, const handshake_source_t *source, bool proved, uint64_t now);
/* Takes a place for `owner`. `proved`: the address cannot be a forged one. False: it gets none (or out of memory). True:
 * *evicted_out is the owner that loses its place, already released, or NULL. An unproved one evicts nobody. */
bool handshakes_take(handshakes_t *handshakes, const handshake_source_t *source, bool proved, void *owner, uint64_t now,
                     handshake_place_t **out, void **evicted_out);
/* The peer has answered our first flight. */
void handshakes_answered(handshakes_t *handshakes, handshake_place_t *place);
/* The handshake has come to its end, good or bad. Its owner may live on for a while, and is evicted first. */
void handshakes_over(handshakes_t *handshakes, handshake_place_t *place);
/* The owner gives the place up; the pointer is dead. */
void handshakes_release(handshakes_t *handshakes, handshake_place_t *place, uint64_t now);

#endif
