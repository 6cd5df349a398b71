/* SPDX-License-Identifier: MIT
 * A token is a kind byte, a random nonce, and sealed: the time and the connection id that the client made up. What it is
 * bound to (address, version, our connection id) is authenticated with it and comes again with the client's packet. */
#include "quic/retry.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/secret.h"
#include "quic/ngtcp2.h"
#include "tls/aes.h"

#define LIFETIME (10 * NGTCP2_SECONDS)
/* Not one of ngtcp2's own, whose tokens for later connections come in the same field. */
#define TOKEN_KIND 0xb1
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEALED_LEN (8 + 1 + QUIC_CID_MAX)
#define TOKEN_LEN (1 + NONCE_LEN + SEALED_LEN + TAG_LEN)

_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SECRET_BYTES, "a derived secret is a key");

struct quic_retry {
  uint8_t key[SECRET_BYTES];
  tls_aes_gcm_t *integrity; /* of the packet: the key is the same for everybody (RFC 9001 section 5.8) */
};

/* What a token is bound to. */
typedef struct {
  uint8_t bytes[4 + 16 + 2 + QUIC_CID_MAX];
  size_t len;
} binding_t;

static void bind_bytes(binding_t *binding, const void *bytes, size_t len) {
  memcpy(binding->bytes + binding->len, bytes, len);
  binding->len += len;
}

static binding_t binding_of(uint32_t version, const address_t *remote, const uint8_t *cid, size_t cid_len) {
  binding_t binding = {.len = 0};
  uint16_t port = address_port(remote);
  bind_bytes(&binding, &version, sizeof version);
  if (remote->sa.sa_family == AF_INET6)
    bind_bytes(&binding, &remote->in6.sin6_addr, 16);
  else
    bind_bytes(&binding, &remote->in.sin_addr, 4);
  bind_bytes(&binding, &port, sizeof port);
  bind_bytes(&binding, cid, cid_len);
  return binding;
}

quic_retry_t *quic_retry_new(const uint8_t secret[32]) {
  quic_retry_t *retry = calloc(1, sizeof *retry);
  if (retry == NULL) return NULL;
  secret_derive(secret, "event-target-iroh retry", retry->key);
  retry->integrity = tls_aes_gcm_new((const uint8_t *)NGTCP2_RETRY_KEY_V1);
  if (retry->integrity == NULL) {
    free(retry);
    return NULL;
  }
  return retry;
}

void quic_retry_free(quic_retry_t *retry) {
  if (retry == NULL) return;
  tls_aes_gcm_free(retry->integrity);
  iroh_wipe(retry->key, sizeof retry->key);
  free(retry);
}

static void write_token(const quic_retry_t *retry, const quic_initial_t *initial, const binding_t *binding,
                        uint64_t now, uint8_t out[TOKEN_LEN]) {
  uint8_t plain[SEALED_LEN] = {0};
  memcpy(plain, &now, 8);
  plain[8] = (uint8_t)initial->dcid_len;
  memcpy(plain + 9, initial->dcid, initial->dcid_len);
  out[0] = TOKEN_KIND;
  secret_random(out + 1, NONCE_LEN);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + 1 + NONCE_LEN, NULL, plain, sizeof plain, binding->bytes,
                                             binding->len, NULL, out + 1, retry->key);
}

static int seal(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
                const uint8_t *plain, size_t len, const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
                size_t aad_len) {
  (void)aead, (void)nonce_len;
  return tls_aes_gcm_seal(context->native_handle, nonce, aad, aad_len, plain, len, dest) ? 0
                                                                                         : NGTCP2_ERR_CALLBACK_FAILURE;
}

size_t quic_retry_write(quic_retry_t *retry, const quic_initial_t *initial, const address_t *remote, uint64_t now,
                        uint8_t *buf, size_t size) {
  const ngtcp2_crypto_aead aead = {.max_overhead = TLS_AES_TAG_LEN};
  const ngtcp2_crypto_aead_ctx integrity = {.native_handle = retry->integrity};
  ngtcp2_cid client, original, ours;
  uint8_t random[QUIC_CID_LEN], token[TOKEN_LEN];
  secret_random(random, sizeof random);
  ngtcp2_cid_init(&ours, random, sizeof random);
  ngtcp2_cid_init(&client, initial->scid, initial->scid_len);
  ngtcp2_cid_init(&original, initial->dcid, initial->dcid_len);
  binding_t binding = binding_of(initial->version, remote, random, sizeof random);
  write_token(retry, initial, &binding, now, token);
  ngtcp2_ssize n = ngtcp2_pkt_write_retry(buf, size, initial->version, &client, &ours, &original, token, sizeof token,
                                          seal, &aead, &integrity);
  return n > 0 ? (size_t)n : 0;
}

bool quic_retry_is_token(const quic_initial_t *initial) {
  return initial->token_len > 0 && initial->token[0] == TOKEN_KIND;
}

bool quic_retry_check(const quic_retry_t *retry, quic_initial_t *initial, const address_t *remote, uint64_t now) {
  uint8_t plain[SEALED_LEN];
  uint64_t written_at;
  if (initial->token_len != TOKEN_LEN || !quic_retry_is_token(initial)) return false;
  binding_t binding = binding_of(initial->version, remote, initial->dcid, initial->dcid_len);
  const uint8_t *nonce = initial->token + 1;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + NONCE_LEN, SEALED_LEN + TAG_LEN,
                                                 binding.bytes, binding.len, nonce, retry->key) != 0)
    return false;
  memcpy(&written_at, plain, 8);
  /* Of the future: from before the host was restarted, whose clock began from zero. */
  if (written_at > now || now - written_at > LIFETIME) return false;
  initial->original_dcid_len = plain[8];
  memcpy(initial->original_dcid, plain + 9, plain[8]);
  initial->from_retry = initial->token_verified = true;
  return true;
}
