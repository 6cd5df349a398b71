/* SPDX-License-Identifier: MIT
 *
 * Gossip messages as anybody can send them. What was understood, lists included, survives being written and read again,
 * and takes no more room than it came in.
 */
#include "fuzz.h"
#include "wire/gossip.h"

#include <stdbool.h>
#include <string.h>

/* What a list holds, to be written. */
typedef struct {
  gossip_peer_t *peers;
  gossip_have_t *haves;
} entries_t;

static entries_t read_entries(const gossip_message_t *message, size_t size) {
  gossip_list_t list = message->list;
  size_t count = list.count, walked = 0;
  CLAIM(count <= size / (GOSSIP_ID_BYTES + 1));
  entries_t entries = {calloc(count + 1, sizeof(gossip_peer_t)), calloc(count + 1, sizeof(gossip_have_t))};
  CLAIM(entries.peers && entries.haves);
  if (message->kind == GOSSIP_IHAVE)
    while (gossip_next_have(&list, &entries.haves[walked])) walked++;
  else
    while (gossip_next_peer(&list, &entries.peers[walked])) walked++;
  CLAIM(walked == count);
  return entries;
}

static bool same_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
  return (a == NULL) == (b == NULL) && a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static bool same_id(const uint8_t *a, const uint8_t *b) {
  return same_bytes(a, a ? GOSSIP_ID_BYTES : 0, b, b ? GOSSIP_ID_BYTES : 0);
}

static bool same_peer(const gossip_peer_t *a, const gossip_peer_t *b) {
  return same_id(a->id, b->id) && same_bytes(a->data.bytes, a->data.len, b->data.bytes, b->data.len);
}

static void check_same(const gossip_message_t *a, const gossip_message_t *b) {
  CLAIM(a->kind == b->kind && a->high == b->high && a->alive == b->alive && a->neighbors == b->neighbors);
  CLAIM(a->ttl == b->ttl && a->round == b->round && same_id(a->id, b->id) && same_peer(&a->peer, &b->peer));
  CLAIM(same_bytes(a->data.bytes, a->data.len, b->data.bytes, b->data.len));
  CLAIM(same_bytes(a->content, a->content_len, b->content, b->content_len));
}

static void check_same_entries(const gossip_message_t *written, gossip_list_t read) {
  gossip_peer_t peer;
  gossip_have_t have;
  CLAIM(read.count == written->count);
  for (size_t i = 0; i < written->count; i++) {
    if (written->kind == GOSSIP_IHAVE)
      CLAIM(gossip_next_have(&read, &have) && same_id(have.id, written->haves[i].id) &&
            have.round == written->haves[i].round);
    else
      CLAIM(gossip_next_peer(&read, &peer) && same_peer(&peer, &written->peers[i]));
  }
}

static void check_message(gossip_message_t *message, const uint8_t *data, size_t size) {
  gossip_message_t again;
  entries_t entries = read_entries(message, size);
  message->peers = entries.peers;
  message->haves = entries.haves;
  message->count = message->list.count;
  size_t len = gossip_size(message);
  CLAIM(len <= size);
  uint8_t *frame = malloc(GOSSIP_LENGTH_BYTES + len);
  CLAIM(frame);
  gossip_encode(message, frame);
  uint8_t *bytes = frame + GOSSIP_LENGTH_BYTES;
  CLAIM(gossip_decode(bytes, len, &again) == 0);
  check_same(message, &again);
  check_same_entries(message, again.list);
  CLAIM(gossip_decode(bytes, len - 1, &again) != 0);
  /* Without anything over-long or behind it there is one way to write a message, but for Disconnect's reserved byte. */
  if (len == size && message->kind != GOSSIP_DISCONNECT) CLAIM(memcmp(bytes, data, len) == 0);
  free(frame);
  free(entries.peers);
  free(entries.haves);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  gossip_message_t message;
  /* A block of its own: AddressSanitizer sees a read past its end. */
  uint8_t *bytes = malloc(size ? size : 1);
  CLAIM(bytes);
  if (size) memcpy(bytes, data, size);
  if (gossip_decode(bytes, size, &message) == 0) check_message(&message, bytes, size);
  free(bytes);
  return 0;
}
