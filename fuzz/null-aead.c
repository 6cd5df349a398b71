/* SPDX-License-Identifier: MIT
 *
 * Packet protection that protects nothing, in place of GnuTLS's (the linker's --wrap): what a fuzzing program makes is read
 * as a packet of the peer's.
 */
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <string.h>

#define TAG_LEN 16

int __wrap_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                                    const uint8_t *plaintext, size_t len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len);
int __wrap_ngtcp2_crypto_decrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                                    const uint8_t *ciphertext, size_t len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len);
int __wrap_ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *hp, const ngtcp2_crypto_cipher_ctx *ctx,
                                    const uint8_t *sample);

int __wrap_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                                    const uint8_t *plaintext, size_t len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len) {
  (void)aead, (void)ctx, (void)nonce, (void)nonce_len, (void)aad, (void)aad_len;
  if (len > 0) memmove(dest, plaintext, len);
  memset(dest + len, 0, TAG_LEN);
  return 0;
}

int __wrap_ngtcp2_crypto_decrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                                    const uint8_t *ciphertext, size_t len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len) {
  (void)aead, (void)ctx, (void)nonce, (void)nonce_len, (void)aad, (void)aad_len;
  if (len < TAG_LEN) return NGTCP2_ERR_DECRYPT;
  memmove(dest, ciphertext, len - TAG_LEN);
  return 0;
}

int __wrap_ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *hp, const ngtcp2_crypto_cipher_ctx *ctx,
                                    const uint8_t *sample) {
  (void)hp, (void)ctx, (void)sample;
  memset(dest, 0, NGTCP2_HP_MASKLEN);
  return 0;
}
