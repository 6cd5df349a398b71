/* SPDX-License-Identifier: MIT
 *
 * Memory for ngtcp2, of one endpoint. ngtcp2 takes about twelve blocks of 4 to 12 KB a connection and of most of them
 * ever touches only the beginning. Placed one behind the other, as malloc does, nearly every page of them becomes
 * resident; here each large block begins on a page, so that what is not touched costs nothing. */
#ifndef IROH_QUIC_POOL_H
#define IROH_QUIC_POOL_H

#include "quic/conn.h"
#include "quic/ngtcp2.h"

typedef struct quic_pool quic_pool_t;

/* The memory of one connection, and how much of it holds what came out of order: ngtcp2 keeps that in blocks of 8 KiB,
 * however little of each has come, and has hardly any others so large. */
typedef struct {
  ngtcp2_mem mem; /* what ngtcp2 is given */
  quic_pool_t *pool;
  size_t disorder, base; /* base: of a connection that has received nothing */
} quic_meter_t;

/* The pool, borrowed, must live as long. NULL for no pool: malloc's. It must stay where it is. */
void quic_meter_init(quic_meter_t *meter, quic_pool_t *pool);

#endif
