/* SPDX-License-Identifier: MIT
 * What to do when all connections together hold more of what was not read than the endpoint takes.
 *
 * Credit that was given cannot be taken back, so connections are closed: those that hold most, of the source that holds
 * most. Whoever makes many connections makes room for itself, and not at the cost of peers from elsewhere. A source is an
 * IPv4 address, an IPv6 network of 64 bits, or a relay. */
#include "endpoint/relieve.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/route.h"
#include "endpoint/turn.h"

#define OVERFLOW_REASON "too much that you sent waits to be read here"
/* Once it is over the limit, so much of it becomes free: looking for what to close takes its time. */
#define RELIEF_SHARE 8

typedef struct {
  conn_t *conn; /* NULL: closed */
  size_t source;
} holder_t;

typedef struct {
  holder_t *items;
  size_t *sources;    /* what each holds */
  bytes_map_t by_key; /* -> the source's place in `sources`, from 1 */
  size_t count, source_count;
} holders_t;

#define SOURCE_BYTES 9

static void source_key(const conn_t *conn, uint8_t key[SOURCE_BYTES]) {
  uint16_t relay;
  uint64_t number;
  quic_path_t path = route_now(conn);
  const address_t *remote = &path.remote;
  memset(key, 0, SOURCE_BYTES);
  if (relay_address_read(remote, &relay, &number)) {
    key[0] = 'r';
    memcpy(key + 1, &relay, sizeof relay);
  } else if (remote->sa.sa_family == AF_INET6) {
    key[0] = '6';
    memcpy(key + 1, &remote->in6.sin6_addr, 8);
  } else {
    key[0] = '4';
    memcpy(key + 1, &remote->in.sin_addr, 4);
  }
}

static int add_holder(holders_t *all, conn_t *conn) {
  uint8_t key[SOURCE_BYTES];
  source_key(conn, key);
  size_t place = (size_t)(uintptr_t)bytes_map_get(&all->by_key, key, sizeof key);
  if (place == 0) {
    place = all->source_count + 1;
    int rv = bytes_map_put(&all->by_key, key, sizeof key, (void *)(uintptr_t)place);
    if (rv != 0) return rv;
    all->sources[all->source_count++] = 0;
  }
  all->sources[place - 1] += quic_conn_held(conn->quic);
  all->items[all->count++] = (holder_t){conn, place - 1};
  return 0;
}

/* Whether the connection can be closed: one that is over holds what the program is about to be told. */
static bool can_give_way(const conn_t *conn) {
  return quic_conn_state(conn->quic) == QUIC_OPEN && quic_conn_held(conn->quic) > 0;
}

static int find_holders(iroh_endpoint_t *ep, holders_t *all) {
  size_t count = 1;
  list_for_each(node, &ep->all) count++;
  *all = (holders_t){.items = malloc(count * sizeof *all->items), .sources = malloc(count * sizeof *all->sources)};
  int rv = bytes_map_init(&all->by_key);
  if (rv != 0) return rv;
  if (all->items == NULL || all->sources == NULL) return IROH_ERR_NO_MEMORY;
  list_for_each(conn_node, &ep->all) {
    conn_t *conn = container_of(conn_node, conn_t, all_node);
    if (can_give_way(conn)) rv = add_holder(all, conn);
    if (rv != 0) return rv;
  }
  return 0;
}

static holder_t *choose(holders_t *all) {
  size_t source = 0;
  for (size_t i = 1; i < all->source_count; i++)
    if (all->sources[i] > all->sources[source]) source = i;
  holder_t *most = NULL;
  for (size_t i = 0; i < all->count; i++) {
    holder_t *holder = &all->items[i];
    if (holder->conn == NULL || holder->source != source) continue;
    if (most == NULL || quic_conn_held(holder->conn->quic) > quic_conn_held(most->conn->quic)) most = holder;
  }
  return most;
}

static void close_holder(holders_t *all, holder_t *holder, uint64_t now) {
  conn_t *conn = holder->conn;
  all->sources[holder->source] -= quic_conn_held(conn->quic);
  holder->conn = NULL;
  conn->ep->metrics.connections_overflowed++;
  quic_conn_close(conn->quic, IROH_CODE_OVERFLOW, OVERFLOW_REASON, strlen(OVERFLOW_REASON), now);
  quic_conn_discard(conn->quic);
  turn_mark(conn);
}

void relieve(iroh_endpoint_t *ep) {
  const quic_budget_t *budget = &ep->budget;
  if (budget->held <= budget->limit || budget->limit == 0) return;
  holders_t all;
  uint64_t now = uv_hrtime();
  holder_t *holder;
  if (find_holders(ep, &all) == 0) {
    while (budget->held > budget->limit - budget->limit / RELIEF_SHARE && (holder = choose(&all)) != NULL)
      close_holder(&all, holder, now);
  }
  bytes_map_deinit(&all.by_key);
  free(all.sources);
  free(all.items);
}
