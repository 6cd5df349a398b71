/* SPDX-License-Identifier: MIT
 * What the system says of datagrams and calls. */
#ifndef IROH_ENDPOINT_TROUBLE_H
#define IROH_ENDPOINT_TROUBLE_H

#include "endpoint/state.h"

/* Whether a datagram that the system refused so would be refused again: for want of a route or a permission, not of memory
 * or room in a queue. */
bool trouble_is_lasting(int error);
/* The system says that datagrams of the connection do not leave, or do not arrive. */
void trouble_note(conn_t *conn, int error, const char *call, const address_t *remote);
/* A send has failed: counts it, and tells the program what it should know. */
void trouble_of_send(iroh_endpoint_t *ep, const udp_socket_t *socket, const address_t *remote);
/* The system refused a call that is made again later: the program is told, seldom. */
void trouble_tell(iroh_endpoint_t *ep, int error, const char *call, const address_t *address);

#endif
