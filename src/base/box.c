/* SPDX-License-Identifier: MIT */
#include "base/box.h"

#include "iroh.h"

#include <sodium.h>

_Static_assert(BOX_KEY_BYTES == crypto_box_SECRETKEYBYTES, "an X25519 key");
_Static_assert(BOX_KEY_BYTES == crypto_box_BEFORENMBYTES, "a shared key");
_Static_assert(BOX_NONCE_BYTES == crypto_box_NONCEBYTES, "a nonce");
_Static_assert(BOX_MAC_BYTES == crypto_box_MACBYTES, "an authenticator");

int box_key_from_seed(const uint8_t seed[32], uint8_t secret_out[BOX_KEY_BYTES]) {
  uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
  if (sodium_init() < 0) return IROH_ERR_INTERNAL;
  int rv = crypto_sign_seed_keypair(public_key, secret, seed);
  if (rv == 0) rv = crypto_sign_ed25519_sk_to_curve25519(secret_out, secret);
  sodium_memzero(secret, sizeof secret);
  return rv ? IROH_ERR_INTERNAL : 0;
}

int box_shared_key(const uint8_t seed[32], const uint8_t peer_public[32], uint8_t shared_out[BOX_KEY_BYTES]) {
  uint8_t secret[BOX_KEY_BYTES], public_key[BOX_KEY_BYTES];
  int rv = box_key_from_seed(seed, secret);
  if (rv == 0 && (crypto_sign_ed25519_pk_to_curve25519(public_key, peer_public) ||
                  crypto_box_beforenm(shared_out, public_key, secret)))
    rv = IROH_ERR_INVALID_NODE_ID;
  sodium_memzero(secret, sizeof secret);
  return rv;
}

void box_seal(const uint8_t shared[BOX_KEY_BYTES], const uint8_t nonce[BOX_NONCE_BYTES], const uint8_t *plain,
              size_t len, uint8_t *sealed_out) {
  crypto_box_easy_afternm(sealed_out, plain, len, nonce, shared);
}

int box_open(const uint8_t shared[BOX_KEY_BYTES], const uint8_t nonce[BOX_NONCE_BYTES], const uint8_t *sealed,
             size_t len, uint8_t *plain_out) {
  return crypto_box_open_easy_afternm(plain_out, sealed, len, nonce, shared) ? IROH_ERR_INVALID_KEY : 0;
}
