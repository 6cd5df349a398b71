/* SPDX-License-Identifier: MIT
 * The bytes of a stream from the moment they are written until the peer has acknowledged them. ngtcp2 points into
 * them meanwhile, so bytes never move. */
#ifndef IROH_QUIC_SEND_QUEUE_H
#define IROH_QUIC_SEND_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "quic/ngtcp2.h"

typedef struct send_chunk send_chunk_t;

typedef struct {
  send_chunk_t *head; /* oldest byte not acknowledged */
  send_chunk_t *tail; /* takes new bytes while it has room */
  send_chunk_t *next; /* holds the next byte to send, at next_offset; NULL: nothing unsent */
  size_t next_offset;
  size_t reserved; /* room handed out at the end of tail */
  uint64_t acked;  /* stream offset of the first byte of head */
  size_t unsent;
  size_t allocated; /* bytes of memory */
} send_queue_t;

void send_queue_init(send_queue_t *queue);
void send_queue_deinit(send_queue_t *queue);
/* Contiguous room for `len` bytes, to be committed next; NULL without memory. */
uint8_t *send_queue_reserve(send_queue_t *queue, size_t len);
/* Makes the first `len` reserved bytes part of the stream and gives the rest back. */
void send_queue_commit(send_queue_t *queue, size_t len);
/* Points up to `max` vectors at the unsent bytes, about `limit` bytes at most; returns how many. */
size_t send_queue_peek(const send_queue_t *queue, ngtcp2_vec *vecs, size_t max, size_t limit);
/* `len` more bytes are in packets. */
void send_queue_sent(send_queue_t *queue, size_t len);
/* Everything below the stream offset is acknowledged; frees what no longer matters. */
void send_queue_acked(send_queue_t *queue, uint64_t offset);
/* How many bytes are not acknowledged, as far as memory is held for them. */
size_t send_queue_held(const send_queue_t *queue);
/* Forgets the unsent bytes (what is in packets is kept). */
void send_queue_drop_unsent(send_queue_t *queue);

#endif
