/* SPDX-License-Identifier: MIT
 * Datagrams in. */
#ifndef IROH_ENDPOINT_RECEIVE_H
#define IROH_ENDPOINT_RECEIVE_H

#include "endpoint/state.h"

/* Takes the datagrams of a message that came by a socket or (NULL) a relay. */
void receive_message(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, uint64_t now);
/* Takes what the socket has, within the bound of a turn. Returns the number of bytes. */
size_t receive_readable(socket_t *socket);

#endif
