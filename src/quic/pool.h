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

/* What ngtcp2 is given. Borrowed, as long as the pool lives. NULL for no pool: malloc's. */
const ngtcp2_mem *quic_pool_mem(const quic_pool_t *pool);

#endif
