/* SPDX-License-Identifier: MIT
 * Peers behind relays: the made-up address of each, and the datagrams on their way to them. The relays themselves are
 * the program's (iroh.h: IROH_EVENT_RELAY_SEND, iroh_endpoint_relay_received). */
#ifndef IROH_ENDPOINT_RELAY_H
#define IROH_ENDPOINT_RELAY_H

#include "base/address.h"
#include "base/buffer.h"
#include "base/bytes_map.h"
#include "base/map.h"
#include "iroh.h"

#define RELAYS_MAX 64

/* A peer behind one relay, for as long as a connection counts on it. */
typedef struct {
  uint16_t relay;
  uint8_t node_id[IROH_KEY_BYTES];
  uint64_t number;
  unsigned users;
} relay_peer_t;

/* One batch to hand to the program; its bytes lie in the outbox's `bytes`. */
typedef struct {
  uint16_t relay;
  uint8_t node_id[IROH_KEY_BYTES];
  uint8_t ecn;
  size_t offset, len, segment;
} relay_batch_t;

typedef struct {
  bytes_map_t *relays[RELAYS_MAX]; /* by relay: NodeId -> relay_peer_t */
  map_t by_number;
  uint64_t last_number;
  buffer_t bytes;
  relay_batch_t *batches;
  size_t batch_count, batch_cap;
  uint64_t dropped;
} relay_peers_t;

void relay_peers_init(relay_peers_t *peers);
void relay_peers_deinit(relay_peers_t *peers);
/* The peer, made known if it was not; one more counts on it. NULL: no such relay, or out of memory. */
relay_peer_t *relay_peers_use(relay_peers_t *peers, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES]);
/* One less counts on it. */
void relay_peers_release(relay_peers_t *peers, relay_peer_t *peer);
/* Queues datagrams for a peer; dropped beyond a bound, as a network drops them. */
void relay_peers_send(relay_peers_t *peers, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES], uint8_t ecn,
                      const uint8_t *data, size_t len, size_t segment);
/* Forgets what was handed to the program. */
void relay_peers_sent(relay_peers_t *peers);

#endif
