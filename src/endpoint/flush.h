/* SPDX-License-Identifier: MIT
 * Every changed connection writes what it has. */
#ifndef IROH_ENDPOINT_FLUSH_H
#define IROH_ENDPOINT_FLUSH_H

#include "endpoint/state.h"

/* Writes the packets of every changed connection, sets their timers, frees what is gone. */
void flush_all(iroh_endpoint_t *ep);
/* Writes this connection's packets now, in the middle of a turn: for much data, so that the peer works meanwhile. */
void flush_early(conn_t *conn);

#endif
