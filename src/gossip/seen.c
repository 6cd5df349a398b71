/* SPDX-License-Identifier: MIT
 *
 * Ids of messages seen: 16 bytes of each, which are BLAKE3's, in tables with open addressing, one for each part of
 * keep_ids. The places in a table depend on a key, so that nobody can make ids that meet there.
 */
#include "gossip/seen.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "gossip/state.h"
#include "iroh.h"

enum { CAP_MIN = 16 };

_Static_assert(sizeof(((gossip_seen_t *)0)->hash_key) == crypto_shorthash_KEYBYTES, "the key of SipHash");

static const uint8_t NOTHING[SEEN_KEY_BYTES];

int gossip_seen_init(gossip_seen_t *seen, uint64_t seed) {
  if (sodium_init() < 0) return IROH_ERR_INTERNAL;
  memcpy(seen->hash_key, &seed, sizeof(seed));
  return 0;
}

void gossip_seen_deinit(gossip_seen_t *seen) {
  for (size_t i = 0; i < SEEN_TABLES; i++) free(seen->tables[i].keys);
}

static uint64_t hash_of(const gossip_seen_t *seen, const uint8_t *key) {
  uint8_t hash[crypto_shorthash_BYTES];
  uint64_t out;
  crypto_shorthash(hash, key, SEEN_KEY_BYTES, seen->hash_key);
  memcpy(&out, hash, sizeof(out));
  return out;
}

/* The place of the key, or the free one it would go to. */
static uint8_t *find_place(const gossip_seen_table_t *table, const uint8_t *key, uint64_t hash) {
  size_t mask = table->cap - 1, i = hash & mask;
  while (memcmp(table->keys[i], NOTHING, SEEN_KEY_BYTES) != 0 && memcmp(table->keys[i], key, SEEN_KEY_BYTES) != 0)
    i = (i + 1) & mask;
  return table->keys[i];
}

bool gossip_seen_has(const gossip_seen_t *seen, const uint8_t id[GOSSIP_ID_BYTES]) {
  uint64_t hash = hash_of(seen, id);
  for (size_t i = 0; i < SEEN_TABLES; i++) {
    const gossip_seen_table_t *table = &seen->tables[i];
    if (table->count && memcmp(find_place(table, id, hash), id, SEEN_KEY_BYTES) == 0) return true;
  }
  return false;
}

static int grow(const gossip_seen_t *seen, gossip_seen_table_t *table) {
  gossip_seen_table_t next = {.cap = table->cap ? table->cap * 2 : CAP_MIN, .count = table->count};
  next.keys = calloc(next.cap, SEEN_KEY_BYTES);
  if (!next.keys) return IROH_ERR_NO_MEMORY;
  for (size_t i = 0; i < table->cap; i++) {
    const uint8_t *key = table->keys[i];
    if (memcmp(key, NOTHING, SEEN_KEY_BYTES) == 0) continue;
    memcpy(find_place(&next, key, hash_of(seen, key)), key, SEEN_KEY_BYTES);
  }
  free(table->keys);
  *table = next;
  return 0;
}

/* Begins a new table; the oldest goes. */
static void turn(gossip_seen_t *seen, uint64_t now) {
  free(seen->tables[SEEN_TABLES - 1].keys);
  memmove(seen->tables + 1, seen->tables, (SEEN_TABLES - 1) * sizeof(*seen->tables));
  seen->tables[0] = (gossip_seen_table_t){0};
  seen->began = now;
}

static size_t count_all(const gossip_seen_t *seen) {
  size_t count = 0;
  for (size_t i = 0; i < SEEN_TABLES; i++) count += seen->tables[i].count;
  return count;
}

/* The tables behind the newest hold at least keep_ids. */
static uint64_t table_time(const gossip_topic_t *topic) { return topic->config.keep_ids / (SEEN_TABLES - 1); }

int gossip_seen_add(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]) {
  gossip_seen_t *seen = &topic->seen;
  if (seen->began == 0) seen->began = topic->now;
  /* Never more than max_ids: the newest table takes its share of them, and then another begins. */
  gossip_seen_table_t *newest = &seen->tables[0];
  if (newest->count >= topic->config.max_ids / SEEN_TABLES + 1) turn(seen, topic->now);
  if (newest->count >= newest->cap / 4 * 3) {
    int rv = grow(seen, newest);
    if (rv) return rv;
  }
  memcpy(find_place(newest, id, hash_of(seen, id)), id, SEEN_KEY_BYTES);
  newest->count++;
  return 0;
}

uint64_t gossip_seen_due(const gossip_topic_t *topic) {
  return topic->seen.began ? topic->seen.began + table_time(topic) : GOSSIP_NEVER;
}

void gossip_seen_expire(gossip_topic_t *topic) {
  gossip_seen_t *seen = &topic->seen;
  /* After a long pause all of them are too old at once. */
  for (int i = 0; i < SEEN_TABLES && gossip_seen_due(topic) <= topic->now; i++) {
    uint64_t began = seen->began + table_time(topic);
    turn(seen, began);
  }
  if (gossip_seen_due(topic) <= topic->now) seen->began = topic->now;
  if (count_all(seen) == 0) seen->began = 0;
}

size_t gossip_seen_memory(const gossip_seen_t *seen) {
  size_t bytes = 0;
  for (size_t i = 0; i < SEEN_TABLES; i++) bytes += (size_t)seen->tables[i].cap * SEEN_KEY_BYTES;
  return bytes;
}
