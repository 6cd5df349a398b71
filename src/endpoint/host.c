/* SPDX-License-Identifier: MIT
 * What QUIC asks its host: which connection ids and reset tokens are a connection's, who may in, and tokens for dials. */
#include "endpoint/host.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/policy.h"

/* Tokens kept for our next dials (RFC 9000 section 8.1.3). */
#define TOKENS_MAX 1024
#define TOKEN_LEN_MAX 256

typedef struct {
  size_t len;
  uint8_t data[TOKEN_LEN_MAX];
} token_t;

static bool cid_added(void *owner, const uint8_t *cid, size_t len) {
  conn_t *conn = owner;
  const conn_t *before = bytes_map_get(&conn->ep->cids, cid, len);
  if (before != NULL) return before == conn;
  if (bytes_map_put(&conn->ep->cids, cid, len, conn) != 0) return false;
  conn->cid_count++;
  return true;
}

/* Keeps an id of an attempt that has ended, as long as the dial runs: datagrams for it show which addresses answer. */
static bool keeps(kept_cids_t *kept, const uint8_t *cid, size_t len) {
  if (kept == NULL || kept->count == KEPT_CIDS_MAX || len > QUIC_CID_MAX) return false;
  kept->items[kept->count].len = (uint8_t)len;
  memcpy(kept->items[kept->count++].data, cid, len);
  return true;
}

static void cid_removed(void *owner, const uint8_t *cid, size_t len) {
  conn_t *conn = owner;
  if (bytes_map_get(&conn->ep->cids, cid, len) != conn || keeps(conn->kept_cids, cid, len)) return;
  bytes_map_remove(&conn->ep->cids, cid, len);
  conn->cid_count--;
}

/* Whatever QUIC said or forgot to say: no id may lead to a connection that is gone. */
void host_forget_cids(conn_t *conn) {
  bytes_map_t *cids = &conn->ep->cids;
  while (conn->cid_count > 0) {
    size_t cursor = 0, len;
    const uint8_t *cid;
    void *value;
    while (bytes_map_next(cids, &cursor, &cid, &len, &value) && value != conn) continue;
    bytes_map_remove(cids, cid, len);
    conn->cid_count--;
  }
}

static bool authorize(void *owner, const uint8_t node_id[IROH_KEY_BYTES]) {
  return policy_admits(((conn_t *)owner)->ep, node_id);
}

static void token_received(void *owner, const uint8_t *data, size_t len) {
  conn_t *conn = owner;
  bytes_map_t *tokens = &conn->ep->tokens;
  const uint8_t *peer = quic_conn_peer(conn->quic);
  token_t *token = bytes_map_get(tokens, peer, IROH_KEY_BYTES);
  if (len > TOKEN_LEN_MAX || (token == NULL && bytes_map_count(tokens) >= TOKENS_MAX)) return;
  if (token == NULL) {
    token = malloc(sizeof *token);
    if (token == NULL) return;
    if (bytes_map_put(tokens, peer, IROH_KEY_BYTES, token) != 0) {
      free(token);
      return;
    }
  }
  token->len = len;
  memcpy(token->data, data, len);
}

static void reset_token(void *owner, const uint8_t token[16], bool valid) {
  conn_t *conn = owner;
  reset_tokens_t *tokens = &conn->ep->reset_tokens;
  if (valid)
    reset_tokens_add(tokens, token, conn, &conn->reset_tokens);
  else
    reset_tokens_remove(tokens, token, &conn->reset_tokens);
}

void host_end_keeping(conn_t *conn) {
  kept_cids_t *kept = conn->kept_cids;
  conn->kept_cids = NULL;
  for (size_t i = 0; i < kept->count; i++) cid_removed(conn, kept->items[i].data, kept->items[i].len);
}

const quic_host_t host_callbacks = {cid_added, cid_removed, authorize, token_received, reset_token};

int host_dial(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *alpn, size_t alpn_len,
              const quic_path_t *path, uint64_t now, quic_conn_t **out) {
  iroh_endpoint_t *ep = conn->ep;
  const token_t *token = bytes_map_get(&ep->tokens, node_id, IROH_KEY_BYTES);
  return quic_conn_new_client(&ep->quic_config, &host_callbacks, conn, node_id, alpn, alpn_len,
                              token != NULL ? token->data : NULL, token != NULL ? token->len : 0, QUIC_NEVER, path, now,
                              out);
}
