/* SPDX-License-Identifier: MIT
 * The names that QUIC gets for paths. */
#ifndef IROH_ENDPOINT_PATH_NAMES_H
#define IROH_ENDPOINT_PATH_NAMES_H

#include "endpoint/state.h"

/* The path of a datagram that came in, as QUIC is to know it; and what is to follow the reading of each. */
quic_path_t path_names_accepted(const conn_t *conn, socket_t *socket, const udp_message_t *message);
void path_names_moved(conn_t *conn);
/* The path that a dialled connection is to try, under a name that it never had. Where we dial, the kernel chooses the
 * local address in any case. */
quic_path_t path_names_dialled(conn_t *conn, const quic_path_t *path);

#endif
