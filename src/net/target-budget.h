/* SPDX-License-Identifier: MIT
 * What may be sent to addresses at which nobody has proved to be who is looked for: first packets of dials, path
 * challenges, probes. Somebody wrote such an address down: a ticket, a server, a peer; whoever is really there may never
 * have heard of us. So datagrams to it are counted: for the address, its network, the endpoint and the process, with
 * little for what others say and more for what the program itself names. An answer that proves the NodeId makes that
 * address free for that NodeId, and gives back what it had cost. docs/design/hearsay.md has the numbers.
 *
 * Sans-IO: time goes in. Bounded: the tables forget who was sent least. */
#ifndef IROH_NET_TARGET_BUDGET_H
#define IROH_NET_TARGET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* On whose word an address is sent to. */
typedef enum { TARGET_NAMED, TARGET_HEARSAY } target_word_t;
#define TARGET_WORDS 2

/* Rates: each is the time until which it is used up (ns). */
typedef struct {
  uint64_t paid_until[TARGET_WORDS];
} target_share_t;

#define TARGET_WAYS 8
#define TARGET_ADDRESSES 4096
#define TARGET_NETWORKS 2048
#define TARGET_PROOFS 8192

typedef struct {
  uint64_t key; /* 0: free */
  target_share_t share;
} target_entry_t;

typedef struct {
  uint64_t key;
  uint64_t until;
} target_proof_t;

typedef struct {
  uint8_t hash_key[16];
  target_entry_t addresses[TARGET_ADDRESSES], networks[TARGET_NETWORKS];
  target_proof_t proofs[TARGET_PROOFS];
  target_share_t process;
  uint64_t searches_until;                      /* a rate: port searches of the process */
  target_entry_t searched[TARGET_NETWORKS / 8]; /* and of a network */
} target_budget_t;

void target_budget_init(target_budget_t *budget);
/* Whether the NodeId has answered from that address within the last hour: what is sent there is not counted. */
bool target_budget_is_free(target_budget_t *budget, const address_t *address, const uint8_t node_id[32], uint64_t now);
/* Whether `count` datagrams may be sent to an address to find this NodeId. `endpoint`: the share of the endpoint. */
bool target_budget_take(target_budget_t *budget, target_share_t *endpoint, const address_t *address,
                        const uint8_t node_id[32], target_word_t word, unsigned count, uint64_t now);
/* The NodeId has answered from that address, in a way that only it can. */
void target_budget_proved(target_budget_t *budget, target_share_t *endpoint, const address_t *address,
                          const uint8_t node_id[32], uint64_t now);
/* Whether one more port search (port-search.h) may begin, whose probes are then not counted. */
bool target_budget_search(target_budget_t *budget, const address_t *address, uint64_t now);

#endif
