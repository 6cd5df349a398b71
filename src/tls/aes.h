/* SPDX-License-Identifier: MIT
 * AES-128 for packets that belong to no session. */
#ifndef IROH_TLS_AES_H
#define IROH_TLS_AES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_AES_KEY_LEN 16
#define TLS_AES_BLOCK_LEN 16
#define TLS_AES_IV_LEN 12
#define TLS_AES_TAG_LEN 16

/* Encrypts one block. False: out of memory. */
bool tls_aes_block(const uint8_t key[TLS_AES_KEY_LEN], const uint8_t in[TLS_AES_BLOCK_LEN],
                   uint8_t out[TLS_AES_BLOCK_LEN]);
typedef struct tls_aes_gcm tls_aes_gcm_t;

/* A key of AES-128-GCM. NULL: out of memory. */
tls_aes_gcm_t *tls_aes_gcm_new(const uint8_t key[TLS_AES_KEY_LEN]);
/* NULL is fine. */
void tls_aes_gcm_free(tls_aes_gcm_t *gcm);
/* Seals `len` bytes into `out`, which has room for them and the tag behind them. */
bool tls_aes_gcm_seal(tls_aes_gcm_t *gcm, const uint8_t iv[TLS_AES_IV_LEN], const uint8_t *aad, size_t aad_len,
                      const uint8_t *plain, size_t len, uint8_t *out);
/* Opens what ends with the tag; `out` has room for `len` bytes. False: it does not open. */
bool tls_aes_gcm_open(tls_aes_gcm_t *gcm, const uint8_t iv[TLS_AES_IV_LEN], const uint8_t *aad, size_t aad_len,
                      const uint8_t *sealed, size_t len, uint8_t *out);

#endif
