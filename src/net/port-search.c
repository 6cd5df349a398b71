/* SPDX-License-Identifier: MIT */
#include "net/port-search.h"

#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
/* 500 probes a second of 151 bytes: 0.6 Mbit/s. */
#define BURST 5
#define INTERVAL (10 * NS_PER_MS)
/* NATs use no well-known ports for others' sockets. */
#define FIRST_PORT 1024
#define PORTS (65536 - FIRST_PORT)
/* No common divisor with PORTS: all ports have their turn, no two neighbours in one. */
#define STRIDE 24593

void port_search_init(port_search_t *search) {
  memset(search, 0, sizeof *search);
  search->next_at = PORT_SEARCH_NEVER;
}

bool port_search_may_begin(const port_search_t *search) {
  return search->next_at == PORT_SEARCH_NEVER && search->searches < PORT_SEARCHES_MAX;
}

void port_search_begin(port_search_t *search, port_search_role_t role, const address_t *peer, unsigned random,
                       uint64_t now) {
  if (!port_search_may_begin(search)) return;
  if (search->searches++ == 0) search->first_port = random % PORTS;
  search->role = role;
  search->peer = *peer;
  search->sent = 0;
  search->limit = role == PORT_SEARCH_SPREAD ? PORT_SEARCH_SOCKETS : PORT_SEARCH_GUESSES;
  search->next_at = now;
}

void port_search_stop(port_search_t *search) { search->next_at = PORT_SEARCH_NEVER; }

bool port_search_next(port_search_t *search, uint64_t now, address_t *to, unsigned *via) {
  if (search->next_at > now) return false;
  *to = search->peer;
  *via = 0;
  if (search->role == PORT_SEARCH_SPREAD)
    *via = search->sent + 1;
  else
    address_set_port(to, (uint16_t)(FIRST_PORT + (search->first_port + search->guesses++ * STRIDE) % PORTS));
  search->sent++;
  if (search->sent == search->limit)
    search->next_at = PORT_SEARCH_NEVER;
  else if (search->sent % BURST == 0)
    search->next_at = now + INTERVAL;
  return true;
}
