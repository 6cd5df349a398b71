/* SPDX-License-Identifier: MIT
 * Queues of datagrams (RFC 9221), both ways. Their bounds are the connection's business. */
#include <stdlib.h>
#include <string.h>

#include "quic/internal.h"

void quic_datagram_queue_init(quic_datagram_queue_t *queue) {
  list_init(&queue->list);
  queue->count = 0;
}

void quic_datagram_queue_deinit(quic_datagram_queue_t *queue) {
  quic_datagram_t *datagram;
  while ((datagram = quic_datagram_queue_pop(queue)) != NULL) free(datagram);
}

static void append(quic_datagram_queue_t *queue, quic_datagram_t *datagram, const uint8_t *data, size_t len) {
  datagram->len = len;
  if (len > 0) memcpy(datagram->data, data, len);
  list_push_back(&queue->list, &datagram->node);
  queue->count++;
}

int quic_datagram_queue_push(quic_datagram_queue_t *queue, const uint8_t *data, size_t len) {
  quic_datagram_t *datagram = malloc(sizeof *datagram + len);
  if (datagram == NULL) return IROH_ERR_NO_MEMORY;
  list_node_init(&datagram->node);
  datagram->size = len;
  append(queue, datagram, data, len);
  return 0;
}

/* A peer may fill its packets with datagrams of a byte, which nobody takes: the blocks go round. */
int quic_datagram_queue_replace(quic_datagram_queue_t *queue, const uint8_t *data, size_t len) {
  quic_datagram_t *oldest = quic_datagram_queue_pop(queue);
  if (oldest != NULL && len <= oldest->size && oldest->size <= 2 * len + sizeof *oldest) {
    append(queue, oldest, data, len);
    return 0;
  }
  free(oldest);
  return quic_datagram_queue_push(queue, data, len);
}

quic_datagram_t *quic_datagram_queue_first(const quic_datagram_queue_t *queue) {
  list_node_t *node = list_first(&queue->list);
  return node == NULL ? NULL : container_of(node, quic_datagram_t, node);
}

quic_datagram_t *quic_datagram_queue_pop(quic_datagram_queue_t *queue) {
  list_node_t *node = list_pop_front(&queue->list);
  if (node == NULL) return NULL;
  queue->count--;
  return container_of(node, quic_datagram_t, node);
}
