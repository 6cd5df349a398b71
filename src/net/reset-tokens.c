/* SPDX-License-Identifier: MIT */
#include "net/reset-tokens.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/secret.h"
#include "iroh.h"

#define HASH_LEN 16

typedef struct {
  list_node_t node;
  void *owner;
  uint8_t hash[HASH_LEN];
} known_t;

static void hash_of(const reset_tokens_t *tokens, const uint8_t token[RESET_TOKEN_LEN], uint8_t out[HASH_LEN]) {
  crypto_generichash(out, HASH_LEN, token, RESET_TOKEN_LEN, tokens->key, sizeof tokens->key);
}

int reset_tokens_init(reset_tokens_t *tokens) {
  int rv = bytes_map_init(&tokens->by_hash);
  if (rv == 0) secret_random(tokens->key, sizeof tokens->key);
  return rv;
}

void reset_tokens_deinit(reset_tokens_t *tokens) {
  bytes_map_deinit(&tokens->by_hash);
  iroh_wipe(tokens->key, sizeof tokens->key);
}

static void forget(reset_tokens_t *tokens, known_t *known) {
  /* Two peers, or one twice, may give the same: the later one is found. */
  if (bytes_map_get(&tokens->by_hash, known->hash, HASH_LEN) == known)
    bytes_map_remove(&tokens->by_hash, known->hash, HASH_LEN);
  list_remove(&known->node);
  free(known);
}

static known_t *find_owned(const list_t *owned, const uint8_t hash[HASH_LEN]) {
  list_for_each(node, owned) {
    known_t *known = container_of(node, known_t, node);
    if (memcmp(known->hash, hash, HASH_LEN) == 0) return known;
  }
  return NULL;
}

void reset_tokens_add(reset_tokens_t *tokens, const uint8_t token[RESET_TOKEN_LEN], void *owner, list_t *owned) {
  uint8_t hash[HASH_LEN];
  hash_of(tokens, token, hash);
  if (find_owned(owned, hash) != NULL) return;
  known_t *known = calloc(1, sizeof *known);
  if (known == NULL) return;
  known->owner = owner;
  memcpy(known->hash, hash, HASH_LEN);
  if (bytes_map_put(&tokens->by_hash, hash, HASH_LEN, known) != 0) {
    free(known);
    return;
  }
  list_push_back(owned, &known->node);
}

void reset_tokens_remove(reset_tokens_t *tokens, const uint8_t token[RESET_TOKEN_LEN], list_t *owned) {
  uint8_t hash[HASH_LEN];
  hash_of(tokens, token, hash);
  known_t *known = find_owned(owned, hash);
  if (known != NULL) forget(tokens, known);
}

void reset_tokens_clear(reset_tokens_t *tokens, list_t *owned) {
  list_for_each(node, owned) forget(tokens, container_of(node, known_t, node));
}

void *reset_tokens_find(const reset_tokens_t *tokens, const uint8_t *data, size_t len) {
  uint8_t hash[HASH_LEN];
  if (len < RESET_LEN_MIN) return NULL;
  hash_of(tokens, data + len - RESET_TOKEN_LEN, hash);
  const known_t *known = bytes_map_get(&tokens->by_hash, hash, HASH_LEN);
  return known != NULL ? known->owner : NULL;
}
