/* SPDX-License-Identifier: MIT
 *
 * What the words of neighbours are worth. They name peers and their addresses, and nobody can tell at once whether there is
 * anything behind them; to find out, 1200 bytes and more go to each address. So a neighbour earns it: bytes that it sends
 * pay for bytes that are sent on its word, to about twice as many, and what answers costs nothing. One whose peers do not
 * answer, again and again, is not listened to for a while. docs/design/hearsay.md has the numbers.
 *
 * One object for all topics of an endpoint, as a neighbour may be one in many. Sans-IO; bounded: of more neighbours than
 * it has room for, it forgets the one that said nothing for the longest time.
 */
#ifndef IROH_GOSSIP_HINTS_H
#define IROH_GOSSIP_HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes_map.h"
#include "base/list.h"
#include "wire/gossip.h"

/* Neighbours remembered. */
#define GOSSIP_TELLERS_MAX 1024

typedef struct {
  bytes_map_t by_id;
  list_t by_age;          /* who said something last is last */
  uint64_t dials, unpaid; /* rates */
} gossip_hints_t;

/* 0 or IROH_ERR_INTERNAL. */
int gossip_hints_init(gossip_hints_t *hints);
void gossip_hints_deinit(gossip_hints_t *hints);
/* What the neighbour sent. */
void gossip_hints_earn(gossip_hints_t *hints, const uint8_t teller[GOSSIP_ID_BYTES], uint64_t bytes, uint64_t now);
/* Whether it is listened to. */
bool gossip_hints_trusts(const gossip_hints_t *hints, const uint8_t teller[GOSSIP_ID_BYTES], uint64_t now);
/* Whether it can pay for so many bytes that may be sent on its word; they are paid then. */
bool gossip_hints_pay(gossip_hints_t *hints, const uint8_t teller[GOSSIP_ID_BYTES], uint64_t bytes, uint64_t now);
/* The same for a peer that is dialled on its word, which gossip_hints_end() ends: of these there are few at a time, and few
 * a second on all words. `alone`: there is no neighbour; now and then one is dialled then that nobody can pay for, as those
 * who named it may be gone. */
bool gossip_hints_begin(gossip_hints_t *hints, const uint8_t teller[GOSSIP_ID_BYTES], uint64_t bytes, bool alone,
                        uint64_t now);
/* `answered`: what was paid comes back. */
void gossip_hints_end(gossip_hints_t *hints, const uint8_t teller[GOSSIP_ID_BYTES], uint64_t bytes, bool answered,
                      uint64_t now);
/* A peer that it knows itself, as it says, has answered or has not. */
void gossip_hints_judge(gossip_hints_t *hints, const uint8_t teller[GOSSIP_ID_BYTES], bool right, uint64_t now);
size_t gossip_hints_tellers(const gossip_hints_t *hints);

#endif
