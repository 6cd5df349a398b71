/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include "iroh.h"

#include <stdlib.h>

enum { CAPACITY_MIN = 16 };

void heap_init(heap_t *heap) { *heap = (heap_t){0}; }

void heap_deinit(heap_t *heap) {
  for (size_t i = 0; i < heap->count; i++) heap->nodes[i]->pos = 0;
  free(heap->nodes);
  heap_init(heap);
}

static void place(heap_t *heap, size_t index, heap_node_t *node) {
  heap->nodes[index] = node;
  node->pos = index + 1;
}

/* Moves the hole at `index` up to where `node` belongs, and puts the node there. */
static void sift_up(heap_t *heap, size_t index, heap_node_t *node) {
  while (index > 0) {
    size_t parent = (index - 1) / 2;
    if (heap->nodes[parent]->key <= node->key) break;
    place(heap, index, heap->nodes[parent]);
    index = parent;
  }
  place(heap, index, node);
}

/* Moves the hole at `index` down to where `node` belongs, and puts the node there. */
static void sift_down(heap_t *heap, size_t index, heap_node_t *node) {
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap->count) break;
    if (child + 1 < heap->count && heap->nodes[child + 1]->key < heap->nodes[child]->key) child++;
    if (node->key <= heap->nodes[child]->key) break;
    place(heap, index, heap->nodes[child]);
    index = child;
  }
  place(heap, index, node);
}

static void settle(heap_t *heap, size_t index, heap_node_t *node) {
  if (index > 0 && node->key < heap->nodes[(index - 1) / 2]->key) {
    sift_up(heap, index, node);
  } else {
    sift_down(heap, index, node);
  }
}

static int grow(heap_t *heap) {
  size_t capacity = heap->capacity ? heap->capacity * 2 : CAPACITY_MIN;
  heap_node_t **nodes = realloc(heap->nodes, capacity * sizeof(heap_node_t *));
  if (!nodes) return IROH_ERR_NO_MEMORY;
  heap->nodes = nodes;
  heap->capacity = capacity;
  return 0;
}

int heap_set(heap_t *heap, heap_node_t *node, uint64_t key) {
  if (heap_has(node)) {
    node->key = key;
    settle(heap, node->pos - 1, node);
    return 0;
  }
  if (heap->count == heap->capacity) {
    int rv = grow(heap);
    if (rv) return rv;
  }
  node->key = key;
  sift_up(heap, heap->count++, node);
  return 0;
}

void heap_remove(heap_t *heap, heap_node_t *node) {
  if (!heap_has(node)) return;
  size_t index = node->pos - 1;
  node->pos = 0;
  heap_node_t *last = heap->nodes[--heap->count];
  if (last != node) settle(heap, index, last);
}

heap_node_t *heap_top(const heap_t *heap) { return heap->count ? heap->nodes[0] : NULL; }
