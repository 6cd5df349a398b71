/* SPDX-License-Identifier: MIT
 * Limits on accepted connections: places among the handshakes, and connections of one NodeId. */
#ifndef IROH_ENDPOINT_ADMIT_H
#define IROH_ENDPOINT_ADMIT_H

#include "endpoint/state.h"

/* A datagram has come: the connection's place among the handshakes follows its state. */
void admit_progress(conn_t *conn);
/* The handshake is over, or the connection is gone. */
void admit_release_place(conn_t *conn);
/* Before an accepted connection is reported. False: its NodeId has reached its limit, and the connection closes. */
bool admit_conn(conn_t *conn, uint64_t now);
/* Its end was reported. */
void admit_uncount(conn_t *conn);

#endif
