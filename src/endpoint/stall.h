/* SPDX-License-Identifier: MIT
 * A path on which nothing but keep-alives gets through to the peer. */
#ifndef IROH_ENDPOINT_STALL_H
#define IROH_ENDPOINT_STALL_H

#include "endpoint/state.h"

/* Whether anything but keep-alives gets through to the peer, after a packet of the peer's and at
 * stall_deadline: else it moves to the relay, or ends. */
void stall_check(conn_t *conn, uint64_t now);
uint64_t stall_deadline(const conn_t *conn);
/* Whether what the connection writes is not to be sent. */
bool stall_is_mute(const conn_t *conn);

#endif
