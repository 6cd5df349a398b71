/* SPDX-License-Identifier: MIT
 * Random bytes, and secrets derived from the identity key. */
#ifndef IROH_BASE_SECRET_H
#define IROH_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define SECRET_BYTES 32

/* Unpredictable bytes, from libsodium's generator. */
void secret_random(void *out, size_t len);
/* A secret that only the holder of the seed can compute, the same after a restart: BLAKE2b keyed with the seed over
 * the label (a short constant string). */
void secret_derive(const uint8_t seed[SECRET_BYTES], const char *label, uint8_t out[SECRET_BYTES]);

#endif
