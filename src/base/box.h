/* SPDX-License-Identifier: MIT
 *
 * Sealing between two identities: libsodium's crypto_box (X25519, XSalsa20, Poly1305) with keys made of the Ed25519
 * ones. A sealed message proves that one of the two wrote it, not which: whoever uses it says so inside.
 */
#ifndef IROH_BASE_BOX_H
#define IROH_BASE_BOX_H

#include <stddef.h>
#include <stdint.h>

#define BOX_KEY_BYTES 32
#define BOX_NONCE_BYTES 24
#define BOX_MAC_BYTES 16 /* what sealing adds */

/* The X25519 secret key of an Ed25519 seed. The caller's to wipe. 0 or IROH_ERR_INTERNAL. */
int box_key_from_seed(const uint8_t seed[32], uint8_t secret_out[BOX_KEY_BYTES]);
/* The key that the holder of `seed` and the peer with this NodeId share: the same on both sides. Costs an X25519
 * multiplication, so keep it per peer; the caller's to wipe. 0, IROH_ERR_INVALID_NODE_ID or IROH_ERR_INTERNAL. */
int box_shared_key(const uint8_t seed[32], const uint8_t peer_public[32], uint8_t shared_out[BOX_KEY_BYTES]);
/* Seals `len` bytes into `len` + BOX_MAC_BYTES, which do not overlap them. A nonce is never used twice with a key:
 * random ones will do. */
void box_seal(const uint8_t shared[BOX_KEY_BYTES], const uint8_t nonce[BOX_NONCE_BYTES], const uint8_t *plain,
              size_t len, uint8_t *sealed_out);
/* Opens `len` sealed bytes into `len` - BOX_MAC_BYTES, which do not overlap them. 0, or IROH_ERR_INVALID_KEY when
 * they were not sealed with this key and nonce or are too few; then nothing was written that may be used. */
int box_open(const uint8_t shared[BOX_KEY_BYTES], const uint8_t nonce[BOX_NONCE_BYTES], const uint8_t *sealed,
             size_t len, uint8_t *plain_out);

#endif
