/* SPDX-License-Identifier: MIT */
#include "quic/pool.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "base/map.h"

#define PAGE 4096u
#define SLAB_BYTES (1024u * 1024)
#define SLAB_SHIFT 20
/* Smaller blocks are malloc's, larger ones too: they are rare. */
#define LARGE_MIN (PAGE * 3 / 4)
#define CLASSES 4 /* blocks of 1 to 4 pages */
/* A larger block is taken for one of those that hold what came out of order. */
#define DISORDER_OVER (2 * PAGE)

typedef struct free_block {
  struct free_block *next;
} free_block_t;

/* Blocks of one size. */
typedef struct {
  size_t size;
  free_block_t *free;
  uint8_t *unused, *end; /* of the newest slab */
} block_class_t;

struct quic_pool {
  block_class_t classes[CLASSES];
  map_t slabs; /* address of a slab / SLAB_BYTES -> its class */
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
/* AddressSanitizer watches malloc's blocks, not ours. */
#define LARGE_LIMIT 0
#else
#define LARGE_LIMIT (CLASSES * PAGE)
#endif

static block_class_t *class_of_size(quic_pool_t *pool, size_t size) {
  return size >= LARGE_MIN && size <= LARGE_LIMIT ? &pool->classes[(size - 1) / PAGE] : NULL;
}

/* NULL: the block is malloc's. */
static block_class_t *class_of_block(const quic_pool_t *pool, const void *block) {
  return map_get(&pool->slabs, (uintptr_t)block >> SLAB_SHIFT);
}

/* Maps an aligned megabyte: twice as much, of which the rest is given back. */
static uint8_t *map_slab(void) {
  uint8_t *mapped = mmap(NULL, 2 * SLAB_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return NULL;
  size_t before = (SLAB_BYTES - (uintptr_t)mapped % SLAB_BYTES) % SLAB_BYTES;
  if (before > 0) munmap(mapped, before);
  munmap(mapped + before + SLAB_BYTES, SLAB_BYTES - before);
#if defined(MADV_NOHUGEPAGE)
  madvise(mapped + before, SLAB_BYTES, MADV_NOHUGEPAGE);
#endif
  return mapped + before;
}

static bool add_slab(quic_pool_t *pool, block_class_t *of) {
  uint8_t *slab = map_slab();
  if (slab == NULL) return false;
  if (map_put(&pool->slabs, (uintptr_t)slab >> SLAB_SHIFT, of) != 0) {
    munmap(slab, SLAB_BYTES);
    return false;
  }
  of->unused = slab;
  of->end = slab + SLAB_BYTES;
  return true;
}

static void *take_block(quic_pool_t *pool, block_class_t *from) {
  free_block_t *block = from->free;
  if (block != NULL) {
    from->free = block->next;
    return block;
  }
  if ((size_t)(from->end - from->unused) < from->size && !add_slab(pool, from)) return NULL;
  from->unused += from->size;
  return from->unused - from->size;
}

/* ---- what a connection calls --------------------------------------------------------------------- */

/* `from` NULL: the block is malloc's. */
static size_t disorder_of(const block_class_t *from, void *block) {
  size_t size = from != NULL ? from->size : malloc_usable_size(block);
  return size > DISORDER_OVER ? size : 0;
}

static void *meter_malloc(size_t size, void *user_data) {
  quic_meter_t *meter = user_data;
  block_class_t *from = meter->pool != NULL ? class_of_size(meter->pool, size) : NULL;
  void *block = from != NULL ? take_block(meter->pool, from) : malloc(size);
  if (block != NULL && size >= PAGE) meter->disorder += disorder_of(from, block);
  return block;
}

static void meter_free(void *block, void *user_data) {
  quic_meter_t *meter = user_data;
  if (block == NULL) return;
  block_class_t *from = meter->pool != NULL ? class_of_block(meter->pool, block) : NULL;
  meter->disorder -= disorder_of(from, block);
  if (from == NULL) {
    free(block);
    return;
  }
  ((free_block_t *)block)->next = from->free;
  from->free = block;
}

static void *meter_calloc(size_t count, size_t size, void *user_data) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  void *block = meter_malloc(count * size, user_data);
  if (block != NULL) memset(block, 0, count * size);
  return block;
}

static void *meter_realloc(void *block, size_t size, void *user_data) {
  quic_meter_t *meter = user_data;
  if (block == NULL) return meter_malloc(size, user_data);
  const block_class_t *from = meter->pool != NULL ? class_of_block(meter->pool, block) : NULL;
  size_t before = from != NULL ? from->size : malloc_usable_size(block);
  void *moved = meter_malloc(size, user_data);
  if (moved == NULL) return NULL;
  memcpy(moved, block, min_size(size, before));
  meter_free(block, user_data);
  return moved;
}

void quic_meter_init(quic_meter_t *meter, quic_pool_t *pool) {
  *meter = (quic_meter_t){.mem = {meter, meter_malloc, meter_free, meter_calloc, meter_realloc}, .pool = pool};
}

/* ---- the pool ------------------------------------------------------------------------------------ */

quic_pool_t *quic_pool_new(void) {
  quic_pool_t *pool = calloc(1, sizeof *pool);
  if (pool == NULL) return NULL;
  for (size_t i = 0; i < CLASSES; i++) pool->classes[i].size = (i + 1) * PAGE;
  map_init(&pool->slabs);
  return pool;
}

void quic_pool_free(quic_pool_t *pool) {
  if (pool == NULL) return;
  size_t cursor = 0;
  uint64_t key;
  while (map_next(&pool->slabs, &cursor, &key, NULL)) munmap((void *)(uintptr_t)(key << SLAB_SHIFT), SLAB_BYTES);
  map_deinit(&pool->slabs);
  free(pool);
}
