/* SPDX-License-Identifier: MIT
 *
 * A binary min-heap of deadlines. The nodes live inside the things that have a deadline (container_of in base.h); the
 * heap holds pointers to them.
 */
#ifndef IROH_BASE_HEAP_H
#define IROH_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start it zeroed: {0} is a node in no heap. */
typedef struct {
  uint64_t key; /* the deadline; read it, change it with heap_set */
  size_t pos;   /* 1 + index in the heap; 0: in none */
} heap_node_t;

typedef struct {
  heap_node_t **nodes;
  size_t count;
  size_t capacity;
} heap_t;

/* An empty heap without heap memory. */
void heap_init(heap_t *heap);
/* Frees the heap's own memory and takes every node out of it. The heap is empty and usable after it. */
void heap_deinit(heap_t *heap);
/* Puts the node in under `key`, or moves it there when it is in already. Borrows the node until it is removed. 0, or
 * IROH_ERR_NO_MEMORY with the heap as it was; moving never fails. */
int heap_set(heap_t *heap, heap_node_t *node, uint64_t key);
/* Takes the node out; harmless when it is in no heap. */
void heap_remove(heap_t *heap, heap_node_t *node);
/* The node with the least key, or NULL. */
heap_node_t *heap_top(const heap_t *heap);

/* Whether the node is in a heap. */
static inline bool heap_has(const heap_node_t *node) { return node->pos != 0; }

#endif
