/* SPDX-License-Identifier: MIT
 *
 * A doubly linked circular list. The nodes live inside the things that are listed (container_of in base.h).
 */
#ifndef IROH_BASE_LIST_H
#define IROH_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Start it zeroed, or with list_node_init: either is a node in no list. */
typedef struct list_node {
  struct list_node *prev;
  struct list_node *next;
} list_node_t;

/* Must not be moved once initialised: its nodes point at it. */
typedef struct {
  list_node_t head;
} list_t;

static inline void list_node_init(list_node_t *node) { node->prev = node->next = node; }

static inline void list_init(list_t *list) { list_node_init(&list->head); }

/* Whether the node is in a list. */
static inline bool list_is_linked(const list_node_t *node) { return node->next != NULL && node->next != node; }

static inline bool list_empty(const list_t *list) { return list->head.next == &list->head; }

/* Puts `node`, which is in no list, behind `before`. */
static inline void list_insert_after(list_node_t *before, list_node_t *node) {
  node->prev = before;
  node->next = before->next;
  before->next->prev = node;
  before->next = node;
}

/* Puts `node`, which is in no list, first. */
static inline void list_push_front(list_t *list, list_node_t *node) { list_insert_after(&list->head, node); }

/* Puts `node`, which is in no list, last. */
static inline void list_push_back(list_t *list, list_node_t *node) { list_insert_after(list->head.prev, node); }

/* Takes the node out of its list; harmless when it is in none. */
static inline void list_remove(list_node_t *node) {
  if (!list_is_linked(node)) return;
  node->prev->next = node->next;
  node->next->prev = node->prev;
  list_node_init(node);
}

/* The first node, or NULL. */
static inline list_node_t *list_first(const list_t *list) { return list_empty(list) ? NULL : list->head.next; }

/* Takes the first node out and returns it, or NULL. */
static inline list_node_t *list_pop_front(list_t *list) {
  list_node_t *node = list_first(list);
  if (node) list_remove(node);
  return node;
}

/* Walks the list with `node`, which the body may remove (and free), but not its neighbour. */
#define list_for_each(node, list)                                                               \
  for (list_node_t *node = (list)->head.next, *node##_next = node->next; node != &(list)->head; \
       node = node##_next, node##_next = node->next)

#endif
