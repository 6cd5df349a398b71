/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <sodium.h>
#include <string.h>

void secret_random(void *out, size_t len) { randombytes_buf(out, len); }

void secret_derive(const uint8_t seed[SECRET_BYTES], const char *label, uint8_t out[SECRET_BYTES]) {
  crypto_generichash(out, SECRET_BYTES, (const unsigned char *)label, strlen(label), seed, SECRET_BYTES);
}
