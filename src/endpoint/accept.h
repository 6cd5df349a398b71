/* SPDX-License-Identifier: MIT
 * Datagrams that are no connection's. */
#ifndef IROH_ENDPOINT_ACCEPT_H
#define IROH_ENDPOINT_ACCEPT_H

#include "endpoint/state.h"

void accept_datagram(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                     size_t len, const quic_packet_t *packet, uint64_t now);

#endif
