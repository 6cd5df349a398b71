/* SPDX-License-Identifier: MIT */
#include "net/answer-limits.h"

#include <sodium.h>
#include <string.h>

#include "base/secret.h"

#define WINDOW UINT64_C(100000000) /* 100 ms */

_Static_assert(sizeof(((answer_limits_t *)0)->hash_key) == crypto_shorthash_KEYBYTES, "the key of SipHash");

/* Answers in a window. A Retry costs least, and whoever waits for one cannot connect without. */
static const struct {
  uint32_t share, pool;
} limits_of[ANSWER_KINDS] = {
    [ANSWER_VERSIONS] = {4, 100},
    [ANSWER_RETRY] = {50, 2000},
    [ANSWER_REFUSAL] = {4, 100},
    [ANSWER_RESET] = {4, 100},
};

void answer_limits_init(answer_limits_t *limits) {
  memset(limits, 0, sizeof *limits);
  secret_random(limits->hash_key, sizeof limits->hash_key);
}

static bool take(answer_count_t *count, uint32_t max, uint64_t now) {
  if (now - count->since >= WINDOW) *count = (answer_count_t){.since = now};
  if (count->taken >= max) return false;
  count->taken++;
  return true;
}

bool answer_limits_take(answer_limits_t *limits, answer_kind_t kind, const handshake_source_t *source, uint64_t now) {
  uint64_t hash;
  crypto_shorthash((uint8_t *)&hash, source->key[HANDSHAKE_ADDRESS], source->len[HANDSHAKE_ADDRESS], limits->hash_key);
  return take(&limits->shares[kind][hash % ANSWER_SHARES], limits_of[kind].share, now) ||
         take(&limits->pools[kind], limits_of[kind].pool, now);
}
