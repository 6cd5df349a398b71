/* SPDX-License-Identifier: MIT */
#include "tls/aes.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

bool tls_aes_block(const uint8_t key[TLS_AES_KEY_LEN], const uint8_t in[TLS_AES_BLOCK_LEN],
                   uint8_t out[TLS_AES_BLOCK_LEN]) {
  /* One block of CBC after an empty one is that block alone. */
  uint8_t empty[TLS_AES_BLOCK_LEN] = {0};
  const gnutls_datum_t key_datum = {(unsigned char *)(uintptr_t)key, TLS_AES_KEY_LEN};
  const gnutls_datum_t iv_datum = {empty, sizeof empty};
  gnutls_cipher_hd_t cipher;
  if (gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_CBC, &key_datum, &iv_datum) != 0) return false;
  bool done = gnutls_cipher_encrypt2(cipher, in, TLS_AES_BLOCK_LEN, out, TLS_AES_BLOCK_LEN) == 0;
  gnutls_cipher_deinit(cipher);
  return done;
}

tls_aes_gcm_t *tls_aes_gcm_new(const uint8_t key[TLS_AES_KEY_LEN]) {
  const gnutls_datum_t key_datum = {(unsigned char *)(uintptr_t)key, TLS_AES_KEY_LEN};
  gnutls_aead_cipher_hd_t cipher;
  if (gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_GCM, &key_datum) != 0) return NULL;
  return (tls_aes_gcm_t *)cipher;
}

void tls_aes_gcm_free(tls_aes_gcm_t *gcm) {
  if (gcm != NULL) gnutls_aead_cipher_deinit((gnutls_aead_cipher_hd_t)gcm);
}

bool tls_aes_gcm_seal(tls_aes_gcm_t *gcm, const uint8_t iv[TLS_AES_IV_LEN], const uint8_t *aad, size_t aad_len,
                      const uint8_t *plain, size_t len, uint8_t *out) {
  size_t out_len = len + TLS_AES_TAG_LEN;
  return gnutls_aead_cipher_encrypt((gnutls_aead_cipher_hd_t)gcm, iv, TLS_AES_IV_LEN, aad, aad_len, TLS_AES_TAG_LEN,
                                    plain, len, out, &out_len) == 0;
}

bool tls_aes_gcm_open(tls_aes_gcm_t *gcm, const uint8_t iv[TLS_AES_IV_LEN], const uint8_t *aad, size_t aad_len,
                      const uint8_t *sealed, size_t len, uint8_t *out) {
  size_t out_len = len;
  return len >= TLS_AES_TAG_LEN &&
         gnutls_aead_cipher_decrypt((gnutls_aead_cipher_hd_t)gcm, iv, TLS_AES_IV_LEN, aad, aad_len, TLS_AES_TAG_LEN,
                                    sealed, len, out, &out_len) == 0;
}
