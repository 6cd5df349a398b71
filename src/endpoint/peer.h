/* SPDX-License-Identifier: MIT
 * What the endpoint does about direct ways to its peers, beside QUIC: probes in and out (net/punch.h), and STUN, which
 * tells where others see us. */
#ifndef IROH_ENDPOINT_PEER_H
#define IROH_ENDPOINT_PEER_H

#include "base/heap.h"
#include "net/punch.h"

/* A peer with a connection that is, or may become, relayed. */
typedef struct peer {
  uint8_t node_id[32];
  punch_t punch;
  heap_node_t timer;
  uint16_t relay;              /* by which it is called */
  unsigned users;              /* connections */
  uint64_t pings_until, pings; /* a bound on pings a minute */
  struct socket **spares;      /* of a port search, PORT_SEARCH_SOCKETS of them or NULL; each may be NULL */
} peer_t;

#endif
