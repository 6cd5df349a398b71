/* SPDX-License-Identifier: MIT
 * Connections in the endpoint. */
#ifndef IROH_ENDPOINT_CONN_H
#define IROH_ENDPOINT_CONN_H

#include "endpoint/state.h"

conn_t *conn_new(iroh_endpoint_t *ep);
void conn_free(conn_t *conn);
/* This side ends it. */
void conn_end(conn_t *conn, const goodbye_t *goodbye, uint64_t now);
/* A datagram for this connection came in. `socket` NULL: by a relay. */
void conn_received(conn_t *conn, socket_t *socket, const udp_message_t *message, const uint8_t *data, size_t len,
                   uint64_t now);
/* When conn_tick is due; QUIC_NEVER for never. */
uint64_t conn_deadline(const conn_t *conn);
void conn_tick(conn_t *conn, uint64_t now);
void conn_leave_handshake(conn_t *conn);
/* Its end was told: its handle and those of its streams are dead. */
void conn_forget(conn_t *conn);

#endif
