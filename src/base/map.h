/* SPDX-License-Identifier: MIT
 *
 * A map from 64-bit numbers to pointers: handles, stream ids. The keys are numbers we gave out ourselves or whose count
 * is bounded; for keys a stranger chooses freely take bytes_map.h.
 */
#ifndef IROH_BASE_MAP_H
#define IROH_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t key;
  void *value; /* NULL: the slot is free */
} map_slot_t;

typedef struct {
  map_slot_t *slots; /* NULL while the map is empty */
  size_t capacity;   /* a power of two, or 0 */
  size_t count;
} map_t;

/* An empty map; it holds no heap memory until something is put into it, and none again once the last key is gone. */
void map_init(map_t *map);
/* Frees the map's own memory, not what the values point to. The map is empty and usable after it. */
void map_deinit(map_t *map);
/* The value of `key`, or NULL. */
void *map_get(const map_t *map, uint64_t key);
/* Sets `key` to `value`, in place of an earlier one. Borrows `value`, which must not be NULL. 0, or IROH_ERR_NO_MEMORY
 * with the map as it was; replacing never fails. */
int map_put(map_t *map, uint64_t key, void *value);
/* Takes `key` out and returns its value, or NULL when it was not there. */
void *map_remove(map_t *map, uint64_t key);
/* How many keys there are. */
size_t map_count(const map_t *map);
/* Walks the map in no particular order. `*cursor` starts at 0; false when there is no more. No put or remove may come
 * in between. `key` and `value` may each be NULL when not wanted. */
bool map_next(const map_t *map, size_t *cursor, uint64_t *key, void **value);

#endif
