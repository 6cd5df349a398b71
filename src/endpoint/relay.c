/* SPDX-License-Identifier: MIT */
#include "endpoint/relay.h"

#include <stdlib.h>
#include <string.h>

/* Bytes waiting for the program in one turn. */
#define OUTBOX_MAX (4 * 1024 * 1024)

void relay_peers_init(relay_peers_t *peers) {
  memset(peers, 0, sizeof *peers);
  map_init(&peers->by_number);
  buffer_init(&peers->bytes);
}

void relay_peers_deinit(relay_peers_t *peers) {
  size_t cursor = 0;
  void *peer;
  while (map_next(&peers->by_number, &cursor, NULL, &peer)) free(peer);
  map_deinit(&peers->by_number);
  for (size_t i = 0; i < RELAYS_MAX; i++) {
    if (peers->relays[i] != NULL) bytes_map_deinit(peers->relays[i]);
    free(peers->relays[i]);
  }
  buffer_deinit(&peers->bytes);
  free(peers->batches);
}

static bytes_map_t *map_of_relay(relay_peers_t *peers, uint16_t relay) {
  if (relay >= RELAYS_MAX) return NULL;
  if (peers->relays[relay] == NULL) {
    bytes_map_t *map = malloc(sizeof *map);
    if (map == NULL || bytes_map_init(map) != 0) {
      free(map);
      return NULL;
    }
    peers->relays[relay] = map;
  }
  return peers->relays[relay];
}

relay_peer_t *relay_peers_use(relay_peers_t *peers, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES]) {
  bytes_map_t *map = map_of_relay(peers, relay);
  if (map == NULL) return NULL;
  relay_peer_t *peer = bytes_map_get(map, node_id, IROH_KEY_BYTES);
  if (peer == NULL) {
    peer = calloc(1, sizeof *peer);
    if (peer == NULL) return NULL;
    peer->relay = relay;
    peer->number = ++peers->last_number;
    memcpy(peer->node_id, node_id, IROH_KEY_BYTES);
    if (map_put(&peers->by_number, peer->number, peer) != 0) goto fail_number;
    if (bytes_map_put(map, node_id, IROH_KEY_BYTES, peer) != 0) goto fail_map;
  }
  peer->users++;
  return peer;

fail_map:
  map_remove(&peers->by_number, peer->number);
fail_number:
  free(peer);
  return NULL;
}

void relay_peers_release(relay_peers_t *peers, relay_peer_t *peer) {
  if (--peer->users > 0) return;
  map_remove(&peers->by_number, peer->number);
  bytes_map_remove(peers->relays[peer->relay], peer->node_id, IROH_KEY_BYTES);
  free(peer);
}

static bool room_for_batch(relay_peers_t *peers) {
  if (peers->batch_count < peers->batch_cap) return true;
  size_t cap = peers->batch_cap == 0 ? 16 : peers->batch_cap * 2;
  relay_batch_t *grown = realloc(peers->batches, cap * sizeof *grown);
  if (grown == NULL) return false;
  peers->batches = grown;
  peers->batch_cap = cap;
  return true;
}

void relay_peers_send(relay_peers_t *peers, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES], uint8_t ecn,
                      const uint8_t *data, size_t len, size_t segment) {
  size_t offset = peers->bytes.len;
  if (offset + len > OUTBOX_MAX || !room_for_batch(peers) || buffer_append(&peers->bytes, data, len) != 0) {
    peers->dropped++;
    return;
  }
  relay_batch_t *batch = &peers->batches[peers->batch_count++];
  *batch = (relay_batch_t){.relay = relay, .ecn = ecn, .offset = offset, .len = len, .segment = segment};
  memcpy(batch->node_id, node_id, IROH_KEY_BYTES);
}

void relay_peers_sent(relay_peers_t *peers) {
  peers->batch_count = 0;
  buffer_clear(&peers->bytes);
}
