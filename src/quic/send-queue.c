/* SPDX-License-Identifier: MIT */
#include "quic/send-queue.h"

#include <stdlib.h>
#include <string.h>

/* Small writes share a chunk of this size; larger ones get their own. */
#define CHUNK_MIN 2048

struct send_chunk {
  send_chunk_t *next;
  size_t len, cap;
  uint8_t data[];
};

void send_queue_init(send_queue_t *queue) { memset(queue, 0, sizeof *queue); }

void send_queue_deinit(send_queue_t *queue) {
  for (send_chunk_t *chunk = queue->head; chunk != NULL;) {
    send_chunk_t *next = chunk->next;
    free(chunk);
    chunk = next;
  }
  send_queue_init(queue);
}

uint8_t *send_queue_reserve(send_queue_t *queue, size_t len) {
  send_chunk_t *tail = queue->tail;
  if (tail == NULL || tail->cap - tail->len < len) {
    size_t cap = len < CHUNK_MIN ? CHUNK_MIN : len;
    if (cap > SIZE_MAX - sizeof *tail) return NULL;
    send_chunk_t *chunk = malloc(sizeof *chunk + cap);
    if (chunk == NULL) return NULL;
    *chunk = (send_chunk_t){.cap = cap};
    queue->allocated += sizeof *chunk + cap;
    if (tail == NULL)
      queue->head = chunk;
    else
      tail->next = chunk;
    queue->tail = tail = chunk;
  }
  queue->reserved = len;
  return tail->data + tail->len;
}

void send_queue_commit(send_queue_t *queue, size_t len) {
  if (len > queue->reserved) len = queue->reserved;
  queue->reserved = 0;
  if (len == 0) return;
  if (queue->next == NULL) {
    queue->next = queue->tail;
    queue->next_offset = queue->tail->len;
  }
  queue->tail->len += len;
  queue->unsent += len;
}

size_t send_queue_peek(const send_queue_t *queue, ngtcp2_vec *vecs, size_t max, size_t limit) {
  size_t count = 0, offset = queue->next_offset, total = 0;
  for (send_chunk_t *chunk = queue->next; chunk != NULL && count < max && total < limit; chunk = chunk->next) {
    if (chunk->len > offset) {
      vecs[count++] = (ngtcp2_vec){chunk->data + offset, chunk->len - offset};
      total += chunk->len - offset;
    }
    offset = 0;
  }
  return count;
}

void send_queue_sent(send_queue_t *queue, size_t len) {
  queue->unsent -= len;
  while (len > 0) {
    size_t here = queue->next->len - queue->next_offset;
    if (len < here) {
      queue->next_offset += len;
      return;
    }
    len -= here;
    queue->next = queue->next->next;
    queue->next_offset = 0;
  }
}

void send_queue_acked(send_queue_t *queue, uint64_t offset) {
  while (queue->head != NULL && queue->head != queue->next && queue->acked + queue->head->len <= offset) {
    send_chunk_t *chunk = queue->head;
    if (chunk == queue->tail) {
      /* A chunk that may still take bytes stays while room in it is handed out. */
      if (queue->reserved > 0) return;
      queue->tail = NULL;
    }
    queue->acked += chunk->len;
    queue->head = chunk->next;
    queue->allocated -= sizeof *chunk + chunk->cap;
    free(chunk);
  }
}

size_t send_queue_held(const send_queue_t *queue) {
  size_t held = 0;
  for (const send_chunk_t *chunk = queue->head; chunk != NULL; chunk = chunk->next) held += chunk->len;
  return held;
}

void send_queue_drop_unsent(send_queue_t *queue) {
  queue->next = NULL;
  queue->next_offset = 0;
  queue->unsent = 0;
}
