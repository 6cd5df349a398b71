/* SPDX-License-Identifier: MIT
 * The keys are derived with libsodium: GnuTLS allocates for each step of it. */
#include "quic/initial.h"

#include <sodium.h>
#include <string.h>

#include "base/base.h"
#include "quic/ngtcp2.h"
#include "tls/aes.h"
#include "wire/quic-frames.h"

#define SECRET_LEN crypto_auth_hmacsha256_BYTES
#define NUMBER_LEN_MAX 4
#define LABEL_MAX 32

/* RFC 9001 section 5.2. */
static const uint8_t salt[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};

static void hmac(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len, uint8_t out[SECRET_LEN]) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, key_len);
  crypto_auth_hmacsha256_update(&state, data, len);
  crypto_auth_hmacsha256_final(&state, out);
}

/* HKDF-Expand-Label (RFC 8446 section 7.1) of up to one hash, with no context. */
static void expand(const uint8_t secret[SECRET_LEN], const char *label, uint8_t *out, size_t len) {
  uint8_t info[2 + 1 + LABEL_MAX + 1 + 1], hash[SECRET_LEN];
  size_t label_len = strlen(label);
  info[0] = 0;
  info[1] = (uint8_t)len;
  info[2] = (uint8_t)label_len;
  memcpy(info + 3, label, label_len);
  info[3 + label_len] = 0;
  info[4 + label_len] = 1;
  hmac(secret, SECRET_LEN, info, 5 + label_len, hash);
  memcpy(out, hash, len);
}

bool quic_initial_opens(const quic_initial_t *initial, const uint8_t *data, size_t len) {
  uint8_t header[QUIC_MAX_UDP_PAYLOAD], plain[QUIC_MAX_UDP_PAYLOAD];
  uint8_t first[SECRET_LEN], secret[SECRET_LEN];
  uint8_t key[TLS_AES_KEY_LEN], iv[TLS_AES_IV_LEN], hp[TLS_AES_KEY_LEN], mask[TLS_AES_BLOCK_LEN];
  ngtcp2_pkt_hd hd;
  ngtcp2_ssize number_at = ngtcp2_pkt_decode_hd_long(&hd, data, len);
  if (number_at <= 0 || len > sizeof plain) return false;
  size_t at = (size_t)number_at;
  /* Its length covers the packet number and what is sealed. */
  if (hd.len > len - at || hd.len < NUMBER_LEN_MAX + TLS_AES_BLOCK_LEN) return false;

  hmac(salt, sizeof salt, initial->dcid, initial->dcid_len, first);
  expand(first, "tls13 client in", secret, sizeof secret);
  expand(secret, "tls13 quic key", key, sizeof key);
  expand(secret, "tls13 quic iv", iv, sizeof iv);
  expand(secret, "tls13 quic hp", hp, sizeof hp);

  /* Header protection (RFC 9001 section 5.4). */
  if (!tls_aes_block(hp, data + at + NUMBER_LEN_MAX, mask)) return false;
  memcpy(header, data, at + NUMBER_LEN_MAX);
  header[0] ^= mask[0] & 0x0f;
  size_t number_len = (size_t)(header[0] & 0x03) + 1;
  for (size_t i = 0; i < number_len; i++) {
    header[at + i] ^= mask[1 + i];
    iv[sizeof iv - number_len + i] ^= header[at + i];
  }
  size_t sealed_len = hd.len - number_len;
  tls_aes_gcm_t *gcm = tls_aes_gcm_new(key);
  bool opened =
      gcm != NULL && tls_aes_gcm_open(gcm, iv, header, at + number_len, data + at + number_len, sealed_len, plain);
  tls_aes_gcm_free(gcm);
  return opened && quic_frames_begin_handshake(plain, sealed_len - TLS_AES_TAG_LEN);
}
