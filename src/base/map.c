/* SPDX-License-Identifier: MIT
 *
 * Open addressing with linear probing. Removal moves the followers back, so that there are no tombstones and a lookup
 * ends at the first free slot.
 */
#include "base/map.h"

#include "iroh.h"

#include <assert.h>
#include <stdlib.h>

enum { CAPACITY_MIN = 8 };

void map_init(map_t *map) { *map = (map_t){0}; }

void map_deinit(map_t *map) {
  free(map->slots);
  map_init(map);
}

/* Consecutive keys, the usual ones, must not end up in one run. */
static size_t home_of(uint64_t key, size_t mask) {
  key ^= key >> 32;
  key *= UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(key >> 32) & mask;
}

/* The slot of `key`, or the free one it would go to. The map has a free slot. */
static map_slot_t *find_slot(const map_t *map, uint64_t key) {
  size_t mask = map->capacity - 1;
  size_t i = home_of(key, mask);
  while (map->slots[i].value && map->slots[i].key != key) i = (i + 1) & mask;
  return &map->slots[i];
}

static int resize(map_t *map, size_t capacity) {
  map_t next = {.slots = calloc(capacity, sizeof(map_slot_t)), .capacity = capacity, .count = map->count};
  if (!next.slots) return IROH_ERR_NO_MEMORY;
  for (size_t i = 0; i < map->capacity; i++) {
    if (map->slots[i].value) *find_slot(&next, map->slots[i].key) = map->slots[i];
  }
  free(map->slots);
  *map = next;
  return 0;
}

void *map_get(const map_t *map, uint64_t key) { return map->count ? find_slot(map, key)->value : NULL; }

int map_put(map_t *map, uint64_t key, void *value) {
  assert(value);
  map_slot_t *slot = map->capacity ? find_slot(map, key) : NULL;
  if (slot && slot->value) {
    slot->value = value;
    return 0;
  }
  if (map->count >= map->capacity / 4 * 3) {
    int rv = resize(map, map->capacity ? map->capacity * 2 : CAPACITY_MIN);
    if (rv) return rv;
    slot = find_slot(map, key);
  }
  *slot = (map_slot_t){.key = key, .value = value};
  map->count++;
  return 0;
}

/* Frees slot `hole` and closes the gap: a follower moves into it unless it already sits between its home and there. */
static void close_gap(map_t *map, size_t hole) {
  size_t mask = map->capacity - 1;
  for (size_t i = (hole + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
    size_t home = home_of(map->slots[i].key, mask);
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    map->slots[hole] = map->slots[i];
    hole = i;
  }
  map->slots[hole].value = NULL;
}

void *map_remove(map_t *map, uint64_t key) {
  if (!map->count) return NULL;
  map_slot_t *slot = find_slot(map, key);
  void *value = slot->value;
  if (!value) return NULL;
  close_gap(map, (size_t)(slot - map->slots));
  map->count--;
  if (map->count == 0) {
    map_deinit(map);
  } else if (map->capacity > CAPACITY_MIN && map->count < map->capacity / 8) {
    /* Without memory for a smaller table the large one serves on. */
    (void)resize(map, map->capacity / 2);
  }
  return value;
}

size_t map_count(const map_t *map) { return map->count; }

bool map_next(const map_t *map, size_t *cursor, uint64_t *key, void **value) {
  while (*cursor < map->capacity) {
    const map_slot_t *slot = &map->slots[(*cursor)++];
    if (!slot->value) continue;
    if (key) *key = slot->key;
    if (value) *value = slot->value;
    return true;
  }
  return false;
}
