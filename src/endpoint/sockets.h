/* SPDX-License-Identifier: MIT
 * The endpoint's sockets. */
#ifndef IROH_ENDPOINT_SOCKETS_H
#define IROH_ENDPOINT_SOCKETS_H

#include "endpoint/state.h"

int sockets_open(iroh_endpoint_t *ep, const char *const *binds, size_t count);
/* The socket to reach an address of this family from; NULL: none. */
socket_t *sockets_for(iroh_endpoint_t *ep, const address_t *remote);
/* The socket of a path, or, if that was shut since QUIC learned of the path, another one; NULL: none. */
socket_t *sockets_live(iroh_endpoint_t *ep, const quic_path_t *path);
/* Opens one more socket to reach an address from, bound where the others are, to be shut at `retire_at` unless a
 * connection uses it then. NULL: the host has none, or there are too many. */
socket_t *sockets_open_spare(iroh_endpoint_t *ep, const address_t *to, uint64_t retire_at);
void sockets_closed(socket_t *socket);
/* Shuts retired sockets that are due; returns when the next one is. */
uint64_t sockets_retire(iroh_endpoint_t *ep, uint64_t now);
/* Receiving has failed: the socket is left alone for a while. */
void sockets_deafen(socket_t *socket, uint64_t now);
/* Listens to such sockets again; returns when the next one is due. */
uint64_t sockets_listen_again(iroh_endpoint_t *ep, uint64_t now);
/* Opens fresh sockets. The old ones are shut later, unless the program had asked for their ports. */
int sockets_rebind(iroh_endpoint_t *ep, uint64_t now);

#endif
