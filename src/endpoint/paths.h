/* SPDX-License-Identifier: MIT
 * Which path a connection takes. */
#ifndef IROH_ENDPOINT_PATHS_H
#define IROH_ENDPOINT_PATHS_H

#include "endpoint/peer.h"
#include "endpoint/state.h"

/* Moves a dialled connection from a direct path to the relay. False: it cannot. */
bool paths_fall_back(conn_t *conn, uint64_t now);
/* Takes the addresses of a dial: "ip:port", or "relay:<number>". */
int paths_add_dialled(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *const *addresses, size_t count);
void paths_deinit(conn_t *conn);
/* A datagram has come in. Returns its path under the name that QUIC knows it by. `socket` NULL: it came by a relay. */
quic_path_t paths_received(conn_t *conn, socket_t *socket, const udp_message_t *message);
/* QUIC has read the datagram. `opened`: the peer has sealed it. */
void paths_read(conn_t *conn, const address_t *remote, bool opened, uint64_t now);
/* A probe has brought news of a peer: for all connections to it. */
void paths_take_news(iroh_endpoint_t *ep, const peer_news_t *news, uint64_t now);
/* The connection is up: from a relay it tries to get away. */
void paths_opened(conn_t *conn, uint64_t now);
/* QUIC has validated a path, or given one up. */
void paths_changed(conn_t *conn, bool validated, uint64_t now);
/* Called at the connection's deadlines: tries the next direct path, or goes back to the relay when nothing comes. */
void paths_tick(conn_t *conn, uint64_t now);
/* Packets were written. */
void paths_sent(conn_t *conn, uint64_t now);
/* When paths_tick is due; QUIC_NEVER for never. */
uint64_t paths_deadline(const conn_t *conn);
/* The host's addresses or routes have changed. */
void paths_network_changed(conn_t *conn, uint64_t now);
/* The endpoint has fresh sockets: a dialled connection moves onto them. */
void paths_rebind(conn_t *conn, uint64_t now);

#endif
