/* SPDX-License-Identifier: MIT
 *
 * Open addressing with linear probing, as in map.c. The hash is kept beside the key: growing and removing do not hash
 * again, and most slots that do not match are told by it.
 */
#include "base/bytes_map.h"

#include "iroh.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(((bytes_map_t *)0)->hash_key) == crypto_shorthash_KEYBYTES, "the key of SipHash");

enum { CAPACITY_MIN = 8 };

int bytes_map_init(bytes_map_t *map) {
  *map = (bytes_map_t){0};
  if (sodium_init() < 0) return IROH_ERR_INTERNAL;
  randombytes_buf(map->hash_key, sizeof(map->hash_key));
  return 0;
}

static void release_slots(bytes_map_t *map) {
  free(map->slots);
  map->slots = NULL;
  map->capacity = 0;
  map->count = 0;
}

void bytes_map_deinit(bytes_map_t *map) { release_slots(map); }

static uint32_t hash_of(const bytes_map_t *map, const void *key, size_t key_len) {
  uint8_t hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, key, key_len, map->hash_key);
  uint32_t low;
  memcpy(&low, hash, sizeof(low));
  return low;
}

static bool matches(const bytes_map_slot_t *slot, uint32_t hash, const void *key, size_t key_len) {
  return slot->hash == hash && slot->key_len == key_len && (key_len == 0 || memcmp(slot->key, key, key_len) == 0);
}

/* The slot of the key, or the free one it would go to. The map has a free slot. */
static bytes_map_slot_t *find_slot(const bytes_map_t *map, uint32_t hash, const void *key, size_t key_len) {
  size_t mask = map->capacity - 1;
  size_t i = hash & mask;
  while (map->slots[i].value && !matches(&map->slots[i], hash, key, key_len)) i = (i + 1) & mask;
  return &map->slots[i];
}

static int resize(bytes_map_t *map, size_t capacity) {
  bytes_map_t next = *map;
  next.capacity = capacity;
  next.slots = calloc(capacity, sizeof(bytes_map_slot_t));
  if (!next.slots) return IROH_ERR_NO_MEMORY;
  for (size_t i = 0; i < map->capacity; i++) {
    const bytes_map_slot_t *slot = &map->slots[i];
    if (slot->value) *find_slot(&next, slot->hash, slot->key, slot->key_len) = *slot;
  }
  free(map->slots);
  *map = next;
  return 0;
}

/* The slot that holds the key, or NULL. */
static bytes_map_slot_t *find_key(const bytes_map_t *map, const void *key, size_t key_len) {
  if (!map->count || key_len > BYTES_MAP_KEY_MAX) return NULL;
  bytes_map_slot_t *slot = find_slot(map, hash_of(map, key, key_len), key, key_len);
  return slot->value ? slot : NULL;
}

void *bytes_map_get(const bytes_map_t *map, const void *key, size_t key_len) {
  const bytes_map_slot_t *slot = find_key(map, key, key_len);
  return slot ? slot->value : NULL;
}

int bytes_map_put(bytes_map_t *map, const void *key, size_t key_len, void *value) {
  assert(value);
  if (key_len > BYTES_MAP_KEY_MAX) return IROH_ERR_INVALID_ARGUMENT;
  uint32_t hash = hash_of(map, key, key_len);
  bytes_map_slot_t *slot = map->capacity ? find_slot(map, hash, key, key_len) : NULL;
  if (slot && slot->value) {
    slot->value = value;
    return 0;
  }
  if (map->count >= map->capacity / 4 * 3) {
    int rv = resize(map, map->capacity ? map->capacity * 2 : CAPACITY_MIN);
    if (rv) return rv;
    slot = find_slot(map, hash, key, key_len);
  }
  *slot = (bytes_map_slot_t){.value = value, .hash = hash, .key_len = (uint8_t)key_len};
  if (key_len) memcpy(slot->key, key, key_len);
  map->count++;
  return 0;
}

/* Frees slot `hole` and closes the gap: a follower moves into it unless it already sits between its home and there. */
static void close_gap(bytes_map_t *map, size_t hole) {
  size_t mask = map->capacity - 1;
  for (size_t i = (hole + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
    size_t home = map->slots[i].hash & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    map->slots[hole] = map->slots[i];
    hole = i;
  }
  map->slots[hole].value = NULL;
}

void *bytes_map_remove(bytes_map_t *map, const void *key, size_t key_len) {
  bytes_map_slot_t *slot = find_key(map, key, key_len);
  if (!slot) return NULL;
  void *value = slot->value;
  close_gap(map, (size_t)(slot - map->slots));
  map->count--;
  if (map->count == 0) {
    release_slots(map);
  } else if (map->capacity > CAPACITY_MIN && map->count < map->capacity / 8) {
    /* Without memory for a smaller table the large one serves on. */
    (void)resize(map, map->capacity / 2);
  }
  return value;
}

size_t bytes_map_count(const bytes_map_t *map) { return map->count; }

bool bytes_map_next(const bytes_map_t *map, size_t *cursor, const uint8_t **key, size_t *key_len, void **value) {
  while (*cursor < map->capacity) {
    const bytes_map_slot_t *slot = &map->slots[(*cursor)++];
    if (!slot->value) continue;
    if (key) *key = slot->key;
    if (key_len) *key_len = slot->key_len;
    if (value) *value = slot->value;
    return true;
  }
  return false;
}
