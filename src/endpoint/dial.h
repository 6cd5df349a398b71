/* SPDX-License-Identifier: MIT
 * A dial: attempts at the addresses of a peer, of which the first whose handshake succeeds becomes the connection.
 * Until then nothing that comes is known to be the peer's, and nothing of it decides more than the fate of the address
 * it came from. */
#ifndef IROH_ENDPOINT_DIAL_H
#define IROH_ENDPOINT_DIAL_H

#include "endpoint/state.h"

/* Begins the first attempt, at all candidates of the connection. */
int dial_begin(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *alpn, size_t alpn_len, uint64_t timeout,
               uint64_t now);
/* Frees what is left of it; conn->quic stays. */
void dial_free(conn_t *conn);

/* A datagram came for one of its connection ids. */
void dial_received(conn_t *conn, const udp_message_t *message, const uint8_t *data, size_t len, uint64_t now);
/* A host on the way says that what was sent there has not arrived (ICMP), as an errno. */
void dial_unreachable(conn_t *conn, const address_t *remote, int error, uint64_t now);
/* Called at its deadlines. */
void dial_tick(conn_t *conn, uint64_t now);
uint64_t dial_deadline(const conn_t *conn);
/* The loop was away for so long at a deadline. */
void dial_overslept(conn_t *conn, uint64_t absence);
/* Writes what its attempts have to send. False: a socket is full. */
bool dial_write(conn_t *conn, uint64_t now, size_t *written);
/* This side ends it. */
void dial_stop(conn_t *conn, const goodbye_t *goodbye, uint64_t now);

#endif
