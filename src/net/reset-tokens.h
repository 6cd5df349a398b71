/* SPDX-License-Identifier: MIT
 * Whose stateless reset a datagram is (RFC 9000 section 10.3.1): an index of all tokens that peers gave, however many
 * connections there are. Tokens are secrets of the peers': they are kept and compared as what a keyed hash makes of
 * them, so that the time it takes to find one says nothing of them. */
#ifndef IROH_NET_RESET_TOKENS_H
#define IROH_NET_RESET_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes_map.h"
#include "base/list.h"

#define RESET_TOKEN_LEN 16
/* The shortest datagram that can be a reset. */
#define RESET_LEN_MIN 21

typedef struct {
  bytes_map_t by_hash;
  uint8_t key[32];
} reset_tokens_t;

/* 0 or IROH_ERR_INTERNAL. */
int reset_tokens_init(reset_tokens_t *tokens);
/* Every owner must have cleared its own. */
void reset_tokens_deinit(reset_tokens_t *tokens);
/* `owner` has this token now; `owned` is its list of all. Without memory its reset will not be known. */
void reset_tokens_add(reset_tokens_t *tokens, const uint8_t token[RESET_TOKEN_LEN], void *owner, list_t *owned);
void reset_tokens_remove(reset_tokens_t *tokens, const uint8_t token[RESET_TOKEN_LEN], list_t *owned);
/* Removes all of the list. */
void reset_tokens_clear(reset_tokens_t *tokens, list_t *owned);
/* The owner whose token is the end of the datagram, or NULL. */
void *reset_tokens_find(const reset_tokens_t *tokens, const uint8_t *data, size_t len);

#endif
