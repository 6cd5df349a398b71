/* SPDX-License-Identifier: MIT
 *
 * A map from short byte strings to pointers: connection ids, node ids. Strangers may choose the keys: they are hashed
 * with SipHash under a random key of the map's own, so that nobody can make them collide.
 */
#ifndef IROH_BASE_BYTES_MAP_H
#define IROH_BASE_BYTES_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BYTES_MAP_KEY_MAX 32

typedef struct {
  void *value; /* NULL: the slot is free */
  uint32_t hash;
  uint8_t key_len;
  uint8_t key[BYTES_MAP_KEY_MAX];
} bytes_map_slot_t;

typedef struct {
  bytes_map_slot_t *slots; /* NULL while the map is empty */
  size_t capacity;         /* a power of two, or 0 */
  size_t count;
  uint8_t hash_key[16];
} bytes_map_t;

/* An empty map; it holds no heap memory until something is put into it, and none again once the last key is gone.
 * 0 or IROH_ERR_INTERNAL when there is no source of randomness. */
int bytes_map_init(bytes_map_t *map);
/* Frees the map's own memory, not what the values point to. The map is empty and usable after it. */
void bytes_map_deinit(bytes_map_t *map);
/* The value of the key, or NULL. Keys longer than BYTES_MAP_KEY_MAX are never there. */
void *bytes_map_get(const bytes_map_t *map, const void *key, size_t key_len);
/* Sets the key (copied) to `value`, in place of an earlier one. Borrows `value`, which must not be NULL. 0,
 * IROH_ERR_INVALID_ARGUMENT for a key longer than BYTES_MAP_KEY_MAX, or IROH_ERR_NO_MEMORY; on failure the map is as it
 * was; replacing never fails. */
int bytes_map_put(bytes_map_t *map, const void *key, size_t key_len, void *value);
/* Takes the key out and returns its value, or NULL when it was not there. */
void *bytes_map_remove(bytes_map_t *map, const void *key, size_t key_len);
/* How many keys there are. */
size_t bytes_map_count(const bytes_map_t *map);
/* Walks the map in no particular order. `*cursor` starts at 0; false when there is no more. No put or remove may come
 * in between. The key is borrowed from the map. `key`, `key_len` and `value` may each be NULL when not wanted. */
bool bytes_map_next(const bytes_map_t *map, size_t *cursor, const uint8_t **key, size_t *key_len, void **value);

#endif
