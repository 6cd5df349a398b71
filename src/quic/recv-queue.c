/* SPDX-License-Identifier: MIT */
#include "quic/recv-queue.h"

#include <stdlib.h>
#include <string.h>

#include "iroh.h"

/* Chunks double while bytes pile up, so that a bulk reader gets long runs and an idle stream holds little. */
#define CHUNK_MIN 4096
#define CHUNK_MAX 131072

struct recv_chunk {
  recv_chunk_t *next;
  size_t len, cap;
  uint8_t data[];
};

void recv_queue_init(recv_queue_t *queue) { memset(queue, 0, sizeof *queue); }

void recv_queue_deinit(recv_queue_t *queue) {
  for (recv_chunk_t *chunk = queue->head; chunk != NULL;) {
    recv_chunk_t *next = chunk->next;
    free(chunk);
    chunk = next;
  }
  recv_queue_init(queue);
}

int recv_queue_push(recv_queue_t *queue, const uint8_t *data, size_t len) {
  while (len > 0) {
    recv_chunk_t *tail = queue->tail;
    if (tail == NULL || tail->len == tail->cap) {
      size_t cap = tail == NULL ? CHUNK_MIN : tail->cap * 2;
      while (cap < len && cap < CHUNK_MAX) cap *= 2;
      if (cap > CHUNK_MAX) cap = CHUNK_MAX;
      recv_chunk_t *chunk = malloc(sizeof *chunk + cap);
      if (chunk == NULL) return IROH_ERR_NO_MEMORY;
      *chunk = (recv_chunk_t){.cap = cap};
      queue->allocated += sizeof *chunk + cap;
      if (tail == NULL)
        queue->head = chunk;
      else
        tail->next = chunk;
      queue->tail = tail = chunk;
    }
    size_t take = tail->cap - tail->len < len ? tail->cap - tail->len : len;
    memcpy(tail->data + tail->len, data, take);
    tail->len += take;
    queue->len += take;
    data += take;
    len -= take;
  }
  return 0;
}

size_t recv_queue_peek(const recv_queue_t *queue, const uint8_t **data_out) {
  if (queue->head == NULL) return 0;
  *data_out = queue->head->data + queue->offset;
  return queue->head->len - queue->offset;
}

void recv_queue_consume(recv_queue_t *queue, size_t len) {
  queue->len -= len;
  while (len > 0) {
    recv_chunk_t *head = queue->head;
    size_t here = head->len - queue->offset;
    if (len < here) {
      queue->offset += len;
      return;
    }
    len -= here;
    queue->head = head->next;
    queue->offset = 0;
    if (queue->head == NULL) queue->tail = NULL;
    queue->allocated -= sizeof *head + head->cap;
    free(head);
  }
}
