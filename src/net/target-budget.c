/* SPDX-License-Identifier: MIT */
#include "net/target-budget.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

#include "base/base.h"
#include "base/secret.h"

#define NS_PER_S UINT64_C(1000000000)
/* How long a proof holds. Hosts move, and others get their addresses. */
#define PROOF_LIFE (3600 * NS_PER_S)
/* IPv6: what one host or site may use as it likes. */
enum { NETWORK_V4_BYTES = 3, NETWORK_V6_BYTES = 8 };

/* So many at once, and one every `step` ns. */
typedef struct {
  uint64_t step, burst;
} rate_t;

#define PER_S(rate, at_once) \
  { NS_PER_S / (rate), at_once }
static const rate_t ADDRESS[TARGET_WORDS] = {PER_S(128, 2048), PER_S(1, 16)};
static const rate_t NETWORK[TARGET_WORDS] = {PER_S(512, 4096), PER_S(16, 128)};
static const rate_t ENDPOINT[TARGET_WORDS] = {PER_S(512, 4096), PER_S(128, 1024)};
static const rate_t PROCESS[TARGET_WORDS] = {PER_S(2048, 16384), PER_S(512, 4096)};
static const rate_t SEARCH_NETWORK = {30 * NS_PER_S, 2};
static const rate_t SEARCH_PROCESS = {6 * NS_PER_S, 10};

_Static_assert(sizeof(((target_budget_t *)0)->hash_key) == crypto_shorthash_KEYBYTES, "the key of SipHash");

void target_budget_init(target_budget_t *budget) {
  memset(budget, 0, sizeof *budget);
  secret_random(budget->hash_key, sizeof budget->hash_key);
}

/* ---- rates --------------------------------------------------------------------------------------- */

static uint64_t used(uint64_t paid_until, uint64_t now) { return paid_until > now ? paid_until - now : 0; }

static bool has(const rate_t *rate, uint64_t paid_until, uint64_t count, uint64_t now) {
  return used(paid_until, now) + count * rate->step <= rate->burst * rate->step;
}

static void pay(const rate_t *rate, uint64_t *paid_until, uint64_t count, uint64_t now) {
  *paid_until = now + used(*paid_until, now) + count * rate->step;
}

static void give_back(const rate_t *rate, uint64_t *paid_until, uint64_t count, uint64_t now) {
  uint64_t have = used(*paid_until, now), back = count * rate->step;
  *paid_until = now + (have > back ? have - back : 0);
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* What an address is known by: without the port, the network it is in. */
typedef struct {
  uint8_t bytes[1 + 16 + 2 + 32];
  size_t len;
} name_t;

static void append(name_t *name, const void *bytes, size_t len) {
  memcpy(name->bytes + name->len, bytes, len);
  name->len += len;
}

/* An IPv4 address mapped into IPv6 is the same host. */
static name_t name_of(const address_t *address, bool whole) {
  name_t name = {.len = 0};
  bool v6 = address->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr);
  uint8_t family = v6 ? 6 : 4;
  const uint8_t *host = (const uint8_t *)&address->in.sin_addr;
  if (address->sa.sa_family == AF_INET6) host = address->in6.sin6_addr.s6_addr + (v6 ? 0 : 12);
  uint16_t port = address_port(address);
  append(&name, &family, sizeof family);
  if (whole) {
    append(&name, host, v6 ? 16 : 4);
    append(&name, &port, sizeof port);
  } else {
    append(&name, host, v6 ? NETWORK_V6_BYTES : NETWORK_V4_BYTES);
  }
  return name;
}

static uint64_t key_of(const target_budget_t *budget, const name_t *name) {
  uint64_t key;
  uint8_t hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, name->bytes, name->len, budget->hash_key);
  memcpy(&key, hash, sizeof key);
  return key != 0 ? key : 1;
}

static uint64_t debt(const target_entry_t *entry, uint64_t now) {
  uint64_t named = used(entry->share.paid_until[TARGET_NAMED], now);
  uint64_t hearsay = used(entry->share.paid_until[TARGET_HEARSAY], now);
  return named > hearsay ? named : hearsay;
}

/* The entry of a key; where there is none, the one in its place that has been sent least gives way. */
static target_entry_t *entry_of(target_entry_t *table, size_t size, uint64_t key, uint64_t now) {
  target_entry_t *set = table + key % (size / TARGET_WAYS) * TARGET_WAYS, *least = set;
  for (size_t i = 0; i < TARGET_WAYS; i++) {
    if (set[i].key == key) return &set[i];
    if (debt(&set[i], now) < debt(least, now)) least = &set[i];
  }
  *least = (target_entry_t){.key = key};
  return least;
}

static target_entry_t *address_entry(target_budget_t *budget, const address_t *address, uint64_t now) {
  const name_t name = name_of(address, true);
  return entry_of(budget->addresses, TARGET_ADDRESSES, key_of(budget, &name), now);
}

static target_entry_t *network_entry(target_budget_t *budget, const address_t *address, uint64_t now) {
  const name_t name = name_of(address, false);
  return entry_of(budget->networks, TARGET_NETWORKS, key_of(budget, &name), now);
}

/* ---- proofs -------------------------------------------------------------------------------------- */

static uint64_t proof_key(const target_budget_t *budget, const address_t *address, const uint8_t node_id[32]) {
  name_t name = name_of(address, true);
  append(&name, node_id, 32);
  return key_of(budget, &name);
}

static target_proof_t *proofs_at(target_budget_t *budget, uint64_t key) {
  return budget->proofs + key % (TARGET_PROOFS / TARGET_WAYS) * TARGET_WAYS;
}

bool target_budget_is_free(target_budget_t *budget, const address_t *address, const uint8_t node_id[32], uint64_t now) {
  uint64_t key = proof_key(budget, address, node_id);
  const target_proof_t *set = proofs_at(budget, key);
  for (size_t i = 0; i < TARGET_WAYS; i++)
    if (set[i].key == key) return set[i].until > now;
  return false;
}

static void keep_proof(target_budget_t *budget, uint64_t key, uint64_t now) {
  target_proof_t *set = proofs_at(budget, key), *oldest = set;
  for (size_t i = 0; i < TARGET_WAYS && oldest->key != key; i++)
    if (set[i].key == key || set[i].until < oldest->until) oldest = &set[i];
  *oldest = (target_proof_t){.key = key, .until = now + PROOF_LIFE};
}

/* ---- what it is for ------------------------------------------------------------------------------ */

bool target_budget_take(target_budget_t *budget, target_share_t *endpoint, const address_t *address,
                        const uint8_t node_id[32], target_word_t word, unsigned count, uint64_t now) {
  if (target_budget_is_free(budget, address, node_id, now)) return true;
  const struct {
    const rate_t *rate;
    uint64_t *paid_until;
  } rates[] = {{&ADDRESS[word], &address_entry(budget, address, now)->share.paid_until[word]},
               {&NETWORK[word], &network_entry(budget, address, now)->share.paid_until[word]},
               {&ENDPOINT[word], &endpoint->paid_until[word]},
               {&PROCESS[word], &budget->process.paid_until[word]}};
  for (size_t i = 0; i < ARRAY_LEN(rates); i++)
    if (!has(rates[i].rate, *rates[i].paid_until, count, now)) return false;
  for (size_t i = 0; i < ARRAY_LEN(rates); i++) pay(rates[i].rate, rates[i].paid_until, count, now);
  return true;
}

void target_budget_proved(target_budget_t *budget, target_share_t *endpoint, const address_t *address,
                          const uint8_t node_id[32], uint64_t now) {
  keep_proof(budget, proof_key(budget, address, node_id), now);
  target_entry_t *entry = address_entry(budget, address, now), *network = network_entry(budget, address, now);
  for (int word = 0; word < TARGET_WORDS; word++) {
    uint64_t count = used(entry->share.paid_until[word], now) / ADDRESS[word].step;
    entry->share.paid_until[word] = 0;
    give_back(&NETWORK[word], &network->share.paid_until[word], count, now);
    give_back(&ENDPOINT[word], &endpoint->paid_until[word], count, now);
    give_back(&PROCESS[word], &budget->process.paid_until[word], count, now);
  }
}

bool target_budget_search(target_budget_t *budget, const address_t *address, uint64_t now) {
  const name_t name = name_of(address, false);
  target_entry_t *entry = entry_of(budget->searched, ARRAY_LEN(budget->searched), key_of(budget, &name), now);
  uint64_t *network = &entry->share.paid_until[TARGET_HEARSAY];
  if (!has(&SEARCH_NETWORK, *network, 1, now) || !has(&SEARCH_PROCESS, budget->searches_until, 1, now)) return false;
  pay(&SEARCH_NETWORK, network, 1, now);
  pay(&SEARCH_PROCESS, &budget->searches_until, 1, now);
  return true;
}
