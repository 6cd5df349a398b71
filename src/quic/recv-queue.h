/* SPDX-License-Identifier: MIT
 * In-order bytes of a stream that nobody has read yet. Bounded by the stream's flow-control window. */
#ifndef IROH_QUIC_RECV_QUEUE_H
#define IROH_QUIC_RECV_QUEUE_H

#include <stddef.h>
#include <stdint.h>

typedef struct recv_chunk recv_chunk_t;

typedef struct {
  recv_chunk_t *head, *tail;
  size_t offset; /* bytes of head already consumed */
  size_t len;
  size_t allocated; /* bytes of memory */
} recv_queue_t;

void recv_queue_init(recv_queue_t *queue);
void recv_queue_deinit(recv_queue_t *queue);
/* Copies; IROH_ERR_NO_MEMORY. */
int recv_queue_push(recv_queue_t *queue, const uint8_t *data, size_t len);
/* The longest contiguous run at the front; 0 bytes when empty. */
size_t recv_queue_peek(const recv_queue_t *queue, const uint8_t **data_out);
/* Drops `len` bytes, which must be there. */
void recv_queue_consume(recv_queue_t *queue, size_t len);

#endif
