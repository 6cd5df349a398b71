/* SPDX-License-Identifier: MIT
 * Packets out. */
#ifndef IROH_ENDPOINT_SEND_H
#define IROH_ENDPOINT_SEND_H

#include "endpoint/state.h"

#define SEND_BUFFER_SIZE (UDP_BATCH_BYTES + QUIC_MAX_UDP_PAYLOAD)
/* What one connection may write before the others have their turn. */
#define SEND_BURST_MAX (1024 * 1024)

/* Writes what the connection has to send, up to a burst; adds to *written. False: the socket is full. */
bool send_packets(conn_t *conn, uint64_t now, size_t *written);
/* The same for an attempt of a dial: to each of the candidates whose bit is set in `to`. */
bool send_attempt(conn_t *conn, quic_conn_t *quic, uint64_t to, uint64_t now, size_t *written);
/* The socket takes datagrams again: the batch that it would not take leaves, and those who wait for it go on. */
void send_pending(socket_t *socket);

#endif
