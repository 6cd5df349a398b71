/* SPDX-License-Identifier: MIT
 * Finding a port by luck. A NAT that gives each destination another, random port cannot be told where to send to by
 * STUN. So the side behind it sends one probe from each of many sockets, which opens as many ports, and the other side
 * sends probes to many random ports, until one of these is one of those: of P ports, with S open, n probes miss all with
 * (1 - S/P)^n, the birthday paradox. Sans-IO: says which probe is due. */
#ifndef IROH_NET_PORT_SEARCH_H
#define IROH_NET_PORT_SEARCH_H

#include "base/address.h"

#define PORT_SEARCH_NEVER UINT64_MAX
/* 256 sockets and 1024 probes meet in 98 of 100 searches, if the NAT takes its ports from all above 1023. */
#define PORT_SEARCH_SOCKETS 256
#define PORT_SEARCH_GUESSES 1024
/* Searches with one peer, until it or we come anew; each looks at other ports than those before. */
#define PORT_SEARCHES_MAX 4

typedef enum {
  PORT_SEARCH_SPREAD, /* our NAT's ports are random: to the peer's known address from many sockets */
  PORT_SEARCH_GUESS   /* the peer's are: to many ports of its public address from one socket */
} port_search_role_t;

typedef struct {
  port_search_role_t role;
  address_t peer;
  unsigned sent, limit; /* probes of this search; equal: it is over */
  unsigned searches;    /* begun so far */
  unsigned guesses;     /* of all searches, so that none is made twice */
  unsigned first_port;  /* where the row of guesses begins */
  uint64_t next_at;     /* ns */
} port_search_t;

void port_search_init(port_search_t *search);
/* Begins a search; without effect while one runs and after PORT_SEARCHES_MAX. `random`: any number. */
void port_search_begin(port_search_t *search, port_search_role_t role, const address_t *peer, unsigned random,
                       uint64_t now);
/* Ends it. */
void port_search_stop(port_search_t *search);
/* Whether another search may begin. */
bool port_search_may_begin(const port_search_t *search);
/* The next probe that is due, until false: goes to `to`, from the main socket (0) or one of the others
 * (1 to PORT_SEARCH_SOCKETS). */
bool port_search_next(port_search_t *search, uint64_t now, address_t *to, unsigned *via);

#endif
