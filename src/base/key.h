/* SPDX-License-Identifier: MIT
 *
 * An endpoint's identity: an Ed25519 seed (RFC 8032) and its public key, in guarded memory that is locked where the
 * system allows it, read-only, and wiped when freed. The iroh_key_ functions of iroh.h live here too.
 */
#ifndef IROH_BASE_KEY_H
#define IROH_BASE_KEY_H

#include <stddef.h>
#include <stdint.h>

typedef struct key_pair key_pair_t;

/* Copies the seed and derives its public key. Gives *out, to be freed with key_pair_free. 0, IROH_ERR_NO_MEMORY or
 * IROH_ERR_INTERNAL; on failure *out is NULL. */
int key_pair_new(const uint8_t seed[32], key_pair_t **out);
/* Wipes and frees. NULL is harmless. */
void key_pair_free(key_pair_t *pair);
/* The 32 bytes of the public key, borrowed. */
const uint8_t *key_pair_public(const key_pair_t *pair);
/* The 32 bytes of the seed, borrowed. Copies are the caller's to wipe. */
const uint8_t *key_pair_seed(const key_pair_t *pair);

/* The release of libsodium that is loaded. Static. */
const char *key_library_version(void);

#endif
