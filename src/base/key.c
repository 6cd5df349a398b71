/* SPDX-License-Identifier: MIT */
#include "base/key.h"

#include "base/text.h"
#include "iroh.h"

#include <sodium.h>
#include <string.h>

_Static_assert(IROH_KEY_BYTES == crypto_sign_SEEDBYTES, "a seed");
_Static_assert(IROH_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "a public key");
_Static_assert(crypto_sign_SECRETKEYBYTES == 2 * IROH_KEY_BYTES,
               "libsodium's secret key: the seed, then the public key");

struct key_pair {
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

/* libsodium's own lock makes it safe to call at any time from any thread. */
static int init_sodium(void) { return sodium_init() < 0 ? IROH_ERR_INTERNAL : 0; }

/* The secret key is the caller's to wipe, also on failure. */
static int expand_seed(const uint8_t seed[IROH_KEY_BYTES], uint8_t secret_out[crypto_sign_SECRETKEYBYTES]) {
  uint8_t public_key[IROH_KEY_BYTES];
  int rv = init_sodium();
  if (rv) return rv;
  return crypto_sign_seed_keypair(public_key, secret_out, seed) ? IROH_ERR_INTERNAL : 0;
}

int key_pair_new(const uint8_t seed[32], key_pair_t **out) {
  *out = NULL;
  int rv = init_sodium();
  if (rv) return rv;
  key_pair_t *pair = sodium_malloc(sizeof(*pair));
  if (!pair) return IROH_ERR_NO_MEMORY;
  rv = expand_seed(seed, pair->secret);
  if (rv) {
    key_pair_free(pair);
    return rv;
  }
  /* A guard against our own mistakes; where the system has no such thing the key is as safe as before. */
  (void)sodium_mprotect_readonly(pair);
  *out = pair;
  return 0;
}

void key_pair_free(key_pair_t *pair) { sodium_free(pair); }

const uint8_t *key_pair_public(const key_pair_t *pair) { return pair->secret + IROH_KEY_BYTES; }

const uint8_t *key_pair_seed(const key_pair_t *pair) { return pair->secret; }

int iroh_key_generate(uint8_t seed[IROH_KEY_BYTES]) {
  int rv = init_sodium();
  if (rv) return rv;
  randombytes_buf(seed, IROH_KEY_BYTES);
  return 0;
}

int iroh_key_public(const uint8_t seed[IROH_KEY_BYTES], uint8_t public_out[IROH_KEY_BYTES]) {
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
  int rv = expand_seed(seed, secret);
  if (rv == 0) memcpy(public_out, secret + IROH_KEY_BYTES, IROH_KEY_BYTES);
  sodium_memzero(secret, sizeof(secret));
  return rv;
}

int iroh_key_sign(const uint8_t seed[IROH_KEY_BYTES], const uint8_t *data, size_t len, uint8_t sig_out[64]) {
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
  int rv = expand_seed(seed, secret);
  if (rv == 0 && crypto_sign_detached(sig_out, NULL, data, len, secret)) rv = IROH_ERR_INTERNAL;
  sodium_memzero(secret, sizeof(secret));
  return rv;
}

bool iroh_key_verify(const uint8_t public_key[IROH_KEY_BYTES], const uint8_t *data, size_t len, const uint8_t sig[64]) {
  return init_sodium() == 0 && crypto_sign_verify_detached(sig, data, len, public_key) == 0;
}

int iroh_key_parse(const char *text, size_t len, uint8_t out[IROH_KEY_BYTES]) {
  int rv = len == TEXT_HEX_LEN(IROH_KEY_BYTES) ? text_hex_decode(text, len, out, IROH_KEY_BYTES)
                                               : text_base32_decode(text, len, out, IROH_KEY_BYTES);
  return rv ? IROH_ERR_INVALID_NODE_ID : 0;
}

bool iroh_node_id_is_valid(const uint8_t node_id[IROH_KEY_BYTES]) {
  return init_sodium() == 0 && crypto_core_ed25519_is_valid_point(node_id) == 1;
}

void iroh_wipe(void *data, size_t len) {
  if (len) sodium_memzero(data, len);
}

const char *key_library_version(void) { return sodium_version_string(); }
