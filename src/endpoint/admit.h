/* SPDX-License-Identifier: MIT
 * An accepted connection among the others: its place among the handshakes, and how many its NodeId may have. */
#ifndef IROH_ENDPOINT_ADMIT_H
#define IROH_ENDPOINT_ADMIT_H

#include "endpoint/state.h"

/* After a datagram of a connection: its place among the handshakes follows what it has come to. */
void admit_progress(conn_t *conn);
/* The connection is no handshake any more, or gone. */
void admit_release_place(conn_t *conn);
/* An accepted connection is to be told. False: its NodeId has as many as it may, and it is being closed. */
bool admit_conn(conn_t *conn, uint64_t now);
/* It was told to be over. */
void admit_uncount(conn_t *conn);

#endif
