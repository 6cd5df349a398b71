/* SPDX-License-Identifier: MIT
 * What the endpoint does about direct ways to its peers, beside QUIC: probes in and out (net/punch.h), and STUN, which
 * tells where others see us. */
#ifndef IROH_ENDPOINT_PEER_H
#define IROH_ENDPOINT_PEER_H

#include "base/heap.h"
#include "endpoint/state.h"
#include "net/punch.h"

/* A peer with a connection that is, or may become, relayed. */
struct peer {
  uint8_t node_id[32];
  punch_t punch;
  heap_node_t timer;
  uint16_t relay;              /* by which it is called */
  unsigned users;              /* connections */
  uint64_t pings_until, pings; /* a bound on pings a minute */
  struct socket **spares;      /* of a port search, PORT_SEARCH_SOCKETS of them or NULL; each may be NULL */
};

/* What a probe has brought. */
typedef struct {
  peer_t *peer;      /* NULL: nothing */
  bool called;       /* the peer asks by a relay for a direct path */
  socket_t *socket;  /* where one of its addresses has answered; NULL: none has */
  address_t address; /* then: the address */
  uint64_t rtt;      /* ns */
} peer_news_t;

/* The peer, made known if it was not; one more connection counts on it. NULL: out of memory, or no possible peer. */
peer_t *peer_use(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES], uint16_t relay);
void peer_release(iroh_endpoint_t *ep, peer_t *peer);
/* A round of probes begins, or all end. */
void peer_start(iroh_endpoint_t *ep, peer_t *peer, uint64_t now);
void peer_stop(iroh_endpoint_t *ep, peer_t *peer);
/* Another address of the peer, to be pinged with the next survey; how many there are; and a survey. */
void peer_add(peer_t *peer, const address_t *address, uint64_t now);
size_t peer_known(const peer_t *peer);
void peer_survey(iroh_endpoint_t *ep, peer_t *peer, uint64_t now);
/* Notes the addresses of a connection's peer that the program has not heard of. */
void peer_tell_candidates(const conn_t *conn);
/* Sends the probes that are due. */
void peers_tick(iroh_endpoint_t *ep, uint64_t now);
/* Takes a datagram if it is a probe or a STUN server's answer; else returns false. The caller passes news of a peer to the
 * connections (paths_take_news), and then calls peer_go_on(), which sends what is due. */
bool peer_receive(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data, size_t len,
                  uint64_t now, peer_news_t *news);
void peer_go_on(iroh_endpoint_t *ep, peer_t *peer, uint64_t now);

#endif
