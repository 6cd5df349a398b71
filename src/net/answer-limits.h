/* SPDX-License-Identifier: MIT
 * How many stateless answers strangers get, by kind of answer and by where they ask from. Sans-IO.
 *
 * Each address has a share of its own of each kind, that nobody else can use up. Beyond its share it draws on a pool of
 * the kind, which is everybody's. So junk of one kind takes nothing from another kind, and junk from one address nothing
 * that another address needs. Addresses are kept apart by a keyed hash: a few of very many share a share. */
#ifndef IROH_NET_ANSWER_LIMITS_H
#define IROH_NET_ANSWER_LIMITS_H

#include "net/handshakes.h"

typedef enum {
  ANSWER_VERSIONS, /* Version Negotiation */
  ANSWER_RETRY,
  ANSWER_REFUSAL, /* CONNECTION_CLOSE */
  ANSWER_RESET,   /* stateless reset */
  ANSWER_KINDS
} answer_kind_t;

#define ANSWER_SHARES 256

/* What was taken since `since`. */
typedef struct {
  uint64_t since;
  uint32_t taken;
} answer_count_t;

typedef struct {
  uint8_t hash_key[16];
  answer_count_t pools[ANSWER_KINDS], shares[ANSWER_KINDS][ANSWER_SHARES];
} answer_limits_t;

void answer_limits_init(answer_limits_t *limits);
/* Whether one more answer of this kind may go to the address of `source`; if so, it counts. */
bool answer_limits_take(answer_limits_t *limits, answer_kind_t kind, const handshake_source_t *source, uint64_t now);

#endif
